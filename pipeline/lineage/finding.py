"""Which file is meant: a version, or a `.tflite` wherever it lies now, known by its sha256."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.registry.soundness import MANIFEST, CorruptError, read_manifest
from components.registry.store import Store, padded, sha256
from pipeline.lineage.errors import LineageError
from pipeline.paths import RunPaths, RunsFolderError, pipeline_folder

_VERSION = re.compile(r"[0-9]{1,6}")
LATEST = ("latest", "current")


@dataclass(frozen=True)
class Found:
    """What a question is about.

    Attributes:
        sha256: of the file; empty for a version whose folder is gone.
        version: six digits; empty for a file that no manifest names.
        manifest: of the version's folder, or beside the file; None without one.
        folders: pipelines whose metadata may know it, best first; empty when only the manifest can be asked.
    """

    sha256: str
    version: str
    manifest: dict[str, Any] | None
    folders: list[RunPaths]


def is_version(what: str) -> bool:
    """Whether a text names a version: up to six digits, or the live one by `latest`."""
    return what in LATEST or _VERSION.fullmatch(what) is not None


def find(what: str | None, runs_dir: Path, pipeline: str | None) -> Found:
    """Makes sense of FILE, VERSION or `latest`; None is `latest`.

    Raises:
        LineageError: there is no such file, or it lies beside the manifest of another one.
        RunsFolderError, StoreError, CorruptError: there is no such pipeline or live version.
    """
    if what is None or (is_version(what) and not Path(what).exists()):
        paths = pipeline_folder(runs_dir, pipeline)
        store = Store(paths.models)
        version = padded(what) if what and what not in LATEST else store.resolve(None)
        if version not in store.versions():  # discarded by now, but the metadata may remember it
            return Found("", version, None, [paths])
        told = store.manifest(version)
        return Found(str(told.get("sha256", "")), version, told, [paths])
    path = Path(what)
    if path.is_dir():
        path = path / "model.tflite"
    if not path.is_file():
        raise LineageError(
            f"{what!r} is no file here and no version; give the path of a .tflite, a version such as 2, or latest"
        )
    digest = sha256(path.read_bytes())
    manifest = _beside(path, digest)
    version = str(manifest["version"]) if manifest else ""
    return Found(digest, version, manifest, _folders(runs_dir, pipeline, digest))


def _beside(path: Path, digest: str) -> dict[str, Any] | None:
    if not (path.parent / MANIFEST).is_file():
        return None
    try:
        manifest = read_manifest(path.parent)
    except CorruptError as error:
        raise LineageError(f"the manifest beside {path} cannot be used: {error}") from error
    if manifest.get("sha256") != digest:
        raise LineageError(
            f"{path} has sha256 {digest[:12]}, the {MANIFEST} beside it tells of {str(manifest.get('sha256'))[:12]}: "
            "the file was changed or put beside a manifest that is not its own; move it elsewhere to ask for it alone"
        )
    return manifest


def _folders(runs_dir: Path, pipeline: str | None, digest: str) -> list[RunPaths]:
    """Pipelines there, first the one whose store holds these bytes; none where there is no runs folder."""
    if pipeline is not None:
        return [pipeline_folder(runs_dir, pipeline)]
    try:
        return [pipeline_folder(runs_dir, None)]
    except RunsFolderError:
        found = [RunPaths(path.parent) for path in sorted(runs_dir.glob("*/models"))]
        return sorted(found, key=lambda paths: not _holds(paths, digest))


def _holds(paths: RunPaths, digest: str) -> bool:
    store = Store(paths.models)
    return any(store.digest(version) == digest for version in store.versions())
