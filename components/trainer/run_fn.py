"""What TFX's Trainer calls: phases of training in order, then the exports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow

from components import progress
from components.compression_settings import Conversion
from components.conversion.recipe import Recipe
from components.files import HISTORY_FILE, REFERENCE_DIR, TENSORBOARD_DIR
from components.settings import Training
from components.trainer import room
from components.trainer.context import TrainingContext
from components.trainer.hyperparameters import changes, tuned
from components.trainer.training import train
from components.trainer.warm_start import turned, weights_beside
from components.trainer.watch import Telling, planned
from transforms import learned
from transforms.features import Plan


def run_fn(fn_args: Any) -> None:
    """Trains and exports.

    Args:
        fn_args: TFX's; `custom_config` holds `plan`, `training` and `conversion`, JSON of their settings, the last one
            null where a study compresses what comes of it, the budget `max_bytes` of the file, and a list of `targets`;
            `hyperparameters` are what a Tuner has found, or None.
    """
    told = fn_args.custom_config
    training = Training.model_validate_json(told["training"])
    if fn_args.hyperparameters:
        training = tuned(training, changes(fn_args.hyperparameters))
    conversion = None if told["conversion"] == "null" else Conversion.model_validate_json(told["conversion"])
    plan = Plan.model_validate_json(told["plan"])
    budget = int(told["max_bytes"])
    files = (fn_args.train_files, fn_args.eval_files)
    context = TrainingContext.open(plan, fn_args.transform_output, *files, training.max_rows, budget)
    context.refuse_features(json.loads(told["targets"]))
    design, chosen = context.design(training, conversion)
    room.refuse(chosen["bytes_of"], budget, plan.features.reducer.kind)
    start = weights_beside(fn_args.base_model)
    cold = turned(start, learned.read(context.output.transform_savedmodel_dir)) if start else ""
    run_dir = Path(fn_args.model_run_dir)
    telling = Telling(run_dir / TENSORBOARD_DIR, planned(design.training))
    trained = train(context, design, None if cold else start, watch=telling)

    history = {**trained.history, "kept_components": len(context.kept), "choices": chosen}
    if cold:
        history["cold_start"] = cold
    if len(context.train) == training.max_rows:
        history["sample_rows"] = len(context.train)
    run_dir.mkdir(parents=True, exist_ok=True)
    (run_dir / HISTORY_FILE).write_text(json.dumps(history))
    progress.report("growing trees to measure beside", 0, 0)
    boosted = trained.teacher or context.rival(design.training)
    progress.report("writing the SavedModels", 0, 0)
    context.export(design, trained.shipped, fn_args.serving_model_dir, Recipe(conversion=conversion or Conversion()))
    context.export_reference(design, trained.reference, _beside(fn_args.serving_model_dir), boosted)


def _beside(serving: str) -> str:
    return str(Path(serving).parent / REFERENCE_DIR)
