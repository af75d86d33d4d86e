"""The pipeline itself: connects components and nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import tensorflow_data_validation as tfdv
from tfx.components.example_validator.component import ExampleValidator
from tfx.components.schema_gen.component import SchemaGen
from tfx.components.trainer.component import Trainer
from tfx.components.transform.component import Transform
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.orchestration import pipeline
from tfx.proto import trainer_pb2, transform_pb2
from tfx.types.channel import BaseChannel as Channel

from components.champion import Champion
from components.code_hash import step_hash
from components.data_gate.component import DataGate
from components.data_gate.distances import QUANTILES
from components.data_gate.reviewed_schema import ReviewedSchema
from components.evaluator.component import Evaluator
from components.pusher.component import TFLitePusher
from components.statistics_gen.component import StatisticsGen
from components.study.settings import Study as StudySettings
from components.trip_example_gen.component import TripExampleGen
from components.tuner.settings import Tuner as TunerSettings
from data.tensor_names import tensor_name
from pipeline.config import Config
from pipeline.lineage.wiring import wiring
from pipeline.run_context import RunContext

SCHEMA = "Schema"
NO_PHASES = {"pruning": None, "clustering": None, "quantization": None}
"""With a study the Trainer makes the float model; the study compresses it."""

PREPROCESSING_FN = "transforms.preprocessing.preprocessing_fn"
RUN_FN = "components.trainer.run_fn.run_fn"


def create_pipeline(config: Config, context: RunContext) -> pipeline.Pipeline:
    """All components in order of their data."""
    data = _data(config, context)
    model = _model(config, context, data)
    return pipeline.Pipeline(
        pipeline_name=config.name,
        pipeline_root=context.root,
        components=[*data.steps, *model.steps, *_judgement(config, context, data, model)],
        enable_cache=True,
        metadata_connection_config=context.metadata,
        beam_pipeline_args=list(context.beam),
    )


@dataclass(frozen=True)
class _Data:
    """The first steps: `steps` in order, and the channels that later ones read."""

    steps: list[BaseComponent]
    examples: Channel
    report: Channel
    schema: Channel


@dataclass(frozen=True)
class _Model:
    """The steps that make a model, likewise."""

    steps: list[BaseComponent]
    transform_graph: Channel
    model: Channel
    champion: Channel


def _data(config: Config, context: RunContext) -> _Data:
    """Rows, what they hold, and the gates before they are learned from."""
    example_gen = TripExampleGen(
        dataset=config.data.model_copy(update={"max_rejected_fraction": 0.0}).model_dump_json(),  # the gates' business
        located=context.located,
        fingerprint=context.fingerprint,
        data_root=context.data_root,
        until=context.until,
        code=_code(TripExampleGen),
    )
    examples, report = example_gen.outputs["examples"], example_gen.outputs["report"]
    told = {
        "report": report,
        "dataset": config.data.model_dump_json(),
        "settings": config.data_gate.model_dump_json(),
        "fingerprint": context.fingerprint,
        "code": _code(DataGate),
    }
    rows_gate = DataGate(**told, baseline="", inferred=0).with_id("RowsGate")
    fine = tfdv.StatsOptions(num_quantiles_histogram_buckets=QUANTILES)
    statistics_gen = StatisticsGen(examples=examples, stats_options_json=fine.to_json(), code=_code(StatisticsGen))
    statistics_gen.add_upstream_node(rows_gate)
    statistics = statistics_gen.outputs["statistics"]
    schema_gen = _schema_component(context, statistics)
    schema = schema_gen.outputs["schema"]
    validator = ExampleValidator(statistics=statistics, schema=schema)
    data_gate = DataGate(
        **told,
        statistics=statistics,
        schema=schema,
        anomalies=validator.outputs["anomalies"],
        baseline=context.baseline,
        inferred=int(context.schema_path is None),
    )
    return _Data([example_gen, rows_gate, statistics_gen, schema_gen, validator, data_gate], examples, report, schema)


def _model(config: Config, context: RunContext, data: _Data) -> _Model:
    """Features, training, a study where one is wanted, and the live model."""
    plan = config.plan().model_dump_json()
    transform = _transform(plan, data)
    stored = config.push.store or ""
    told = {"version": context.champion_version, "sha256": context.champion_sha256, "push_store": stored}
    champion = Champion(models_dir=context.models_dir, code=_code(Champion), **told)
    live, graph = champion.outputs["model"], transform.outputs["transform_graph"]
    training = config.training.model_copy(update=NO_PHASES) if config.study else config.training
    tuner = [_tuner(config.tuner, config, context, graph, data)] if config.tuner else []
    trainer = Trainer(
        run_fn=RUN_FN,
        examples=data.examples,
        transform_graph=graph,
        base_model=live if config.training.warm_start else None,
        hyperparameters=tuner[0].outputs["best_hyperparameters"] if tuner else None,
        train_args=trainer_pb2.TrainArgs(splits=["train"]),
        eval_args=trainer_pb2.EvalArgs(splits=["validation"]),
        custom_config={
            "plan": plan,
            "training": training.model_dump_json(),
            "conversion": "null" if config.study else config.conversion.model_dump_json(),
            "max_bytes": str(config.push.max_bytes),
            "targets": json.dumps(config.push.targets),
            "code": step_hash(RUN_FN),
        },
    )
    study = [_study(config.study, config, context, trainer, graph, data)] if config.study else []
    model = (study or [trainer])[-1].outputs["model"]
    return _Model([transform, *tuner, trainer, *study, champion], graph, model, live)


def _transform(plan: str, data: _Data) -> Transform:
    """What the features learn from the training rows; it waits for the data gate."""
    transform = Transform(
        examples=data.examples,
        schema=data.schema,
        preprocessing_fn=PREPROCESSING_FN,
        splits_config=transform_pb2.SplitsConfig(analyze=["train"]),
        materialize=False,
        custom_config={"plan": plan, "code": step_hash(PREPROCESSING_FN)},
        disable_statistics=True,
        disable_analyzer_cache=True,
    )
    transform.add_upstream_node(data.steps[-1])
    return transform


def _judgement(config: Config, context: RunContext, data: _Data, model: _Model) -> list[BaseComponent]:
    """The gate on the model, and the pusher with the proof of the file."""
    gate = context.gate or config.gate.model_dump_json()
    slicings, label = json.dumps([one.model_dump() for one in config.slicings()]), tensor_name(config.data.label.column)
    evaluator = Evaluator(
        examples=data.examples,
        model=model.model,
        baseline_model=model.champion,
        schema=data.schema,
        gate=gate,
        slicings=slicings,
        label=label,
        code=_code(Evaluator),
    )
    channels = {
        "model": model.model,
        "blessing": evaluator.outputs["blessing"],
        "champion": model.champion,
        "examples": data.examples,
        "report": data.report,
        "schema": data.schema,
        "transform_graph": model.transform_graph,
        "evaluation": evaluator.outputs["evaluation"],
    }
    pusher = TFLitePusher(
        **channels,
        models_dir=context.models_dir,
        push=config.push.model_dump_json(),
        gate=gate,
        slicings=slicings,
        label=label,
        provenance=context.provenance,
        steps=json.dumps(wiring([*data.steps, *model.steps, evaluator], "TFLitePusher", channels)),
        store_state=context.store_state,
        force=int(context.force),
        code=_code(TFLitePusher),
    )
    return [evaluator, pusher]


def _code(component: type[BaseComponent]) -> str:
    """What the cache knows of the code that a step runs."""
    return step_hash(component.EXECUTOR_SPEC.class_path)


def _told(config: Config) -> dict[str, str]:
    """The choices that whoever tries trainings has to know."""
    return {
        "training": config.training.model_dump_json(),
        "conversion": config.conversion.model_dump_json(),
        "plan": config.plan().model_dump_json(),
        "push": config.push.model_dump_json(),
    }


def _study(
    settings: StudySettings, config: Config, context: RunContext, trainer: Trainer, graph: Channel, data: _Data
) -> BaseComponent:
    """The compression study on the float model."""
    from components.study.component import Study  # few runs make one

    return Study(
        float_model=trainer.outputs["model"],
        transform_graph=graph,
        examples=data.examples,
        **_told(config),
        settings=settings.model_dump_json(),
        label=tensor_name(config.data.label.column),
        work_dir=context.work_dir or str(Path(context.root).parent / "study-work"),
        code=_code(Study),
    )


def _tuner(settings: TunerSettings, config: Config, context: RunContext, graph: Channel, data: _Data) -> BaseComponent:
    """The search for better choices of training."""
    from components.tuner.component import Tuner

    work = f"{context.work_dir or Path(context.root).parent}/tuner-work"
    told = {"settings": settings.model_dump_json(), "work_dir": work, "code": _code(Tuner)}
    return Tuner(data.examples, graph, {**_told(config), **told})


def _schema_component(context: RunContext, statistics: object) -> SchemaGen | ReviewedSchema:
    """The reviewed schema where there is one, else one inferred from the training rows; under one name."""
    if context.schema_path is not None:
        return ReviewedSchema(context.schema_path, context.schema_fingerprint).with_id(SCHEMA)
    others = ["validation", "test"]
    return SchemaGen(statistics=statistics, infer_feature_shape=True, exclude_splits=others).with_id(SCHEMA)
