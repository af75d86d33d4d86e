"""The pipeline itself: connects components and nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import tensorflow_data_validation as tfdv
from ml_metadata.proto.metadata_store_pb2 import ConnectionConfig
from tfx.components.example_validator.component import ExampleValidator
from tfx.components.schema_gen.component import SchemaGen
from tfx.components.statistics_gen.component import StatisticsGen
from tfx.components.trainer.component import Trainer
from tfx.components.transform.component import Transform
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.orchestration import pipeline
from tfx.orchestration.data_types import RuntimeParameter
from tfx.proto import trainer_pb2, transform_pb2

from components.champion import Champion
from components.code_hash import step_hash
from components.compression_settings import Conversion
from components.data_gate.component import DataGate
from components.data_gate.distances import QUANTILES
from components.data_gate.reviewed_schema import ReviewedSchema
from components.evaluator.component import Evaluator
from components.pusher.component import TFLitePusher
from components.study.component import Study
from components.trip_example_gen.component import TripExampleGen
from data.tensor_names import tensor_name
from pipeline.config import Config
from pipeline.lineage.wiring import wiring

SCHEMA = "Schema"
NO_PHASES = {"pruning": None, "clustering": None, "quantization": None}
"""With a study the Trainer makes the float model; the study compresses it."""

PREPROCESSING_FN = "transforms.preprocessing.preprocessing_fn"
RUN_FN = "components.trainer.run_fn.run_fn"


@dataclass(frozen=True)
class RunContext:
    """What a run finds outside its configuration; the runner knows it.

    Attributes:
        root: folder of artifacts.
        metadata: connection to ML Metadata.
        models_dir: the store.
        fingerprint: of the source's files.
        spans: JSON list of the spans to read; empty where the source has none.
        schema_path: the reviewed schema; None infers one.
        schema_fingerprint: of its contents; empty where the runner cannot look.
        baseline: file of the statistics of the last data that passed the data gate; empty where there are none.
        champion_version, champion_sha256: the live model; empty when there is none.
        store_state: fingerprint of what is live and withdrawn.
        provenance: JSON for the manifest.
        beam: what Beam is told; it is in no cache key.
        force: push withdrawn bytes too.
        work_dir: where a study keeps what it has done until it ends; empty takes a folder beside the artifacts.
        data_root, until, gate: of TripExampleGen and Evaluator, where the runner has parameters that are set at run
            time; None for gate takes the configuration's.
    """

    root: str
    metadata: ConnectionConfig
    models_dir: str
    fingerprint: str
    spans: str
    schema_path: str | None
    baseline: str
    champion_version: str
    champion_sha256: str
    store_state: str
    provenance: str
    beam: tuple[str, ...]
    force: bool = False
    work_dir: str = ""
    schema_fingerprint: str = ""
    data_root: str | RuntimeParameter = ""
    until: str | RuntimeParameter = ""
    gate: RuntimeParameter | None = None


def create_pipeline(config: Config, context: RunContext) -> pipeline.Pipeline:
    """All components in order of their data."""
    plan = config.plan().model_dump_json()
    dataset = config.data.model_dump_json()
    data_gate_settings = config.data_gate.model_dump_json()

    example_gen = TripExampleGen(
        config.data.model_copy(update={"max_rejected_fraction": 0.0}).model_dump_json(),  # the gates' business
        context.spans,
        context.fingerprint,
        _code(TripExampleGen),
        context.data_root,
        context.until,
    )
    examples, report = example_gen.outputs["examples"], example_gen.outputs["report"]
    rows_gate = DataGate(report, dataset, data_gate_settings, context.fingerprint, _code(DataGate)).with_id("RowsGate")
    fine = tfdv.StatsOptions(num_quantiles_histogram_buckets=QUANTILES)
    statistics_gen = StatisticsGen(examples=examples, stats_options=fine)
    statistics_gen.add_upstream_node(rows_gate)
    statistics = statistics_gen.outputs["statistics"]
    schema_gen = _schema_component(context, statistics)
    schema = schema_gen.outputs["schema"]
    validator = ExampleValidator(statistics=statistics, schema=schema)
    data_gate = DataGate(
        report,
        dataset,
        data_gate_settings,
        context.fingerprint,
        _code(DataGate),
        contents={"statistics": statistics, "schema": schema, "anomalies": validator.outputs["anomalies"]},
        baseline=context.baseline,
        inferred=int(context.schema_path is None),
    )
    transform = Transform(
        examples=examples,
        schema=schema,
        preprocessing_fn=PREPROCESSING_FN,
        splits_config=transform_pb2.SplitsConfig(analyze=["train"]),
        materialize=False,
        custom_config={"plan": plan, "code": step_hash(PREPROCESSING_FN)},
        disable_statistics=True,
        disable_analyzer_cache=True,
    )
    transform.add_upstream_node(data_gate)
    training = config.training.model_copy(update=NO_PHASES) if config.study else config.training
    stored = config.push.store or ""
    champion = Champion(context.models_dir, context.champion_version, context.champion_sha256, stored, _code(Champion))
    trainer = Trainer(
        run_fn=RUN_FN,
        examples=examples,
        transform_graph=transform.outputs["transform_graph"],
        base_model=champion.outputs["model"] if config.training.warm_start else None,
        train_args=trainer_pb2.TrainArgs(splits=["train"]),
        eval_args=trainer_pb2.EvalArgs(splits=["validation"]),
        custom_config={
            "plan": plan,
            "training": training.model_dump_json(),
            "conversion": (Conversion() if config.study else config.conversion).model_dump_json(),
            "code": step_hash(RUN_FN),
        },
    )
    study = _study(config, context, plan, trainer, transform, example_gen) if config.study else None
    model = (study or trainer).outputs["model"]
    evaluator = Evaluator(
        examples=examples,
        model=model,
        champion=champion.outputs["model"],
        schema=schema,
        gate=context.gate or config.gate.model_dump_json(),
        slicings=json.dumps([cut.model_dump() for cut in config.slicings()]),
        label=tensor_name(config.data.label.column),
        code=_code(Evaluator),
    )
    channels = {
        "model": model,
        "blessing": evaluator.outputs["blessing"],
        "champion": champion.outputs["model"],
        "examples": examples,
        "report": report,
        "schema": schema,
        "transform_graph": transform.outputs["transform_graph"],
        "evaluation": evaluator.outputs["evaluation"],
    }
    before = [
        example_gen,
        rows_gate,
        statistics_gen,
        schema_gen,
        validator,
        data_gate,
        transform,
        trainer,
        *([study] if study else []),
        champion,
        evaluator,
    ]
    pusher = TFLitePusher(
        channels,
        models_dir=context.models_dir,
        push=config.push.model_dump_json(),
        gate=context.gate or config.gate.model_dump_json(),
        slicings=json.dumps([cut.model_dump() for cut in config.slicings()]),
        label=tensor_name(config.data.label.column),
        provenance=context.provenance,
        steps=json.dumps(wiring(before, "TFLitePusher", channels)),
        store_state=context.store_state,
        force=int(context.force),
        code=_code(TFLitePusher),
    )
    return pipeline.Pipeline(
        pipeline_name=config.name,
        pipeline_root=context.root,
        components=[*before, pusher],
        enable_cache=True,
        metadata_connection_config=context.metadata,
        beam_pipeline_args=list(context.beam),
    )


def _code(component: type[BaseComponent]) -> str:
    """What the cache knows of the code that a step runs."""
    return step_hash(component.EXECUTOR_SPEC.class_path)


def _study(
    config: Config, context: RunContext, plan: str, trainer: Trainer, transform: Transform, example_gen: TripExampleGen
) -> Study:
    """The compression study on the float model."""
    assert config.study is not None  # asked for by the caller
    channels = {
        "float_model": trainer.outputs["model"],
        "transform_graph": transform.outputs["transform_graph"],
        "examples": example_gen.outputs["examples"],
    }
    parameters = {
        "settings": config.study.model_dump_json(),
        "training": config.training.model_dump_json(),
        "conversion": config.conversion.model_dump_json(),
        "plan": plan,
        "push": config.push.model_dump_json(),
        "label": tensor_name(config.data.label.column),
        "work_dir": context.work_dir or str(Path(context.root).parent / "study-work"),
        "code": _code(Study),
    }
    return Study(channels, parameters)


def _schema_component(context: RunContext, statistics: object) -> SchemaGen | ReviewedSchema:
    """The reviewed schema where there is one, else one inferred from the training rows; under one name."""
    if context.schema_path is not None:
        return ReviewedSchema(context.schema_path, context.schema_fingerprint).with_id(SCHEMA)
    return SchemaGen(statistics=statistics, infer_feature_shape=True, exclude_splits=["validation", "test"]).with_id(
        SCHEMA
    )
