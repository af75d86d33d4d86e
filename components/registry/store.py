"""The store of published models: versions appear whole or not at all, and `current` moves by one atomic replace.

```
models/000001/{model.tflite, model.json, test_vectors.json, source/, kit/}
models/current          the live version, as text
models/withdrawn.json   sha256 of every file that a rollback left behind
models/.refused/        what failed its proof, for inspection
```
"""

from __future__ import annotations

import json
import re
import shutil
import uuid
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.files import BOOSTED_FILE
from components.registry import soundness
from components.registry.durable import lock, replace_text, sync, sync_tree, write_texts, writing
from components.registry.soundness import KIT, MANIFEST, MODEL, SOURCE, VECTORS, as_written, checksums, seal
from components.registry.soundness import CorruptError as CorruptError
from components.registry.soundness import StoreError as StoreError
from components.registry.soundness import padded as padded
from components.registry.soundness import sha256 as sha256

CURRENT = "current"
WITHDRAWN = "withdrawn.json"
HIGHEST = ".highest"
REFUSED = ".refused"
_VERSION = re.compile(r"[0-9]{6}")
_LEFTOVER = re.compile(rf"\.(new-|({CURRENT}|{WITHDRAWN}|{re.escape(HIGHEST)})\.)[0-9a-f]{{32}}")


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
        try:
            version = path.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise CorruptError(f"{path} cannot be read: {error}. {self._way_out()}") from error
        if version not in self.versions():
            raise CorruptError(f"{path} names {version[:40]!r}, which is not there. {self._way_out()}")
        return version

    def _way_out(self) -> str:
        there = ", ".join(self.versions()) or "none"
        return f"`farelite rollback VERSION` points it at one of the versions; there are: {there}"

    def resolve(self, version: str | None) -> str:
        """The wanted version, or the live one for None or `latest`.

        Raises:
            StoreError: there is none, or none is live.
        """
        if version in (None, "latest", "current"):
            live = self.current()
            if live is None and self.versions():
                raise StoreError(f"{self.root / CURRENT} is missing, so no version is live. {self._way_out()}")
            if live is None:
                raise StoreError(f"no model was pushed to {self.root} yet; `farelite run` makes the first")
            return live
        assert version is not None  # None was handled above
        version = padded(version)
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
        return soundness.read_manifest(self.folder(version))

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
        return soundness.problems(self.folder(version), only)

    def withdrawn(self) -> list[str]:
        """sha256 of the files that a rollback left; they are not pushed again without force.

        Raises:
            CorruptError: the list is not readable.
        """
        path = self.root / WITHDRAWN
        if not path.exists():
            return []
        remedy = "Put it back from a copy, or delete it if no model is to stay withdrawn"
        try:
            entries = soundness.read_json(path)
        except CorruptError as error:
            raise CorruptError(f"{error}. {remedy}") from error
        if not isinstance(entries, list):
            raise CorruptError(f"{path} holds no JSON list. {remedy}")
        return [str(entry) for entry in entries]

    def digest(self, version: str) -> str | None:
        """sha256 that a version was pushed with; of the file as it lies there if the manifest does not tell.

        None if there is neither.
        """
        try:
            told = self.manifest(version).get("sha256")
            return told if isinstance(told, str) else sha256((self.folder(version) / MODEL).read_bytes())
        except (CorruptError, OSError):
            return None

    def lock(self) -> AbstractContextManager[None]:
        """Holds the store against other processes; see `durable.lock`."""
        return lock(self.root)

    def publish(
        self, model: bytes, manifest: dict[str, Any], vectors: Any, source: Path, kit: Mapping[str, str] | None = None
    ) -> str:
        """Makes a new version and points `current` at it.

        Everything is written aside and synced to disk; then the folder gets its name in one rename, then `current`
        is replaced in another. A crash in between leaves the old model live.

        Returns:
            The new version, one above the highest ever used.

        Raises:
            StoreError: a write failed, as on a full disk; the old model stays live.
        """
        with writing(self.root, _LEFTOVER):
            version = f"{self.highest() + 1:06d}"
            replace_text(self.root / HIGHEST, version)
            aside = self.root / f".new-{uuid.uuid4().hex}"
            aside.mkdir()
            (aside / MODEL).write_bytes(model)
            (aside / VECTORS).write_text(json.dumps(vectors, indent=1))
            shutil.copytree(source, aside / SOURCE, ignore=shutil.ignore_patterns(BOOSTED_FILE))  # measured, done with
            if kit:
                write_texts(aside / KIT, kit)
            files = checksums(aside)
            complete = {**manifest, "version": version, "sha256": files[MODEL], "files": files}
            sealed = {**complete, "seal": seal(complete)}
            (aside / MANIFEST).write_bytes(as_written(sealed))
            sync_tree(aside)
            aside.rename(self.folder(version))
            sync(self.root)
            self._point(version)
            return version

    def refuse(self, model: bytes, report: dict[str, Any]) -> Path:
        """Keeps a file that failed its proof, with the figures, and returns its folder.

        Raises:
            StoreError: a write failed, as on a full disk.
        """
        with writing(self.root, _LEFTOVER):
            folder = self.root / REFUSED / sha256(model)[:12]
            aside = self.root / f".new-{uuid.uuid4().hex}"
            aside.mkdir()
            (aside / MODEL).write_bytes(model)
            (aside / "refused.json").write_text(json.dumps(report, indent=1))
            if folder.exists():
                shutil.rmtree(folder)
            folder.parent.mkdir(exist_ok=True)
            aside.rename(folder)
            return folder

    def rollback(self, version: str | None = None) -> tuple[str, str]:
        """Points `current` at an older version and withdraws the one it leaves, sound or not.

        Args:
            version: where to go; None takes the nearest one before the live one that was not withdrawn itself.

        Returns:
            The version left (`none` if `current` named none) and the version now live.

        Raises:
            StoreError: there is nowhere to go.
            CorruptError: the target's files are not sound.
        """
        with writing(self.root, _LEFTOVER):
            try:
                live = self.current()
            except CorruptError:
                live = None
            target = self._before(live) if version is None else self.resolve(version)
            problems = self.problems(target)
            if problems:
                raise CorruptError(f"version {target} is not sound: {'; '.join(problems)}")
            left = self.digest(live) if live and live != target else None
            stays = {*self.withdrawn(), *([left] if left else [])} - {self.digest(target)}
            replace_text(self.root / WITHDRAWN, json.dumps(sorted(map(str, stays)), indent=1))
            self._point(target)
            return live or "none", target

    def _before(self, live: str | None) -> str:
        if live is None:
            raise StoreError(f"no version is live in {self.root}. {self._way_out()}")
        withdrawn = self.withdrawn()
        older = [one for one in self.versions() if one < live and self.digest(one) not in withdrawn]
        if not older:
            raise StoreError(f"no version before {live} that was not withdrawn. {self._way_out()}")
        return older[-1]

    def highest(self) -> int:
        """The highest number ever given out."""
        counter = self.root / HIGHEST
        told = counter.read_bytes().decode("ascii", "replace").strip() if counter.is_file() else ""
        used = int(told) if re.fullmatch("[0-9]{1,6}", told) else 0
        return max([used, *(int(v) for v in self.versions())])

    def _point(self, version: str) -> None:
        replace_text(self.root / CURRENT, f"{version}\n")
