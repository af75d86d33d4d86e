"""One side of a comparison: a run, or the run that published a version, and what it has left."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from components.files import HISTORY_FILE, SLICES_FILE, SUMMARY_FILE
from components.registry.store import Store
from pipeline.lineage import journal
from pipeline.lineage.connection import open_metadata, recall
from pipeline.lineage.errors import LineageError
from pipeline.lineage.finding import is_version
from pipeline.lineage.questions import Lineage
from pipeline.lineage.records import Artifact, NodeRun, read_json
from pipeline.lock import is_held
from pipeline.paths import RunPaths
from transforms.features import LEARNED_FILE


def output(nodes: Mapping[str, NodeRun], key: str) -> Artifact | None:
    """The first artifact under an output key, of whichever step has one."""
    return next((group[0] for node in nodes.values() for name, group in node.outputs.items() if name == key), None)


def left(nodes: Mapping[str, NodeRun], key: str, name: str = "") -> Path | None:
    """A file, or without a name the folder, of an artifact; None where it is not, or not any more."""
    artifact = output(nodes, key)
    path = Path(artifact.uri) / name if artifact else None
    return path if path is not None and path.exists() else None


def told(path: Path | None) -> Any:
    """The value in a JSON file; None without one."""
    return None if path is None else json.loads(path.read_text())


PUSHED = "pushed_model"


@dataclass(frozen=True)
class Side:
    """One of the two.

    Attributes:
        name: as it was asked for, a version with all its digits.
        run, version: that it is; `version` is empty for a run that published none.
        code_revision, fingerprint: of code and data.
        figures: what was measured of the file, and the gate's word on it; empty where none was made.
        slices: what the gate made of each slice, by its name, of the Evaluator where no file was judged; empty where
            that is gone, as those below.
        features: that the network takes, before a reducer.
        history: losses of each phase by epoch.
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
    reasons: list[str] = field(default_factory=list)
    counts: dict[str, Any] = field(default_factory=dict)
    features: list[str] = field(default_factory=list)
    history: dict[str, Any] = field(default_factory=dict)


def run_of(paths: RunPaths, what: str) -> tuple[str, str, Mapping[str, Any]]:
    """Of a version (`2`, `latest`) all its digits, the run that published it and its manifest; of another text itself.

    Raises:
        StoreError, CorruptError: there is no such version, or it cannot be read.
    """
    if not is_version(what):
        return what, what, {}
    store = Store(paths.models)
    name = store.resolve(what)
    manifest = store.manifest(name)
    return name, str(manifest["run"]["id"]), manifest


def side(paths: RunPaths, what: str) -> Side:
    """A version (`2`, `latest`) or a run by its id.

    Raises:
        LineageError: there is no such run, or none is known.
        StoreError, CorruptError: there is no such version, or it cannot be read.
        MetadataError: the metadata store cannot be opened.
    """
    name, run_id, manifest = run_of(paths, what)
    lineage = Lineage(open_metadata(recall(paths), paths))
    record = journal.one_run(lineage, is_held(paths.lock), run_id)
    if record is None:
        raise LineageError(
            f"no run or version {what!r} in {paths.root}; `farelite runs` and `farelite versions` list them"
        )
    nodes = lineage.node_runs(run_id)
    pushed = output(nodes, PUSHED)
    judged = told(left(nodes, PUSHED, SLICES_FILE) or left(nodes, "evaluation", SLICES_FILE)) or {"slices": []}
    learned = told(left(nodes, "transform_graph", f"transform_fn/assets/{LEARNED_FILE}")) or {}
    return Side(
        name=name,
        run=run_id,
        version=str(manifest.get("version", record.version)),
        verdict=record.verdict,
        reasons=list(record.reasons),
        code_revision=record.code_revision,
        fingerprint=record.fingerprint,
        config=record.config,
        figures=dict(manifest) or ((read_json(pushed, "figures") or {}) if pushed else {}),
        slices={one["name"]: one for one in judged["slices"]},
        counts=told(left(nodes, "report", SUMMARY_FILE)) or {},
        features=list(learned.get("features") or ()),
        history=told(left(nodes, "model_run", HISTORY_FILE)) or {},
    )
