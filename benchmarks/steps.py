"""Single steps of a pipeline by TFX's own launcher, each with an engine and inputs of one's choice."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
from tfx.proto.orchestration import pipeline_pb2

from pipeline.config import Config
from pipeline.graph import create_pipeline
from pipeline.lineage.connection import open_metadata
from pipeline.paths import RunPaths
from pipeline.runners.engine import Engine
from pipeline.runners.local import compile_pipeline, launch, run_context


class Steps:
    """Steps of one run; runs with the same folder share a metadata store.

    Args:
        config: of the pipeline.
        folder: of runs.
        engine: where the data steps run.
        run_id: of what is made.
    """

    def __init__(self, config: Config, folder: Path, engine: Engine, run_id: str) -> None:
        self.paths = RunPaths(folder / config.name)
        self.paths.make()
        self.store = open_metadata(config.metadata, self.paths, create=True)
        self._engine = engine
        self._run_id = run_id
        around = run_context(config, self.paths, False, engine.arguments)
        self._compiled = compile_pipeline(create_pipeline(config, around), run_id)

    def names(self) -> list[str]:
        """All steps in order."""
        return [node.pipeline_node.node_info.id for node in self._compiled.nodes]

    def launch(self, name: str, borrowed: Mapping[str, str] | None = None) -> None:
        """Runs one step, never from the cache.

        Args:
            name: of the step.
            borrowed: by input, the run whose artifact is taken; all others come from this run.

        Raises:
            FlinkError: the job failed.
        """
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
