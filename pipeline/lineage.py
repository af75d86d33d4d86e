"""Read-only questions to ML Metadata."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2
from ml_metadata.proto.metadata_store_pb2 import Artifact as MlmdArtifact
from ml_metadata.proto.metadata_store_pb2 import Execution


@dataclass(frozen=True)
class Artifact:
    """One artifact: id, type, where it lies, and its custom properties as plain values."""

    id: int
    type: str
    uri: str
    properties: dict[str, Any]


@dataclass(frozen=True)
class NodeRun:
    """What one node did in one run.

    Attributes:
        name: of the node.
        state: `ran`, `cached`, `failed`, `running` or `canceled`.
        outputs: artifacts by output key.
    """

    name: str
    state: str
    outputs: dict[str, list[Artifact]] = field(default_factory=dict)


_STATES = {
    Execution.COMPLETE: "ran",
    Execution.CACHED: "cached",
    Execution.FAILED: "failed",
    Execution.CANCELED: "canceled",
}


class Lineage:
    """A view of one SQLite store.

    Args:
        database: its file.
    """

    def __init__(self, database: Path) -> None:
        config = metadata_store_pb2.ConnectionConfig()
        config.sqlite.filename_uri = str(database)
        self._store = metadata_store.MetadataStore(config)

    def node_runs(self, run_id: str) -> dict[str, NodeRun]:
        """What every node of a run did, by name; nodes that did not start are not there."""
        context = self._store.get_context_by_type_and_name("pipeline_run", run_id)
        if context is None:
            return {}
        executions = self._store.get_executions_by_context(context.id)
        outputs = self._outputs([one.id for one in executions])
        return {
            name: NodeRun(name, _STATES.get(one.last_known_state, "running"), outputs.get(one.id, {}))
            for one, name in self._named(executions)
        }

    def _named(self, executions: list[Execution]) -> Iterator[tuple[Execution, str]]:
        """Executions with the names of their nodes: `Trainer`, not `chicago.Trainer`."""
        for one in executions:
            for context in self._store.get_contexts_by_execution(one.id):
                if context.type == "node":
                    yield one, context.name.split(".", 1)[1]

    def _outputs(self, executions: list[int]) -> dict[int, dict[str, list[Artifact]]]:
        events = [
            event
            for event in self._store.get_events_by_execution_ids(executions)
            if event.type == metadata_store_pb2.Event.OUTPUT
        ]
        artifacts = {one.id: one for one in self._store.get_artifacts_by_id([event.artifact_id for event in events])}
        found: dict[int, dict[str, list[Artifact]]] = {}
        for event in events:
            one = artifacts[event.artifact_id]
            by_key = found.setdefault(event.execution_id, {})
            by_key.setdefault(event.path.steps[0].key, []).append(
                Artifact(one.id, one.type, one.uri, _plain(one.custom_properties))
            )
        return found

    def newest(self, type_name: str) -> list[Artifact]:
        """All live artifacts of a type, the newest first."""
        found = [one for one in self._store.get_artifacts_by_type(type_name) if one.state == MlmdArtifact.LIVE]
        found.sort(key=lambda one: one.id, reverse=True)
        return [Artifact(one.id, one.type, one.uri, _plain(one.custom_properties)) for one in found]

    def cancel(self, run_id: str) -> None:
        """Marks what a run left unfinished as canceled."""
        context = self._store.get_context_by_type_and_name("pipeline_run", run_id)
        if context is None:
            return
        unfinished = [
            one
            for one in self._store.get_executions_by_context(context.id)
            if one.last_known_state in (Execution.NEW, Execution.RUNNING)
        ]
        for one in unfinished:
            one.last_known_state = Execution.CANCELED
        if unfinished:
            self._store.put_executions(unfinished)


def _plain(properties: Any) -> dict[str, Any]:
    plain = {}
    for name, value in properties.items():
        kind = value.WhichOneof("value")
        plain[name] = getattr(value, kind) if kind and kind != "struct_value" else None
    return plain


def read_json(artifact: Artifact, name: str) -> Any:
    """A custom property that holds JSON."""
    return json.loads(artifact.properties.get(name) or "null")
