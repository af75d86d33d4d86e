"""The store of published models: versions appear whole or not at all, and `current` moves by one atomic replace.

```
models/000001/{model.tflite, model.json, test_vectors.json, source/}
models/current          the live version, as text
models/withdrawn.json   sha256 of every file that a rollback left behind
models/.refused/        what failed its proof, for inspection
```
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODEL = "model.tflite"
MANIFEST = "model.json"
VECTORS = "test_vectors.json"
SOURCE = "source"
CURRENT = "current"
WITHDRAWN = "withdrawn.json"
REFUSED = ".refused"
_VERSION = re.compile(r"\d{6}")


class StoreError(ValueError):
    """The store does not hold what was asked for; says what it holds."""


class CorruptError(StoreError):
    """A version's files are not what its manifest says."""


def sha256(data: bytes) -> str:
    """Hex digest."""
    return hashlib.sha256(data).hexdigest()


def tree_digest(folder: Path) -> str:
    """One digest of all files below a folder, names and contents."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(f"{path.relative_to(folder)}\0{sha256(path.read_bytes())}\n".encode())
    return digest.hexdigest()


@dataclass(frozen=True)
class Store:
    """The folder `models/` of one pipeline."""

    root: Path

    def versions(self) -> list[str]:
        """Published versions, ascending."""
        if not self.root.is_dir():
            return []
        return sorted(path.name for path in self.root.iterdir() if path.is_dir() and _VERSION.fullmatch(path.name))

    def current(self) -> str | None:
        """The live version; None before the first push.

        Raises:
            CorruptError: `current` names no version that is there.
        """
        path = self.root / CURRENT
        if not path.exists():
            return None
        version = path.read_text().strip()
        if version not in self.versions():
            raise CorruptError(
                f"{path} names {version!r}, which is not there; versions: {', '.join(self.versions()) or 'none'}. "
                "`farelite rollback VERSION` points it at one of them."
            )
        return version

    def resolve(self, version: str | None) -> str:
        """The wanted version, or the live one for None or `latest`.

        Raises:
            StoreError: there is none.
        """
        if version in (None, "latest", "current"):
            live = self.current()
            if live is None:
                raise StoreError(f"no model was pushed to {self.root} yet; `farelite run` makes the first")
            return live
        assert version is not None  # None was handled above
        if version not in self.versions():
            raise StoreError(f"no version {version} in {self.root}; there are: {', '.join(self.versions()) or 'none'}")
        return version

    def folder(self, version: str) -> Path:
        """Where a version lies."""
        return self.root / version

    def manifest(self, version: str) -> dict[str, Any]:
        """A version's `model.json`.

        Raises:
            CorruptError: it is no JSON object.
        """
        path = self.folder(version) / MANIFEST
        try:
            manifest = json.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise CorruptError(f"{path} cannot be read: {error}") from error
        if not isinstance(manifest, dict):
            raise CorruptError(f"{path} holds no JSON object")
        return manifest

    def model(self, version: str) -> bytes:
        """The file's bytes, checked against the manifest.

        Raises:
            CorruptError: a checksum differs.
        """
        problems = self.problems(version, only={MODEL})
        if problems:
            raise CorruptError("; ".join(problems))
        return (self.folder(version) / MODEL).read_bytes()

    def problems(self, version: str, only: set[str] | None = None) -> list[str]:
        """What is wrong with a version, one sentence each; empty when every file is as it was pushed."""
        folder = self.folder(version)
        try:
            manifest = self.manifest(version)
        except CorruptError as error:
            return [str(error)]
        seal = manifest.pop("seal", None)
        found = []
        if seal != _seal(manifest):
            found.append(f"{folder / MANIFEST} was changed after the push: its seal does not fit its contents")
        files = manifest.get("files")
        if not isinstance(files, dict) or manifest.get("sha256") != files.get(MODEL):
            return [*found, f"{folder / MANIFEST} lists no checksums that fit sha256"]
        for name, wanted in files.items():
            path = folder / name
            if only is not None and name not in only:
                continue
            if not path.exists():
                found.append(f"{path} is missing")
            elif (tree_digest(path) if path.is_dir() else sha256(path.read_bytes())) != wanted:
                found.append(f"{path} is not what was pushed: its checksum differs from {MANIFEST}")
        if only is None:
            extra = sorted({path.name for path in folder.iterdir()} - set(files) - {MANIFEST})
            found += [f"{folder / name} was not part of the push" for name in extra]
        return found

    def withdrawn(self) -> list[str]:
        """sha256 of the files that a rollback left; they are not pushed again without force."""
        path = self.root / WITHDRAWN
        if not path.exists():
            return []
        try:
            return [str(entry) for entry in json.loads(path.read_text())]
        except ValueError as error:
            raise CorruptError(f"{path} is no JSON list: {error}") from error

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Holds the store against other processes; waits for it."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("w") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield

    def publish(self, model: bytes, manifest: dict[str, Any], vectors: Any, source: Path) -> str:
        """Makes a new version and points `current` at it.

        Everything is written aside and synced to disk; then the folder gets its name in one rename, then `current`
        is replaced in another. A crash in between leaves the old model live.

        Returns:
            The new version, one above the highest ever used.
        """
        with self.lock():
            version = f"{self._highest() + 1:06d}"
            aside = self.root / f".new-{uuid.uuid4().hex}"
            aside.mkdir()
            (aside / MODEL).write_bytes(model)
            (aside / VECTORS).write_text(json.dumps(vectors, indent=1))
            shutil.copytree(source, aside / SOURCE)
            files = {
                MODEL: sha256(model),
                VECTORS: sha256((aside / VECTORS).read_bytes()),
                SOURCE: tree_digest(aside / SOURCE),
            }
            complete = {**manifest, "version": version, "sha256": files[MODEL], "files": files}
            sealed = {**complete, "seal": _seal(complete)}
            (aside / MANIFEST).write_text(json.dumps(sealed, indent=1))
            _sync_tree(aside)
            aside.rename(self.folder(version))
            _sync(self.root)
            self._point(version)
            return version

    def refuse(self, model: bytes, report: dict[str, Any]) -> Path:
        """Keeps a file that failed its proof, with the figures, and returns its folder."""
        folder = self.root / REFUSED / sha256(model)[:12]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MODEL).write_bytes(model)
        (folder / "refused.json").write_text(json.dumps(report, indent=1))
        return folder

    def rollback(self, version: str | None = None) -> tuple[str, str]:
        """Points `current` at an older version and withdraws the one it leaves.

        Args:
            version: where to go; None takes the one before the live one.

        Returns:
            The version left and the version now live.

        Raises:
            StoreError: there is nowhere to go, or the target's files are not sound.
        """
        with self.lock():
            try:
                live = self.current()
            except CorruptError:
                live = None
            if version is None:
                older = [v for v in self.versions() if live is not None and v < live]
                if not older:
                    raise StoreError(f"no version before {live or 'the live one'} in {self.root}; name one")
                version = older[-1]
            target = self.resolve(version)
            problems = self.problems(target)
            if problems:
                raise CorruptError(f"version {target} is not sound: {'; '.join(problems)}")
            if live and live != target:
                digest = str(self.manifest(live)["sha256"])
                self._write_withdrawn(sorted({*self.withdrawn(), digest}))
            if target:
                kept = [d for d in self.withdrawn() if d != self.manifest(target)["sha256"]]
                self._write_withdrawn(kept)
            self._point(target)
            return live or "none", target

    def _highest(self) -> int:
        counter = self.root / ".highest"
        used = int(counter.read_text()) if counter.exists() else 0
        highest = max([used, *(int(v) for v in self.versions())])
        _replace(counter, str(highest + 1))
        return highest

    def _point(self, version: str) -> None:
        _replace(self.root / CURRENT, f"{version}\n")

    def _write_withdrawn(self, digests: list[str]) -> None:
        _replace(self.root / WITHDRAWN, json.dumps(digests, indent=1))


def _seal(manifest: dict[str, Any]) -> str:
    """Digest of the manifest's own contents, so that an edited one is noticed."""
    return sha256(json.dumps(manifest, sort_keys=True).encode())


def _replace(path: Path, text: str) -> None:
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    with aside.open("w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    aside.replace(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_tree(folder: Path) -> None:
    for path in folder.rglob("*"):
        _sync(path)
    _sync(folder)
