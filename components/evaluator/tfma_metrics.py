"""What TFMA measures of the candidate and the champion on the test rows, overall and by slice."""

from __future__ import annotations

from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import tensorflow_model_analysis as tfma

from components.evaluation.gate import Metrics, SliceKey
from components.evaluation.slices import Slicing
from components.evaluator.slice_extractor import PREFIX, slicing_specs
from components.task import TASK

SIGNATURE = "evaluate"
CANDIDATE = "candidate"
BASELINE = "baseline"


def eval_config(label: str, has_champion: bool, slicings: list[Slicing]) -> tfma.EvalConfig:
    """What TFMA measures: no thresholds, since those are the gate's business."""
    specs = [tfma.ModelSpec(name=CANDIDATE, signature_name=SIGNATURE, label_key=label, model_type="tf_generic")]
    if has_champion:
        specs.append(
            tfma.ModelSpec(
                name=BASELINE,
                signature_name=SIGNATURE,
                label_key=label,
                model_type="tf_generic",
                is_baseline=True,
            )
        )
    names = [*TASK.tfma_metrics(), "ExampleCount"]
    return tfma.EvalConfig(
        model_specs=specs,
        slicing_specs=slicing_specs(slicings),
        metrics_specs=[tfma.MetricsSpec(metrics=[tfma.MetricConfig(class_name=name) for name in names])],
    )


def read_metrics(uri: str, model_name: str) -> tuple[Metrics, dict[SliceKey, Metrics]]:
    """Metrics of one model from TFMA's output folder, by our names: of all rows, and of each slice.

    Args:
        uri: the folder.
        model_name: TFMA names a sole model ''.
    """
    result = tfma.load_eval_result(uri, model_name=model_name)
    found = {key: _named(metrics[""][""]) for key, metrics in result.slicing_metrics}
    overall = found.pop(())
    return overall, {(name.removeprefix(PREFIX), _text(value)): one for ((name, value),), one in found.items()}


def _named(metrics: Any) -> Metrics:
    values = {name: float(value["doubleValue"]) for name, value in metrics.items() if "doubleValue" in value}
    return {**TASK.from_tfma(values), "rows": values["example_count"]}


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
