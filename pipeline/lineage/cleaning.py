"""What the artifacts of past runs take, and which of them no version needs any more."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml_metadata.proto import metadata_store_pb2

from components.registry.store import Store
from pipeline.lineage.errors import LineageError
from pipeline.lineage.questions import Lineage
from pipeline.paths import RunPaths

if TYPE_CHECKING:
    from ml_metadata.metadata_store.metadata_store import MetadataStore

_ALWAYS_KEPT = {"GateRecord"}
"""Small, and what later data are compared with."""


@dataclass(frozen=True)
class Item:
    """A folder that nothing needs.

    Attributes:
        artifact: its id; None for what a crashed run left without telling anybody.
        step, key: which step wrote it, under which key.
    """

    artifact: int | None
    step: str
    key: str
    path: str
    bytes: int


@dataclass(frozen=True)
class Plan:
    """What a clean would free.

    Attributes:
        items: the folders, by path.
        versions: that are kept, with all that their lineage needs.
        kept_bytes: what stays.
    """

    items: list[Item]
    versions: list[str]
    runs: list[str]
    kept_bytes: int

    @property
    def bytes(self) -> int:
        """What would become free."""
        return sum(one.bytes for one in self.items)


def plan(store: MetadataStore, paths: RunPaths, keep_runs: int) -> Plan:
    """Everything below `artifacts/` but what a version that is there, or one of the `keep_runs` newest runs, rests on.

    Raises:
        LineageError: the metadata do not know the run of a version, so nobody can say what it needs.
        CorruptError: a version's manifest cannot be read, likewise.
    """
    lineage, models = Lineage(store), Store(paths.models)
    versions = models.versions()
    runs = [one.name for one in lineage.runs(keep_runs)] if keep_runs else []
    needed: set[int] = set()
    for version in versions:
        needed |= _needs(lineage, version, str(models.manifest(version).get("run", {}).get("id", "")))
    for run in runs:
        needed |= set(lineage.chain(run).artifacts)
    artifacts = lineage.all_artifacts()
    needed |= {number for number, one in artifacts.items() if one.type in _ALWAYS_KEPT}
    sacred = {Path(artifacts[number].uri).resolve() for number in needed}
    by_path = {Path(one.uri).resolve(): number for number, one in artifacts.items()}
    items, kept = [], 0
    for folder in _folders(paths.artifacts.resolve()):
        size = _size(folder)
        if folder in sacred:
            kept += size
        else:
            items.append(Item(by_path.get(folder), folder.parts[-3], folder.parts[-2], str(folder), size))
    return Plan(items, versions, runs, kept)


def _needs(lineage: Lineage, version: str, run: str) -> set[int]:
    found = set(lineage.chain(run).artifacts)
    if not found:
        raise LineageError(
            f"version {version} came from run {run!r}, which the metadata store does not know, so nobody can say which "
            "artifacts it needs; nothing was freed. Bring that store back, or remove the version's folder first"
        )
    return found


def _folders(root: Path) -> Iterator[Path]:
    """`STEP/KEY/NUMBER`, as TFX lays artifacts out; nothing else below the folder is touched."""
    for folder in sorted(root.glob("*/*/*")):
        hidden = any(part.startswith(".") for part in folder.parts[-3:])
        if folder.is_dir() and not folder.is_symlink() and folder.name.isdigit() and not hidden:
            yield folder


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


def carry_out(store: MetadataStore, wanted: Plan) -> None:
    """Frees what a plan names. Each artifact is marked as deleted before its files go, so the cache never takes it."""
    numbers = [one.artifact for one in wanted.items if one.artifact is not None]
    artifacts: list[Any] = store.get_artifacts_by_id(numbers) if numbers else []
    for one in artifacts:
        one.state = metadata_store_pb2.Artifact.DELETED
    if artifacts:
        store.put_artifacts(artifacts)
    for item in wanted.items:
        shutil.rmtree(item.path)
