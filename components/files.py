"""Names of files that lie in artifacts; light, so that a reader need not import what wrote them."""

from __future__ import annotations

ADDRESS = "address"
"""Property of an input whose `uri` is only a container's copy: where the artifact lies."""

SUMMARY_FILE = "summary.json"
"""Of ingestion: counts and ranges."""

REJECTS_FILE = "rejects.csv.gz"
"""Of ingestion: every rejected row with file, line and reason."""

HISTORY_FILE = "history.json"
"""Of training, in the model run: the losses of each phase by epoch."""

TENSORBOARD_DIR = "tensorboard"
"""Of training, in the model run: event files of the losses by epoch."""

PREDICTIONS_FILE = "predictions.parquet"
"""Of the pusher: inputs, label and predictions of every test row."""

SLICES_FILE = "slices.json"
"""Of the evaluation: what the gate made of all rows and of each slice (`components.evaluation.gate.as_json`)."""

INTERFACE_FILE = "interface.json"
"""Beside a SavedModel of ours: what its inputs and its output mean."""

REFERENCE_DIR = "Reference"
"""Beside the served model: a SavedModel with `float`, the plain models of the task, and `tree_inputs` as signatures."""

FLOAT_WEIGHTS_FILE = "float_weights.npz"
"""Beside the reference model: weights of the float front and core, in Keras's order."""

BOOSTED_FILE = "boosted_trees.json.gz"
"""Beside the reference model: the teacher, or the rival, and how it was made."""

STUDY_FILE = "study.json"
"""Of the compression study: every variant with its figures."""

PARETO_FILE = "pareto.svg"
"""Of the compression study: its Pareto front as a picture."""

TUNING_FILE = "tuning.json"
"""Of the Tuner: every trial with its figures."""

PATCH_FILE = "tuned.yaml"
"""Of the Tuner: the chosen values, to be put over the configuration."""
