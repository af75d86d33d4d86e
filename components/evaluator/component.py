"""Evaluator: TFX's own measures the candidate and the champion with TFMA; the blessing is by `gate.judge`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import tensorflow_model_analysis as tfma
from google.protobuf import json_format
from tfx.components.evaluator import constants
from tfx.components.evaluator import executor as tfx_executor
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import artifact_utils, channel_utils, standard_artifacts, standard_component_specs
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.champion import EXISTS
from components.evaluator.gate import Metrics, judge
from components.settings import Gate

SIGNATURE = "evaluate"
CANDIDATE = "candidate"
BASELINE = "baseline"
REASONS = "reasons"
METRICS = "metrics"
_NAMES = {
    "root_mean_squared_error": "rmse",
    "mean_absolute_error": "mae",
    "mean_prediction": "mean_prediction",
    "mean_label": "mean_label",
    "example_count": "rows",
}


def eval_config(label: str, has_champion: bool) -> tfma.EvalConfig:
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
    names = ["RootMeanSquaredError", "MeanAbsoluteError", "MeanPrediction", "MeanLabel", "ExampleCount"]
    return tfma.EvalConfig(
        model_specs=specs,
        slicing_specs=[tfma.SlicingSpec()],
        metrics_specs=[tfma.MetricsSpec(metrics=[tfma.MetricConfig(class_name=name) for name in names])],
    )


def read_metrics(uri: str, model_name: str) -> Metrics:
    """Overall metrics of one model from TFMA's output folder, by our names; TFMA names a sole model ''."""
    result = tfma.load_eval_result(uri, model_name=model_name)
    (overall,) = [metrics for key, metrics in result.slicing_metrics if key == ()]
    by_name = overall[""][""]
    return {ours: float(by_name[theirs]["doubleValue"]) for theirs, ours in _NAMES.items()}


class Executor(tfx_executor.Executor):
    """TFX's Evaluator without its thresholds, followed by the gate."""

    def Do(self, input_dict: Any, output_dict: Any, exec_properties: dict[str, Any]) -> None:
        """Writes TFMA's results and the blessing; reasons and figures become properties of the blessing."""
        gate = Gate.model_validate_json(exec_properties["gate"])
        champion = artifact_utils.get_single_instance(input_dict["baseline_model"])
        has_champion = bool(champion.get_int_custom_property(EXISTS))
        inputs = {key: value for key, value in input_dict.items() if has_champion or key != "baseline_model"}
        config = eval_config(exec_properties["label"], has_champion)
        properties = {
            standard_component_specs.EVAL_CONFIG_KEY: json_format.MessageToJson(config),
            standard_component_specs.EXAMPLE_SPLITS_KEY: json.dumps(["eval"]),
        }
        super().Do(inputs, output_dict, properties)
        uri = artifact_utils.get_single_uri(output_dict[standard_component_specs.EVALUATION_KEY])
        measured = read_metrics(uri, CANDIDATE if has_champion else "")
        rival = read_metrics(uri, BASELINE) if has_champion else None
        reasons = judge(gate, measured, rival)
        blessing = artifact_utils.get_single_instance(output_dict[standard_component_specs.BLESSING_KEY])
        blessing.set_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY, int(not reasons))
        blessing.set_string_custom_property(REASONS, json.dumps(reasons))
        blessing.set_string_custom_property(METRICS, json.dumps({"candidate": measured, "champion": rival}))
        verdict = constants.NOT_BLESSED_FILE_NAME if reasons else constants.BLESSED_FILE_NAME
        Path(blessing.uri, verdict).write_text("")


class EvaluatorSpec(ComponentSpec):
    """Inputs, outputs and parameters."""

    PARAMETERS = {
        "gate": ExecutionParameter(type=str),
        "label": ExecutionParameter(type=str),
        "code": ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "model": ChannelParameter(type=standard_artifacts.Model),
        "baseline_model": ChannelParameter(type=standard_artifacts.Model),
        "schema": ChannelParameter(type=standard_artifacts.Schema),
    }
    OUTPUTS = {
        "evaluation": ChannelParameter(type=standard_artifacts.ModelEvaluation),
        "blessing": ChannelParameter(type=standard_artifacts.ModelBlessing),
    }


class Evaluator(base_beam_component.BaseBeamComponent):
    """Blesses a model that keeps the gate's limits on the eval split, or says why not.

    Args:
        examples: raw ones; the eval split is used.
        model: the candidate, with a signature `evaluate`.
        champion: of the component Champion.
        schema: of the examples.
        gate: JSON of `components.settings.Gate`.
        label: column of the label.
        code: fingerprint of the modules that do the work.
    """

    SPEC_CLASS = EvaluatorSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(self, examples: Any, model: Any, champion: Any, schema: Any, gate: str, label: str, code: str) -> None:
        super().__init__(
            EvaluatorSpec(
                examples=examples,
                model=model,
                baseline_model=champion,
                schema=schema,
                gate=gate,
                label=label,
                code=code,
                evaluation=channel_utils.as_channel([standard_artifacts.ModelEvaluation()]),
                blessing=channel_utils.as_channel([standard_artifacts.ModelBlessing()]),
            )
        )
