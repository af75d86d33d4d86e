"""Evaluator: TFMA measures the candidate and the champion on the same rows; the blessing is by `gate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import tensorflow_model_analysis as tfma
from pydantic import TypeAdapter
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_model_analysis.proto.config_pb2 import EvalConfig
from tfx.components.evaluator import constants
from tfx.components.util import tfxio_utils
from tfx.dsl.components.base import base_beam_component, base_beam_executor, executor_spec
from tfx.types import artifact_utils, standard_artifacts
from tfx.utils import io_utils, path_utils
from tfx_bsl.tfxio import tensor_adapter

from components import interface_file
from components.artifacts import METRICS, REASONS, SLICES_FILE, VERSION
from components.evaluation.gate import (
    as_json,
    counted,
    in_label_units,
    incomparable,
    judge,
    judge_slices,
    of_another_kind,
    rule,
)
from components.evaluation.slices import Slicing
from components.evaluator.slice_extractor import slice_extractor
from components.evaluator.tfma_metrics import BASELINE, CANDIDATE, eval_config, read_metrics
from components.registry.soundness import tree_digest
from components.settings import Gate
from components.step import Step, spec
from components.task import task_of


class Executor(base_beam_executor.BaseBeamExecutor):
    """Measures on the test split, judges, and leaves figures and reasons for whoever asks."""

    def Do(self, input_dict: Any, output_dict: Any, exec_properties: dict[str, Any]) -> None:
        """Writes TFMA's results, `slices.json` and the blessing, whose properties repeat figures and reasons."""
        model = path_utils.serving_model_path(artifact_utils.get_single_uri(input_dict["model"]))
        gate = in_label_units(Gate.model_validate_json(exec_properties["gate"]), interface_file.read(model).spread)
        slicings = TypeAdapter(list[Slicing]).validate_json(exec_properties["slicings"])
        champion = artifact_utils.get_single_instance(input_dict["baseline_model"])
        version = champion.get_string_custom_property(VERSION)
        schema = _read_schema(input_dict)
        model_uri = artifact_utils.get_single_uri(input_dict["model"])
        output = interface_file.output(model)
        task = task_of(output)
        rival_task = task_of(interface_file.output(path_utils.serving_model_path(champion.uri))) if version else task
        incomparables = of_another_kind(version, task, rival_task)
        if version and (strangers := lacking(champion.uri, schema)):
            incomparables.append(incomparable(version, strangers))
        compared = bool(version) and not incomparables
        itself = compared and same_model(champion.uri, model_uri)
        uri = artifact_utils.get_single_uri(output_dict["evaluation"])
        two = compared and not itself
        tasks = [task, rival_task] if two else [task]
        self._measure(input_dict, uri, eval_config(exec_properties["label"], tasks, slicings), slicings, schema)
        measured, by_slice = read_metrics(task, uri, CANDIDATE if two else "")
        same = (measured, by_slice) if itself else (None, None)
        rival, rival_by_slice = read_metrics(rival_task, uri, BASELINE) if two else same
        slices = judge_slices(task, gate, by_slice, rival_by_slice)
        reasons = [*judge(task, gate, measured, rival), *incomparables]
        held_against = rule(gate, version, compared=not incomparables)
        told = as_json(gate, version, measured, rival, reasons, slices, held_against)
        Path(uri, SLICES_FILE).write_text(json.dumps(told, indent=1))
        figures = {
            "candidate": measured,
            "champion": rival,
            "rule": held_against,
            "slices": counted(slices),
            "output": output,
        }
        _bless(output_dict, [*reasons, *(reason for one in slices for reason in one.reasons)], figures)

    def _measure(
        self, input_dict: Any, uri: str, config: EvalConfig, slicings: list[Slicing], schema: schema_pb2.Schema
    ) -> None:
        shared = [
            tfma.default_eval_shared_model(
                eval_saved_model_path=path_utils.serving_model_path(
                    artifact_utils.get_single_uri(input_dict["baseline_model" if spec.is_baseline else "model"])
                ),
                model_name=spec.name,
                eval_config=config,
            )
            for spec in config.model_specs
        ]
        models = shared[0] if len(shared) == 1 else shared
        factory = tfxio_utils.get_tfxio_factory_from_artifact(
            examples=input_dict["examples"],
            telemetry_descriptors=["Evaluator"],
            schema=schema,
            raw_record_column_name=tfma.constants.ARROW_INPUT_COLUMN,
        )
        source = factory(io_utils.all_files_pattern(artifact_utils.get_split_uri(input_dict["examples"], "test")))
        adapter = tensor_adapter.TensorAdapterConfig(
            arrow_schema=source.ArrowSchema(), tensor_representations=source.TensorRepresentations()
        )
        usual = tfma.default_extractors(eval_shared_model=models, eval_config=config, tensor_adapter_config=adapter)
        with self._make_beam_pipeline() as pipeline:
            _ = (
                pipeline
                | "ReadExamples" >> source.BeamSource()
                | "ExtractEvaluateAndWriteResults"
                >> tfma.ExtractEvaluateAndWriteResults(
                    eval_shared_model=models,
                    eval_config=config,
                    extractors=[slice_extractor(slicings), *usual],
                    output_path=uri,
                    tensor_adapter_config=adapter,
                )
            )


def _read_schema(input_dict: Any) -> schema_pb2.Schema:
    folder = artifact_utils.get_single_uri(input_dict["schema"])
    return io_utils.SchemaReader().read(io_utils.get_only_uri_in_dir(folder))


def lacking(champion_uri: str, schema: schema_pb2.Schema) -> list[str]:
    """Columns that a model takes and the data do not have."""
    there = {feature.name for feature in schema.feature}
    taken = interface_file.columns(path_utils.serving_model_path(champion_uri))
    return [column for name, column in taken.items() if name not in there]


def same_model(one_uri: str, other_uri: str) -> bool:
    """Whether two models are the same files: the live model may be the very candidate, and is measured once then."""
    one, other = (tree_digest(Path(path_utils.serving_model_path(uri))) for uri in (one_uri, other_uri))
    return one == other


def _bless(output_dict: Any, reasons: list[str], figures: dict[str, Any]) -> None:
    blessing = artifact_utils.get_single_instance(output_dict["blessing"])
    blessing.set_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY, int(not reasons))
    blessing.set_string_custom_property(REASONS, json.dumps(reasons))
    blessing.set_string_custom_property(METRICS, json.dumps(figures))
    verdict = constants.NOT_BLESSED_FILE_NAME if reasons else constants.BLESSED_FILE_NAME
    Path(blessing.uri, verdict).write_text("")


class Evaluator(Step, base_beam_component.BaseBeamComponent):
    """Blesses a model that keeps the gate's limits on the test split, or says why not.

    Args:
        examples: raw ones; the test split is used.
        model: the candidate, with a signature `evaluate`.
        baseline_model: of the component Champion.
        schema: of the examples.
        gate: JSON of `components.settings.Gate`, or a runtime parameter with it.
        slicings: JSON list of `components.evaluation.slices.Slicing`, settled for these data.
        label: column of the label.
        code: fingerprint of the modules that do the work.
    """

    SPEC_CLASS = spec(
        dict.fromkeys(("gate", "slicings", "label", "code"), str),
        outputs={
            "evaluation": standard_artifacts.ModelEvaluation,
            "blessing": standard_artifacts.ModelBlessing,
        },
        inputs={
            "examples": standard_artifacts.Examples,
            "model": standard_artifacts.Model,
            "baseline_model": standard_artifacts.Model,
            "schema": standard_artifacts.Schema,
        },
    )
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)
