"""Is a version still what was pushed? Checksums and seal of one folder; reads whatever lies there and never raises."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data.vocabulary import MANIFEST_VERSION, Interface

MODEL = "model.tflite"
MANIFEST = "model.json"
VECTORS = "test_vectors.json"
SOURCE = "source"
KIT = "kit"
PARTS = (MODEL, VECTORS, SOURCE, KIT)
"""What a version consists of beside its manifest; the oldest have no kit."""


class StoreError(ValueError):
    """The store does not hold what was asked for; says what it holds."""


class CorruptError(StoreError):
    """A version's files are not what its manifest says."""


def padded(version: str) -> str:
    """Six digits of fewer: `2` is `000002`; any other text as it is."""
    return version.zfill(6) if re.fullmatch("[0-9]{1,6}", version) else version


def sha256(data: bytes) -> str:
    """Hex digest."""
    return hashlib.sha256(data).hexdigest()


def tree_digest(folder: Path) -> str:
    """One digest of all files below a folder, names and contents; of what is no plain file, the name alone."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if not p.is_dir()):
        content = sha256(path.read_bytes()) if path.is_file() else "no file"
        digest.update(os.fsencode(f"{path.relative_to(folder)}\0{content}\n"))
    return digest.hexdigest()


def checksums(folder: Path) -> dict[str, str]:
    """Digest of each of `PARTS` that is there, a file's own or a folder's."""
    return {name: _digest(folder / name) for name in PARTS if (folder / name).exists()}


def _digest(path: Path) -> str:
    return tree_digest(path) if path.is_dir() else sha256(path.read_bytes())


def seal(manifest: dict[str, Any]) -> str:
    """Digest of the manifest's own bytes before the seal is added, so that an edited one is noticed."""
    return sha256(as_written(manifest))


def as_written(manifest: dict[str, Any]) -> bytes:
    """The bytes of `model.json`; a push writes these and no others, so that not even a space can be changed."""
    return json.dumps(manifest, indent=1).encode()


def read_json(path: Path) -> Any:
    """Any JSON value.

    Raises:
        CorruptError: there is no such file, or it is no JSON.
    """
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise CorruptError(f"{path} cannot be read: {error}") from error


def read_manifest(folder: Path) -> dict[str, Any]:
    """A version's `model.json`.

    Raises:
        CorruptError: it is no JSON object.
    """
    manifest = read_json(folder / MANIFEST)
    if not isinstance(manifest, dict):
        raise CorruptError(f"{folder / MANIFEST} holds no JSON object")
    return manifest


def interface_of(manifest: Mapping[str, Any]) -> Interface:
    """What the file takes and gives; where the manifest is from before `role`, that follows from its other keys.

    Raises:
        StoreError: the manifest is of another age.
        CorruptError: it does not tell.
    """
    age = manifest.get("manifest_version")
    if age != MANIFEST_VERSION:
        raise StoreError(f"manifest_version is {age!r}; this farelite reads {MANIFEST_VERSION}")
    try:
        points = manifest["config"]["data"]["points"].values()
        axes = {name: axis for point in points for axis, name in point.items()}
        inputs = [{"role": _role(one, axes), **one} for one in manifest["inputs"]]
        return Interface.model_validate({"inputs": inputs, "output": manifest["output"]})
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise CorruptError(f"{MANIFEST} does not say what the file takes and gives: {error}") from error


def _role(one: Mapping[str, Any], axes: Mapping[str, str]) -> str:
    if one["vocabulary"] is not None:
        return "categorical"
    return "time" if "format" in one else axes.get(one["source_column"], "numeric")


def problems(folder: Path, only: set[str] | None = None) -> list[str]:
    """What is wrong with a version's folder, one sentence each; empty when every file is as it was pushed.

    Args:
        folder: `models/000001`.
        only: names of the files to check beside the manifest; None checks all, and that there are no others.
    """
    try:
        manifest = read_manifest(folder)
    except CorruptError as error:
        return [str(error)]
    path = folder / MANIFEST
    found = []
    if not _is_sealed(path, manifest):
        found.append(f"{path} was changed after the push: its seal does not fit its contents")
    if manifest.get("version") != folder.name:
        found.append(f"{path} is of version {manifest.get('version')!r}, not of {folder.name}")
    files = manifest.get("files")
    if not isinstance(files, dict) or manifest.get("sha256") != files.get(MODEL):
        return [*found, f"{path} lists no checksums that fit sha256"]
    parts = [name for name in PARTS if name != KIT or name in files]
    for name in parts:
        if only is None or name in only:
            found += _differs(folder / name, files.get(name))
    if only is None:
        extra = sorted({one.name for one in folder.iterdir()} - {*parts, MANIFEST})
        found += [f"{folder / name} was not part of the push" for name in extra]
    return found


def _is_sealed(path: Path, manifest: dict[str, Any]) -> bool:
    *before, last = manifest.items() if manifest else [("", None)]
    try:
        return path.read_bytes() == as_written(manifest) and last == ("seal", seal(dict(before)))
    except (OSError, RecursionError):
        return False


def _differs(path: Path, wanted: Any) -> list[str]:
    try:
        if not path.is_dir() and not path.is_file():
            return [f"{path} is missing"]
        seen = _digest(path)
    except OSError as error:
        return [f"{path} cannot be read: {error.strerror}"]
    return [] if seen == wanted else [f"{path} is not what was pushed: its checksum differs from {MANIFEST}"]
