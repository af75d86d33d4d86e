"""What the runner notes of a run in ML Metadata, on the run's own context: how it began, how it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ml_metadata.proto import metadata_store_pb2
from ml_metadata.proto.metadata_store_pb2 import Execution

from components.task import task_of
from pipeline.lineage.connection import open_metadata, recall
from pipeline.lineage.questions import RUN, Lineage
from pipeline.lineage.records import RunRecord, is_measured, iso, plain
from pipeline.lock import is_held
from pipeline.paths import RunPaths

if TYPE_CHECKING:
    from ml_metadata.metadata_store.metadata_store import MetadataStore


def begin(store: MetadataStore, run_id: str, told: Mapping[str, str]) -> None:
    """Registers a run before its first step, so that one that crashes is in the history too.

    Args:
        store: of the pipeline.
        run_id: of the run.
        told: `code_revision`, `config_hash`, `fingerprint`, and `config` as JSON.
    """
    context_type = metadata_store_pb2.ContextType(name=RUN)
    context = metadata_store_pb2.Context(type_id=store.put_context_type(context_type), name=run_id)
    for name, value in told.items():
        context.custom_properties[name].string_value = value
    store.put_contexts([context])


def finish(
    store: MetadataStore,
    run_id: str,
    verdict: str,
    version: str = "",
    reasons: list[str] | None = None,
    metrics: Mapping[str, Any] | None = None,
) -> None:
    """Notes how a run ended; what it left unfinished is marked as canceled."""
    context = store.get_context_by_type_and_name(RUN, run_id)
    if context is None:
        return
    texts = {
        "verdict": verdict,
        "version": version,
        "finished": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
        "reasons": json.dumps(reasons or []),
        "metrics": json.dumps(metrics or {}),
    }
    for name, value in texts.items():
        context.custom_properties[name].string_value = value
    store.put_contexts([context])
    open_states = (Execution.NEW, Execution.RUNNING)
    unfinished = [one for one in store.get_executions_by_context(context.id) if one.last_known_state in open_states]
    for one in unfinished:
        one.last_known_state = Execution.CANCELED
    if unfinished:
        store.put_executions(unfinished)


def brief_metrics(figures: Mapping[str, Any]) -> dict[str, Any]:
    """The errors that the history shows, of what the pusher recorded: by model, the brief metrics."""
    measured = figures.get("metrics") or {}
    models = {name: measured[name] for name in ("file", "float") if name in measured}
    models |= measured.get("baselines") or {}
    models |= {name: one for name, one in (figures.get("evaluation") or {}).items() if is_measured(one)}
    names = task_of(figures.get("output") or (figures.get("evaluation") or {}).get("output") or {}).brief
    brief: dict[str, Any] = {name: {key: one[key] for key in names} for name, one in models.items()}
    rows = measured.get("rows") or (models.get("candidate") or {}).get("rows")
    return brief | ({"rows": int(rows)} if rows else {}) | ({"bytes": figures["bytes"]} if "bytes" in figures else {})


def runs_of(paths: RunPaths, limit: int) -> list[RunRecord]:
    """The newest runs of a pipeline's folder, newest first; none before the first."""
    metadata = recall(paths)
    if metadata.kind == "sqlite" and not paths.database.exists():
        return []
    return history(Lineage(open_metadata(metadata, paths)), is_held(paths.lock), limit)


def history(lineage: Lineage, under_way: bool, limit: int) -> list[RunRecord]:
    """The newest runs, newest first.

    Args:
        lineage: of the store.
        under_way: whether a run holds the pipeline's folder now. It is the newest; an older run that has not told its
            end, or any when nothing is under way, has crashed.
        limit: at most so many.
    """
    return [_record(lineage, one, under_way and index == 0) for index, one in enumerate(lineage.runs(limit))]


def one_run(lineage: Lineage, under_way: bool, run_id: str) -> RunRecord | None:
    """The record of a run; None where the store does not know it."""
    newest = lineage.runs(1)
    context = lineage.run_context(run_id)
    if context is None:
        return None
    return _record(lineage, context, under_way and bool(newest) and newest[0].name == run_id)


def _record(lineage: Lineage, context: metadata_store_pb2.Context, running: bool) -> RunRecord:
    told = plain(context.custom_properties)
    verdict = told.get("verdict") or ("running" if running else "crashed")
    steps = lineage.last_steps(context.name) if verdict not in ("pushed", "unchanged", "refused") else []
    texts = ("finished", "version", "code_revision", "config_hash", "fingerprint")
    return RunRecord(
        id=context.name,
        started=iso(context.create_time_since_epoch),
        verdict=verdict,
        reasons=json.loads(told.get("reasons", "[]")),
        metrics=json.loads(told.get("metrics", "{}")),
        config=json.loads(told.get("config", "{}")),
        last_step=steps[-1][0] if steps else "",
        **{name: told.get(name, "") for name in texts},
    )
