"""Read-only questions to one ML Metadata store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2
from ml_metadata.proto.metadata_store_pb2 import Event, Execution

from pipeline.lineage.records import Artifact, Chain, NodeRun, Step, iso, plain, unfolded

if TYPE_CHECKING:
    from ml_metadata.metadata_store.metadata_store import MetadataStore

LIVE = metadata_store_pb2.Artifact.LIVE
RUN = "pipeline_run"
PUSHED = "PushedModel"
_RUN_SHARE = 16
"""Contexts in the store for each run, about: itself and one for each cache key."""

_STATES = {
    Execution.COMPLETE: "ran",
    Execution.CACHED: "cached",
    Execution.FAILED: "failed",
    Execution.CANCELED: "canceled",
}


class Lineage:
    """A view of one store, as `pipeline.lineage.connection.open_metadata` opens it."""

    def __init__(self, store: MetadataStore) -> None:
        self._store = store

    def node_runs(self, run_id: str) -> dict[str, NodeRun]:
        """What every node of a run did, by name; nodes that did not start are not there."""
        executions = self._executions_of(run_id)
        outputs = self._outputs([one.id for one in executions])
        return {
            name: NodeRun(name, _state(one), outputs.get(one.id, {}), iso(one.create_time_since_epoch), _seconds(one))
            for one, (name, _) in self._placed(executions)
        }

    def _executions_of(self, run_id: str) -> list[Execution]:
        context = self._store.get_context_by_type_and_name(RUN, run_id)
        return [] if context is None else list(self._store.get_executions_by_context(context.id))

    def _placed(self, executions: Iterable[Execution]) -> Iterator[tuple[Execution, tuple[str, str]]]:
        """Executions with the names of node and run: `Trainer`, not `chicago.Trainer`."""
        for one in executions:
            contexts = self._store.get_contexts_by_execution(one.id)
            names = {context.type: context.name for context in contexts}
            if "node" in names:
                yield one, (names["node"].split(".", 1)[1], names.get(RUN, ""))

    def _outputs(self, executions: list[int]) -> dict[int, dict[str, list[Artifact]]]:
        events = [one for one in self._store.get_events_by_execution_ids(executions) if one.type == Event.OUTPUT]
        artifacts = self.artifacts({event.artifact_id for event in events})
        found: dict[int, dict[str, list[Artifact]]] = {}
        for event in events:
            by_key = found.setdefault(event.execution_id, {})
            by_key.setdefault(event.path.steps[0].key, []).append(artifacts[event.artifact_id])
        return found

    def artifacts(self, ids: Iterable[int]) -> dict[int, Artifact]:
        """Artifacts by id."""
        return {one.id: _artifact(one) for one in self._store.get_artifacts_by_id(sorted(set(ids)))}

    def all_artifacts(self) -> dict[int, Artifact]:
        """Every artifact of the store by id."""
        return {one.id: _artifact(one) for one in self._store.get_artifacts()}

    def pushes(self) -> list[Artifact]:
        """What the pusher recorded in every run, pushed or not, ascending."""
        return sorted((_artifact(one) for one in self._store.get_artifacts_by_type(PUSHED)), key=lambda one: one.id)

    def newest(self, type_name: str) -> list[Artifact]:
        """All artifacts of a type that are there, the newest first."""
        live = [one for one in self._store.get_artifacts_by_type(type_name) if one.state == LIVE]
        return sorted(map(_artifact, live), key=lambda one: one.id, reverse=True)

    def run_of(self, artifact: int) -> str:
        """The run that an artifact was made in."""
        maker = self._makers([artifact]).get(artifact)
        if maker is None:
            return ""
        return next((one.name for one in self._store.get_contexts_by_execution(maker) if one.type == RUN), "")

    def _makers(self, artifacts: Iterable[int]) -> dict[int, int]:
        """Executions by the artifact that came out of them: the first one; later ones had it from the cache."""
        makers: dict[int, int] = {}
        for event in self._store.get_events_by_artifact_ids(list(artifacts)):
            if event.type == Event.OUTPUT:
                known = makers.get(event.artifact_id, event.execution_id)
                makers[event.artifact_id] = min(known, event.execution_id)
        return makers

    def chain(self, run_id: str) -> Chain:
        """All steps that a run rests on, its own and those whose results it took from the cache, and what lies between.

        Steps without outputs, such as the gates, are taken from the run itself.
        """
        executions = self._executions_of(run_id)
        outputs = self._outputs([one.id for one in executions])
        silent = [one.id for one in executions if one.id not in outputs]
        made = {one.id for by_key in outputs.values() for group in by_key.values() for one in group}
        return self._closure(made, silent)

    def _closure(self, artifacts: set[int], executions: Iterable[int]) -> Chain:
        """Goes up by whole generations, so the number of queries depends on the depth of the graph, not on its size."""
        seen, steps = set(artifacts), set(executions)
        new_artifacts, new_steps = set(artifacts), set(executions)
        while new_artifacts or new_steps:
            makers = set(self._makers(new_artifacts).values()) if new_artifacts else set()
            new_steps |= makers - steps
            steps |= new_steps
            events = self._store.get_events_by_execution_ids(sorted(new_steps)) if new_steps else []
            new_artifacts = {event.artifact_id for event in events} - seen
            seen |= new_artifacts
            new_steps = set()
        return Chain(self._steps(steps), self.artifacts(seen))

    def _steps(self, ids: set[int]) -> dict[int, Step]:
        if not ids:
            return {}
        links: dict[tuple[int, int], dict[str, list[int]]] = {}
        for event in self._store.get_events_by_execution_ids(sorted(ids)):
            by_key = links.setdefault((event.execution_id, event.type), {})
            by_key.setdefault(event.path.steps[0].key, []).append(event.artifact_id)
        executions = sorted(self._store.get_executions_by_id(sorted(ids)), key=lambda one: one.id)
        return {
            one.id: Step(
                one.id,
                name,
                run,
                _state(one),
                iso(one.create_time_since_epoch),
                _seconds(one),
                unfolded(plain(one.custom_properties)),
                links.get((one.id, Event.INPUT), {}),
                links.get((one.id, Event.OUTPUT), {}),
            )
            for one, (name, run) in self._placed(executions)
        }

    def runs(self, limit: int) -> list[metadata_store_pb2.Context]:
        """Contexts of the newest runs, newest first; asks for no more of the store than these need."""
        size = _RUN_SHARE * limit
        while True:
            options = metadata_store.ListOptions(limit=size, order_by=metadata_store.OrderByField.ID, is_asc=False)
            contexts = self._store.get_contexts(options)
            found = [one for one in contexts if one.type == RUN]
            if len(found) >= limit or len(contexts) < size:
                return found[:limit]
            size *= 4

    def run_context(self, run_id: str) -> metadata_store_pb2.Context | None:
        """The context that a run's notes are on."""
        return self._store.get_context_by_type_and_name(RUN, run_id)

    def last_steps(self, run_id: str) -> list[tuple[str, str]]:
        """Names and states of the nodes that a run has begun, in order."""
        executions = sorted(self._executions_of(run_id), key=lambda one: one.id)
        return [(name, _state(one)) for one, (name, _) in self._placed(executions)]


def _artifact(one: Any) -> Artifact:
    gone = one.state in (metadata_store_pb2.Artifact.DELETED, metadata_store_pb2.Artifact.MARKED_FOR_DELETION)
    return Artifact(one.id, one.type, one.uri, plain(one.custom_properties), iso(one.create_time_since_epoch), gone)


def _state(one: Execution) -> str:
    return _STATES.get(one.last_known_state, "running")


def _seconds(one: Execution) -> float:
    return (one.last_update_time_since_epoch - one.create_time_since_epoch) / 1000
