"""Runs the pipeline on this machine, node by node, by TFX's own launcher."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import apache_beam as beam
from google.protobuf import message
from ml_metadata.metadata_store.metadata_store import MetadataStore
from tfx.dsl.compiler import compiler, constants
from tfx.orchestration import metadata
from tfx.orchestration import pipeline as tfx_pipeline
from tfx.orchestration.local import runner_utils
from tfx.orchestration.portable import launcher, runtime_parameter_utils
from tfx.orchestration.portable.beam_executor_operator import BeamExecutorOperator
from tfx.proto.orchestration import executable_spec_pb2, pipeline_pb2

from components.artifacts import STATISTICS_FILE, GateRecord
from components.data_gate.component import FINGERPRINT, WARNINGS, DataStopped
from components.progress import reporting
from components.registry import remote
from components.registry.store import Store
from data import files
from data.local_beam import spare_detours
from data.sources import PLAIN
from pipeline import last_run, provenance
from pipeline.causes import is_interrupt
from pipeline.graph import create_pipeline
from pipeline.lineage import journal
from pipeline.lineage.connection import connection_config, open_metadata, remember
from pipeline.lineage.questions import Lineage
from pipeline.lineage.records import NodeRun, read_json
from pipeline.machine import cpu_seconds, own_peak_bytes
from pipeline.run import Run
from pipeline.run_context import RunContext
from pipeline.runners.ahead import Ahead
from pipeline.runners.engine import Engine, ready
from pipeline.runners.events import ComponentRun, Listener, Result
from pipeline.runners.figures import figure_of


def run(run: Run, listener: Listener) -> Result:
    """Runs every node in order.

    Raises:
        DataError: the source cannot be used as described.
        FlinkError: the cluster cannot run the data steps.
        Exception: whatever a component raised, unchanged; the listener was told which was running.
    """
    spare_detours()
    last_run.forget(run.paths)
    store = open_metadata(run.config.metadata, run.paths, create=True)
    remember(run.config.metadata, run.paths)
    engine = ready(run, listener.say)
    context = run_context(run, engine.arguments, Lineage(store))
    pipeline = create_pipeline(run.config, context)
    intermediate = compile_pipeline(pipeline, run.id)
    nodes = [node.pipeline_node for node in intermediate.nodes]
    journal.begin(store, run.id, _told(context))
    listener.plan([node.node_info.id for node in nodes])
    try:
        result = _run_nodes(run, intermediate, store, listener, engine, Ahead(pipeline, store, run.id))
    except BaseException as error:
        verdict = "interrupted" if is_interrupt(error) else "failed"
        reasons = [f"{type(error).__name__}: {error}"] if verdict == "failed" else []
        journal.finish(store, run.id, verdict, reasons=reasons)
        raise
    figures = journal.brief_metrics(result.metrics)
    journal.finish(store, run.id, result.verdict, result.version, result.reasons, figures)
    outputs = [one for node in Lineage(store).node_runs(run.id).values() for one in node.outputs.values()]
    artifacts = [artifact.uri for group in outputs for artifact in group]
    last_run.note(run, dataclasses.asdict(dataclasses.replace(result, components=[])), artifacts)
    return result


def _run_nodes(
    run: Run,
    intermediate: pipeline_pb2.Pipeline,
    store: MetadataStore,
    listener: Listener,
    engine: Engine,
    ahead: Ahead,
) -> Result:
    done: list[ComponentRun] = []
    try:
        for node in (one.pipeline_node for one in intermediate.nodes):
            name = node.node_info.id
            listener.start(name)
            start, cpu = time.monotonic(), cpu_seconds()
            with reporting(listener.progress), engine.around(name):
                launch(intermediate, node, engine.pipeline_maker(), ahead.of(name))
            ran = Lineage(store).node_runs(run.id)
            took = time.monotonic() - start
            one = ComponentRun(name, ran[name].state, took, figure_of(name, ran), cpu_seconds() - cpu, own_peak_bytes())
            done.append(one)
            listener.done(one)
    except DataStopped as error:
        warnings = _warnings(Lineage(store).node_runs(run.id))
        return Result("stopped", "", "", error.reasons, {}, 0.0, run.id, done, warnings)
    return _result(run, Lineage(store).node_runs(run.id), done)


def _told(context: RunContext) -> dict[str, str]:
    told = json.loads(context.provenance)
    texts = {name: told[name] for name in ("code_revision", "config_hash", "fingerprint")}
    return {**texts, "config": json.dumps(told["config"])}


def run_context(run: Run, beam: tuple[str, ...], lineage: Lineage | None = None) -> RunContext:
    """Looks around: schema, champion, code, and with a lineage the data that passed before."""
    config, paths, source = run.config, run.paths, run.source
    store = Store(paths.models)
    if config.push.store:
        remote.pull(config.push.store, paths.models)
    live = store.current()
    digest = (store.digest(live) or "") if live else ""
    schema = files.match(config.schema_file, "schema")[0] if config.schema_file else None
    told = {
        "config": config.plain(),
        "config_hash": (run.asked or config).hash(),  # what the label is follows from the data
        "code_revision": provenance.code_revision(),
        "fingerprint": run.fingerprint,
        "sources": source.all_files(),
        "spans": source.labels(),
        "files": [file.plain() for file in run.files],
    }
    return RunContext(
        root=str(paths.artifacts.resolve()),
        metadata=connection_config(config.metadata, paths, create=True),
        models_dir=str(paths.models.resolve()),
        fingerprint=run.fingerprint,
        located=PLAIN.dump_json(source).decode(),
        schema_path=schema,
        schema_fingerprint=files.fingerprint([schema]) if schema else "",
        baseline=baseline(lineage, run.fingerprint) if lineage else "",
        champion_version=live or "",
        champion_sha256=digest,
        store_state=last_run.store_state(store),
        provenance=json.dumps(told),
        beam=beam,
        force=run.force,
    )


def baseline(lineage: Lineage, fingerprint: str) -> str:
    """Statistics of the last other data that passed the data gate; empty where there are none or they are gone."""
    for record in lineage.newest(GateRecord.TYPE_NAME):
        statistics = Path(record.uri) / STATISTICS_FILE
        if record.properties.get(FINGERPRINT) != fingerprint and statistics.exists():
            return str(statistics)
    return ""


def compile_pipeline(pipeline: tfx_pipeline.Pipeline, run_id: str) -> pipeline_pb2.Pipeline:
    """TFX's intermediate representation with the run's id filled in."""
    intermediate = compiler.Compiler().compile(pipeline)
    runtime_parameter_utils.substitute_runtime_parameter(
        intermediate, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: run_id}
    )
    return intermediate


class _BeamOperator(BeamExecutorOperator):
    """Hands a maker of Beam pipelines to the executor; `before` is called where the cache has no outputs."""

    def __init__(
        self,
        spec: executable_spec_pb2.BeamExecutableSpec,
        make: Callable[[], beam.Pipeline] | None,
        before: Callable[[], None],
    ) -> None:
        super().__init__(spec)
        self._make, self._before = make, before

    def run_executor(self, execution_info: Any, make_beam_pipeline_fn: Any = None) -> Any:
        self._before()
        return super().run_executor(execution_info, make_beam_pipeline_fn or self._make)


def launch(
    intermediate: pipeline_pb2.Pipeline,
    node: pipeline_pb2.PipelineNode,
    make: Callable[[], beam.Pipeline] | None = None,
    before: Callable[[], None] = lambda: None,
) -> None:
    """Runs one node by TFX's launcher, or takes its outputs from the cache, wherever they were made.

    Args:
        intermediate: the pipeline that it is of.
        node: to run.
        make: its Beam pipelines; None leaves that to TFX.
        before: is called before a step on Beam works, not where the cache has its outputs.
    """
    deployment = runner_utils.extract_local_deployment_config(intermediate)
    kind = deployment.metadata_connection_config.WhichOneof("connection_config")
    connection: message.Message = getattr(deployment.metadata_connection_config, kind)
    spec = runner_utils.extract_executor_spec(deployment, node.node_info.id)
    key, operators = spec, {}
    if isinstance(spec, executable_spec_pb2.BeamExecutableSpec):
        # TFX's cache key holds the executor's whole specification; what Beam is told must not be in it.
        key = executable_spec_pb2.BeamExecutableSpec(python_executor_spec=spec.python_executor_spec)
        operators = {type(spec): lambda **_: _BeamOperator(spec, make, before)}
    launcher.Launcher(
        pipeline_node=node,
        mlmd_connection=metadata.Metadata(connection),
        pipeline_info=intermediate.pipeline_info,
        pipeline_runtime_spec=intermediate.runtime_spec,
        executor_spec=key,
        custom_driver_spec=runner_utils.extract_custom_driver_spec(deployment, node.node_info.id),
        custom_executor_operators=operators,
    ).launch()


def _result(run: Run, ran: dict[str, NodeRun], done: list[ComponentRun]) -> Result:
    """Reads the outcome from the pusher's artifact, which may be of an earlier run when it came from the cache."""
    (pushed,) = ran["TFLitePusher"].outputs["pushed_model"]
    verdict, version = pushed.properties["verdict"], pushed.properties.get("version", "")
    if verdict == "pushed" and ran["TFLitePusher"].state == "cached":
        verdict = "unchanged"
    folder = str(run.paths.models / version) if version else pushed.properties.get("kept", "")
    figures = read_json(pushed, "figures")
    return Result(
        verdict,
        version,
        folder,
        read_json(pushed, "reasons"),
        figures,
        0.0,
        run.id,
        done,
        [*_warnings(ran), *figures.get("warnings", [])],
        study_dir=ran["Study"].outputs["study"][0].uri if "Study" in ran else "",
        tuning_dir=ran["Tuner"].outputs["tuner_results"][0].uri if "Tuner" in ran else "",
    )


def _warnings(ran: dict[str, NodeRun]) -> list[str]:
    """What the data gates found odd and let pass."""
    records = [record for node in ran.values() for record in node.outputs.get("record", [])]
    return [warning for record in records for warning in read_json(record, WARNINGS) or []]
