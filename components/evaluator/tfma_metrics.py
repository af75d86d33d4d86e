"""What TFMA measures of the candidate and the champion on the test rows, overall and by slice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2

from components.evaluation.gate import Metrics, SliceKey
from components.evaluation.slices import Slicing
from components.evaluator.slice_extractor import PREFIX, slicing_specs
from components.task.task import Task

SIGNATURE = "evaluate"
CANDIDATE = "candidate"
BASELINE = "baseline"


def eval_config(label: str, tasks: Sequence[Task], slicings: list[Slicing]) -> config_pb2.EvalConfig:
    """What TFMA measures: no limits, since those are the gate's business.

    Args:
        label: column of the label.
        tasks: of the candidate, and of the champion where there is one; each has its own decision threshold.
        slicings: cuts of the rows.
    """
    specs = [config_pb2.ModelSpec(name=CANDIDATE, signature_name=SIGNATURE, label_key=label, model_type="tf_generic")]
    if len(tasks) > 1:
        specs.append(
            config_pb2.ModelSpec(
                name=BASELINE,
                signature_name=SIGNATURE,
                label_key=label,
                model_type="tf_generic",
                is_baseline=True,
            )
        )
    return config_pb2.EvalConfig(
        model_specs=specs,
        slicing_specs=slicing_specs(slicings),
        metrics_specs=[measured(task, spec.name) for task, spec in zip(tasks, specs, strict=True)],
    )


def measured(task: Task, model: str) -> config_pb2.MetricsSpec:
    """What is measured of one model, by its name among several."""
    metrics = [*task.tfma_metrics(), ("ExampleCount", {})]
    return config_pb2.MetricsSpec(
        model_names=[model] if model else [],
        metrics=[
            config_pb2.MetricConfig(class_name=name, config=json.dumps(how) if how else "") for name, how in metrics
        ],
    )


def read_metrics(task: Task, uri: str, model_name: str) -> tuple[Metrics, dict[SliceKey, Metrics]]:
    """Metrics of one model from TFMA's output folder, by our names: of all rows, and of each slice.

    Args:
        task: of the model.
        uri: the folder.
        model_name: TFMA names a sole model ''.
    """
    result = tfma.load_eval_result(uri, model_name=model_name)
    found = {key: named(task, metrics[""][""]) for key, metrics in result.slicing_metrics}
    overall = found.pop(())
    return overall, {(name.removeprefix(PREFIX), _text(value)): one for ((name, value),), one in found.items()}


def named(task: Task, metrics: Any) -> Metrics:
    """What TFMA tells of one slice, by our names."""
    values = {name: float(value["doubleValue"]) for name, value in metrics.items() if "doubleValue" in value}
    return {**task.from_tfma(values), "rows": values["example_count"]}


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
