"""What TFX's Tuner calls: rows, budgets and the space, put together for a search."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
from tfx.components.tuner.component import TunerFnResult

from components.compression_settings import Conversion
from components.settings import Push, Training
from components.trainer.context import TrainingContext
from components.tuner.search import FileTuner
from components.tuner.settings import Tuner as TunerSettings
from components.tuner.space import space
from components.tuner.trials import Judge, fingerprint, folds
from data.vocabulary import LabelScale
from transforms.features import Plan


def tuner_fn(fn_args: Any) -> TunerFnResult:
    """A tuner that is ready to search.

    Args:
        fn_args: TFX's; `custom_config` holds `plan`, `training`, `conversion`, `push` and `settings`, JSON of their
            settings, `work_dir`, where trials are kept, and `code`, the fingerprint of the modules that do the work.
            Of its files only those of `train` and `validation` are named here.
    """
    told = fn_args.custom_config
    settings = TunerSettings.model_validate_json(told["settings"])
    training, push = Training.model_validate_json(told["training"]), Push.model_validate_json(told["push"])
    conversion = Conversion.model_validate_json(told["conversion"])
    plan = Plan.model_validate_json(told["plan"])
    files = (fn_args.train_files, fn_args.eval_files)
    context = TrainingContext.open(plan, fn_args.transform_graph_path, *files, training.max_rows, push.max_bytes)
    context.refuse_features(push.targets)
    judge, fresh = (
        Judge(parts, training, conversion, push, settings.stop_above) for parts in _parts(context, settings)
    )
    parts = judge.parts
    design, _ = parts[0].design(training, judge.conversion)
    found = space(training, design.training, _scales(design.encoding.described(), parts, judge))
    key = [fingerprint(context), *(told[one] for one in ("plan", "training", "conversion", "push", "code"))]
    key.append(settings.model_copy(update={"minutes": 1.0, "max_trials": None}).model_dump_json())
    kept = _forget_others(Path(told["work_dir"]) / hashlib.sha256(json.dumps(key).encode()).hexdigest()[:16])
    return TunerFnResult(tuner=FileTuner(judge, fresh, settings, found, kept, fn_args.working_dir), fit_kwargs={})


def _parts(context: TrainingContext, settings: TunerSettings) -> tuple[list[TrainingContext], list[TrainingContext]]:
    """What trials are judged by, and what the best of them is confirmed by."""
    dealt = folds(context, settings.folds, settings.seed)
    if len(dealt[0].validation) >= settings.few_rows:
        return dealt[:1], dealt[1:]
    return dealt, folds(context, settings.folds, settings.seed + 1)


def _forget_others(kept: Path) -> Path:
    """Frees the trials of other data, choices or code."""
    for folder in kept.parent.glob("*"):
        if folder != kept:
            shutil.rmtree(folder)
    return kept


def _scales(described: LabelScale | None, parts: Sequence[TrainingContext], judge: Judge) -> list[str]:
    """The values of `training.label_scale` that a number can be learned on, its own first; none of another label."""
    if described is None:
        return []
    if described.log:
        return ["log", "linear"]
    positive = judge.label.min() > 0 and all(part.train.label.min() > 0 for part in parts)
    return ["linear", "log"] if positive else ["linear"]
