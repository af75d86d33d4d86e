"""Everything the page shows, read once: from ML Metadata, the store, and the artifacts that are there."""

import csv
import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from components.files import (
    HISTORY_FILE,
    PREDICTIONS_FILE,
    REJECTS_FILE,
    SLICES_FILE,
    STUDY_FILE,
    SUMMARY_FILE,
    TUNING_FILE,
)
from components.registry.soundness import CorruptError
from components.registry.store import Store
from components.task import task_of
from components.task.task import Task
from data.tensor_names import columns_of
from pipeline.lineage import journal
from pipeline.lineage.answer import answer_of_run
from pipeline.lineage.connection import open_metadata, recall
from pipeline.lineage.errors import LineageError
from pipeline.lineage.questions import Lineage
from pipeline.lineage.records import Answer, NodeRun, RunRecord, read_json, task_in
from pipeline.lineage.sides import left, output, told
from pipeline.lock import is_held
from pipeline.paths import RunPaths
from pipeline.report.profile import Anomaly, SplitColumn, read_anomalies, read_profile
from pipeline.report.rows import Rows, read_rows
from transforms.features import LEARNED_FILE

_SHOWN_REJECTS, _LOOKED_AT = 12, 100_000
_SHOWN_RUNS = 30


@dataclass(frozen=True)
class Material:
    """What one page is made of; None, or empty, where a run has none of it.

    Attributes:
        nodes: what each step did, by name.
        figures: what the pusher measured and judged.
        evaluation: what the Evaluator measured: `candidate`, `champion`.
        rejects: the first rejected row of each reason: file, line, reason, values.
        profile: columns by split.
        anomalies: of the data; None where nothing was validated.
        warnings: what the data gates found odd and let pass.
        history: losses of each phase by epoch.
        rows: test rows with predictions.
        slices: of the file where it was judged; an older run, or one whose model does not convert, has the Evaluator's.
        dimensions: what `farelite dimensions` measured of the run.
        manifests: of the versions that are there, ascending.
        live: version now; empty for none.
        withdrawn: sha256 of the files that a rollback has left.
        made: when the page was made, ISO 8601, UTC.
    """

    pipeline: str
    record: RunRecord
    nodes: dict[str, NodeRun]
    answer: Answer
    figures: dict[str, Any] = field(default_factory=dict)
    evaluation: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] | None = None
    rejects: list[list[str]] = field(default_factory=list)
    profile: dict[str, list[SplitColumn]] = field(default_factory=dict)
    anomalies: list[Anomaly] | None = None
    warnings: list[str] = field(default_factory=list)
    learned: dict[str, Any] | None = None
    history: dict[str, Any] | None = None
    rows: Rows | None = None
    slices: dict[str, Any] | None = None
    study: dict[str, Any] | None = None
    tuning: dict[str, Any] | None = None
    dimensions: dict[str, Any] | None = None
    manifests: list[dict[str, Any]] = field(default_factory=list)
    runs: list[RunRecord] = field(default_factory=list)
    live: str = ""
    withdrawn: frozenset[str] = frozenset()
    made: str = ""

    @property
    def unit(self) -> str:
        """Of the label."""
        label = (self.answer.config.get("data") or {}).get("label") or {}
        return str(label.get("unit") or ("label units" if self.task.residuals else "probability"))

    @property
    def in_unit(self) -> str:
        """Behind a comma, for titles; nothing where metrics are pure numbers."""
        return f", in {self.unit}" if self.task.residuals else ""

    @cached_property
    def task(self) -> Task:
        """Of the label, with the decision that the file was judged by."""
        output = self.figures.get("output") or self.evaluation.get("output")
        return task_of(output) if output else task_in(self.answer.config)


