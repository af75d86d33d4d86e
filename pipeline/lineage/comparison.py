"""Two runs or versions side by side: settings that differ, what was measured of their files, and slice by slice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from components.files import SLICES_FILE
from components.registry.store import Store
from pipeline.lineage import journal
from pipeline.lineage.connection import open_metadata, recall
from pipeline.lineage.differences import Difference, flat
from pipeline.lineage.errors import LineageError
from pipeline.lineage.finding import is_version
from pipeline.lineage.questions import Lineage
from pipeline.lineage.records import read_json, task_in
from pipeline.lock import is_held
from pipeline.paths import RunPaths

PUSHER = "TFLitePusher"
_SIZES = ("bytes", "gzip_bytes", "arena_bytes")


@dataclass(frozen=True)
class Side:
    """One of the two.

    Attributes:
        name: as it was asked for, a version with all its digits.
        run, version: that it is; `version` is empty for a run that published none.
        verdict: of the run.
        code_revision, fingerprint: of code and data.
        config: settings.
        figures: what was measured of the file; empty where none was made.
        slices: what the gate made of each slice, by its name; empty where that is gone.
    """

    name: str
    run: str
    version: str
    verdict: str
    code_revision: str
    fingerprint: str
    config: dict[str, Any]
    figures: dict[str, Any]
    slices: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Figure:
    """One measurement on both sides; None where one has none."""

    name: str
    before: float | None
    after: float | None

    @property
    def change(self) -> float | None:
        """As a share of the first."""
        return None if self.before in (None, 0) or self.after is None else self.after / float(self.before or 1) - 1


@dataclass(frozen=True)
class Comparison:
    """What is not the same, and all that was measured.

    Attributes:
        before, after: the two, in a few words.
        same_rows: whether the errors are of the same test rows.
        settings: keys with other values.
        figures: of the files.
        slices: the primary metric of each slice.
        slice_metric: its name.
    """

    before: dict[str, str]
    after: dict[str, str]
    same_rows: bool
    settings: list[Difference] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    slices: list[Figure] = field(default_factory=list)
    slice_metric: str = ""


def side(paths: RunPaths, what: str) -> Side:
    """A version (`2`, `latest`) or a run by its id.

    Raises:
        LineageError: there is no such run, or none is known.
        StoreError, CorruptError: there is no such version, or it cannot be read.
        MetadataError: the metadata store cannot be opened.
    """
    manifest: Mapping[str, Any] = {}
    run_id, name = what, what
    if is_version(what):
        store = Store(paths.models)
        name = store.resolve(what)
        manifest = store.manifest(name)
        run_id = str(manifest["run"]["id"])
    lineage = Lineage(open_metadata(recall(paths), paths))
    record = journal.one_run(lineage, is_held(paths.lock), run_id)
    if record is None:
        raise LineageError(
            f"no run or version {what!r} in {paths.root}; `farelite runs` and `farelite versions` list them"
        )
    pushed = next(iter(getattr(lineage.node_runs(run_id).get(PUSHER), "outputs", {}).get("pushed_model", [])), None)
    figures = dict(manifest) or ((read_json(pushed, "figures") or {}) if pushed else {})
    file = Path(pushed.uri) / SLICES_FILE if pushed else None
    return Side(
        name=name,
        run=run_id,
        version=str(manifest.get("version", record.version)),
        verdict=record.verdict,
        code_revision=record.code_revision,
        fingerprint=record.fingerprint,
        config=record.config,
        figures=figures,
        slices=_slices(json.loads(file.read_text())) if file and file.is_file() else {},
    )


def compare(before: Side, after: Side) -> Comparison:
    """Puts them side by side."""
    mine, theirs = flat(before.config), flat(after.config)
    settings = [
        Difference("settings", key, mine.get(key), theirs.get(key))
        for key in dict.fromkeys([*mine, *theirs])
        if mine.get(key) != theirs.get(key)
    ]
    figures = [_figures(one.figures) for one in (before, after)]
    metric = task_in(after.config or before.config).primary.name
    errors = [
        {name: _number(one["candidate"].get(metric)) for name, one in each.slices.items() if one.get("candidate")}
        for each in (before, after)
    ]
    parted = [(one.config.get("data") or {}).get("split") for one in (before, after)]
    return Comparison(
        _brief(before),
        _brief(after),
        before.fingerprint == after.fingerprint and parted[0] == parted[1],
        settings,
        _paired(*figures),
        _paired(*errors),
        metric,
    )


def _paired(before: Mapping[str, float | None], after: Mapping[str, float | None]) -> list[Figure]:
    return [Figure(name, before.get(name), after.get(name)) for name in dict.fromkeys([*before, *after])]


def _figures(told: Mapping[str, Any]) -> dict[str, float | None]:
    """What there is of metrics of the file and of the float model, sizes, zeros and latency, as on the card."""
    measured = told.get("metrics") or {}
    found: dict[str, float | None] = {}
    for model in ("file", "float"):
        found |= {f"{model} {name}": _number(value) for name, value in (measured.get(model) or {}).items()}
    found |= {name: _number(told[name]) for name in _SIZES if name in told}
    if "latency_us" in told:
        found |= {f"latency {name} (us)": _number(value) for name, value in told["latency_us"].items()}
    if "sparsity" in told:
        found["zeros in dense kernels"] = _number(told["sparsity"]["dense_kernels"])
    return found


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _slices(told: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in told["slices"]}


def _brief(one: Side) -> dict[str, str]:
    words = {"run": one.run, "version": one.version, "verdict": one.verdict}
    return {"name": one.name, **words, "code": one.code_revision, "data": one.fingerprint}
