"""Tuner: TFX's component, with an executor that also writes what every trial's file came to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
from tfx.components.tuner import component, executor
from tfx.dsl.components.base import executor_spec
from tfx.proto import trainer_pb2
from tfx.types import artifact_utils
from tfx.types.channel import BaseChannel as Channel

from components.files import PATCH_FILE, TUNING_FILE
from components.tuner.results import patch, results
from components.tuner.tuner_fn import tuner_fn

TUNER_FN = f"{tuner_fn.__module__}.{tuner_fn.__name__}"


class Executor(executor.Executor):
    """Searches; a trial that fails is a result, not an error, unless it is the first."""

    def Do(self, input_dict: Any, output_dict: Any, exec_properties: dict[str, Any]) -> None:
        """Writes TFX's own files, and beside the results `tuning.json` and `tuned.yaml`."""
        tuner = executor.search(input_dict, exec_properties, self._get_tmp_dir(), print_tuning_summary=False)
        executor.write_best_hyperparameters(tuner, output_dict)
        found = results(tuner)
        folder = Path(artifact_utils.get_single_uri(output_dict["tuner_results"]))
        (folder / TUNING_FILE).write_text(json.dumps(found, indent=1))
        (folder / PATCH_FILE).write_text(patch(found))
        artifact = artifact_utils.get_single_instance(output_dict["tuner_results"])
        artifact.set_int_custom_property("trials", len(found["trials"]))
        artifact.set_string_custom_property("why", found["why"])
        artifact.set_string_custom_property("patch", json.dumps(found["patch"]))


class Tuner(component.Tuner):
    """Searches the choices of training.

    Args:
        examples, transform_graph: channels.
        told: settings as JSON, `work_dir` and `code`, as `components.tuner.tuner_fn` reads them.
    """

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(self, examples: Channel, transform_graph: Channel, told: dict[str, str]) -> None:
        super().__init__(
            examples=examples,
            transform_graph=transform_graph,
            tuner_fn=TUNER_FN,
            train_args=trainer_pb2.TrainArgs(splits=["train"]),
            eval_args=trainer_pb2.EvalArgs(splits=["validation"]),
            custom_config=told,
        )