def gather(paths: RunPaths, run_id: str | None = None) -> Material:
    """Reads all there is on a run; None is the newest.

    Raises:
        LineageError: there is no such run.
        MetadataError: the metadata store cannot be opened.
    """
    lineage = Lineage(open_metadata(recall(paths), paths))
    runs = journal.history(lineage, is_held(paths.lock), _SHOWN_RUNS)
    record = _wanted(runs, run_id) or (journal.one_run(lineage, is_held(paths.lock), run_id) if run_id else None)
    if record is None:
        raise _unknown(paths, runs, run_id)
    nodes, store = lineage.node_runs(record.id), Store(paths.models)
    blessing, pushed = output(nodes, "blessing"), output(nodes, "pushed_model")
    answer = answer_of_run(lineage, record, paths)
    return Material(
        pipeline=paths.root.name,
        record=record,
        nodes=nodes,
        answer=answer,
        figures=(read_json(pushed, "figures") or {}) if pushed else {},
        evaluation=(read_json(blessing, "metrics") or {}) if blessing else {},
        summary=told(left(nodes, "report", SUMMARY_FILE)),
        rejects=_rejects(left(nodes, "report", REJECTS_FILE)),
        profile=_read(read_profile, left(nodes, "statistics"), _columns(answer.config)) or {},
        anomalies=_read(read_anomalies, left(nodes, "anomalies"), _columns(answer.config)),
        warnings=_warnings(nodes),
        learned=told(left(nodes, "transform_graph", f"transform_fn/assets/{LEARNED_FILE}")),
        history=told(left(nodes, "model_run", HISTORY_FILE)),
        rows=_read(read_rows, left(nodes, "pushed_model", PREDICTIONS_FILE)),
        slices=told(left(nodes, "pushed_model", SLICES_FILE) or left(nodes, "evaluation", SLICES_FILE)),
        study=told(left(nodes, "study", STUDY_FILE)),
        tuning=told(left(nodes, "tuner_results", TUNING_FILE)),
        dimensions=told(_there(paths.dimensions_of(record.id))),
        manifests=_manifests(store),
        runs=runs,
        live=_sound(store.current) or "",
        withdrawn=frozenset(_sound(store.withdrawn) or ()),
        made=datetime.now(timezone.utc).isoformat(timespec="seconds"),
    )


def _unknown(paths: RunPaths, runs: list[RunRecord], run_id: str | None) -> LineageError:
    there = ", ".join(one.id for one in runs[:3]) or "none yet; `farelite run` makes the first"
    return LineageError(f"no run {run_id!r} in {paths.root}; the newest: {there}" if run_id else f"no run: {there}")


def _columns(config: Mapping[str, Any]) -> dict[str, str]:
    """The source's columns by tensor name, by a configuration that an older farelite may have noted."""
    data = config.get("data") or {}
    single = [data[key]["column"] for key in ("label", "time") if data.get(key)]
    points = [one for point in (data.get("points") or {}).values() for one in point.values()]
    return columns_of([*single, *points, *(data.get("numeric") or ()), *(data.get("categorical") or ())])


def _wanted(runs: list[RunRecord], run_id: str | None) -> RunRecord | None:
    return next((one for one in runs if run_id in (None, one.id)), None)


def _warnings(nodes: Mapping[str, NodeRun]) -> list[str]:
    records = [one for node in nodes.values() for one in node.outputs.get("record", [])]
    return [str(warning) for one in records for warning in read_json(one, "warnings") or []]


def _there(path: Path) -> Path | None:
    return path if path.exists() else None


def _read(reader: Any, path: Path | None, *more: Any) -> Any:
    return None if path is None else reader(path, *more)


def _rejects(path: Path | None) -> list[list[str]]:
    if path is None:
        return []
    by_reason: dict[str, list[str]] = {}
    with gzip.open(path, "rt", newline="") as stream:
        for row in islice(csv.reader(stream), 1, _LOOKED_AT):
            by_reason.setdefault(row[2], row)
    return list(by_reason.values())[:_SHOWN_REJECTS]


def _manifests(store: Store) -> list[dict[str, Any]]:
    found = (_sound(store.manifest, version) for version in store.versions())
    return [one for one in found if one is not None]


def _sound(read: Any, *more: Any) -> Any:
    """What can be read of the store; a damaged one is the business of `farelite verify`."""
    try:
        return read(*more)
    except CorruptError:
        return None
