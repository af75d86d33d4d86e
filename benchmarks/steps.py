"""Single steps of a pipeline by TFX's own launcher, each with an engine and inputs of one's choice."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
from tfx.proto.orchestration import pipeline_pb2

from data.sources import locate
from pipeline.config import Config
from pipeline.graph import create_pipeline
from pipeline.lineage.connection import open_metadata
from pipeline.paths import RunPaths
from pipeline.run import Run
from pipeline.runners.engine import Engine
from pipeline.runners.local import compile_pipeline, launch, run_context


def run_of(config: Config, folder: Path, run_id: str) -> Run:
    """A run with an id of one's choice, whose folder is there."""
    run = Run(config, RunPaths(folder / config.name), locate(config.data), id=run_id)
    run.paths.make()
    return run


class Steps:
    """Steps of one run; runs with the same folder share a metadata store."""

    def __init__(self, run: Run, engine: Engine) -> None:
        self.paths = run.paths
        self.store = open_metadata(run.config.metadata, self.paths, create=True)
        self._engine = engine
        context = run_context(run, engine.arguments)
        self._compiled = compile_pipeline(create_pipeline(run.config, context), run.id)

    def names(self) -> list[str]:
        """All steps in order."""
        return [node.pipeline_node.node_info.id for node in self._compiled.nodes]

    def launch(self, name: str, borrowed: Mapping[str, str] | None = None) -> None:
        """Runs one step, never from the cache; `borrowed` names by input the run whose artifact is taken."""
        (node,) = [one.pipeline_node for one in self._compiled.nodes if one.pipeline_node.node_info.id == name]
        node.execution_options.caching_options.enable_cache = False
        for key, run_id in (borrowed or {}).items():
            _take_from(node.inputs.inputs[key], run_id)
        with self._engine.around(name):
            launch(self._compiled, node, self._engine.pipeline_maker())


def _take_from(spec: pipeline_pb2.InputSpec, run_id: str) -> None:
    for channel in spec.channels:
        for query in channel.context_queries:
            if query.type.name == "pipeline_run":
                query.name.field_value.string_value = run_id
