"""What the outcome of a run follows from beside the live model, looked at in a second and without TensorFlow or TFX."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
import sysconfig
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from components.code_hash import OURS, code_hash
from data.files import examine, is_remote, match
from data.sources import PLAIN, locate
from pipeline.config import Config

_SURE_AFTER_S = 2.0
"""A file that has rested so long when it was looked at cannot change without its times telling: some filesystems count
them in steps of two seconds."""


class Plain(BaseModel):
    """To JSON and back."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Stamp(Plain):
    """A file as it was seen: its digest, and what the filesystem told without reading it.

    Attributes:
        times_ns: of the last change of its contents and of its entry.
        looked_ns: when it was looked at.
    """

    path: str
    sha256: str
    bytes: int
    entry: int
    times_ns: tuple[int, int]
    looked_ns: int

    def same_file(self, other: Stamp) -> bool:
        """Whether the filesystem says the same of it, and would say otherwise of a change."""
        alike = (self.bytes, self.entry, self.times_ns) == (other.bytes, other.entry, other.times_ns)
        return alike and self.looked_ns - max(self.times_ns) > _SURE_AFTER_S * 1e9


class Facts(Plain):
    """All that a run's outcome follows from, but for what is live.

    Attributes:
        files: of the source, in order.
        spans: where they were found, as JSON.
        settings: digest of every choice that says something about the model, and of the reviewed schema.
        code: digest of our own packages.
        software: digest of interpreter, processor, and names and versions of all installed packages.
    """

    files: tuple[Stamp, ...]
    spans: str
    settings: str
    code: str
    software: str

    def same(self, other: Facts) -> bool:
        """Whether a run from the one would do as one from the other."""
        contents = [[(one.path, one.sha256) for one in facts.files] for facts in (self, other)]
        rest = {"spans", "settings", "code", "software"}
        return contents[0] == contents[1] and self.model_dump(include=rest) == other.model_dump(include=rest)


def can_tell(config: Config) -> bool:
    """Whether the facts lie on this machine, where looking is cheap and sure."""
    split = config.data.split
    places = [config.data.source, split.test_source, config.schema_file]
    remote = any(place is not None and is_remote(place) for place in places)
    return not remote and config.metadata.kind == "sqlite" and not config.push.store


def look(config: Config, known: Sequence[Stamp] = ()) -> Facts:
    """The facts as they are now, of one that `can_tell`; `known` files are read again only where changed.

    Raises:
        DataError, OSError: a file is not there or cannot be read.
    """
    located = locate(config.data)
    seen = {one.path: one for one in known}
    schema = match(config.schema_file, "schema")[:1] if config.schema_file else []
    plain = config.plain()
    del plain["data"]["spans"]["until"]  # says nothing but which spans were found
    return Facts(
        files=tuple(_stamp(path, seen.get(path)) for path in located.all_files()),
        spans=PLAIN.dump_json(located).decode(),
        settings=_digest([plain, [one.sha256 for one in examine(schema)]]),
        code=code_hash(*OURS),
        software=_digest([sys.version, platform.machine(), _installed()]),
    )


def _stamp(path: str, known: Stamp | None) -> Stamp:
    stat = os.stat(path)  # noqa: PTH116  pathlib raises on a name that is too long
    found = Stamp(
        path=path,
        sha256="",
        bytes=stat.st_size,
        entry=stat.st_ino,
        times_ns=(stat.st_mtime_ns, stat.st_ctime_ns),
        looked_ns=time.time_ns(),
    )
    if known is not None and known.same_file(found):
        return known
    return found.model_copy(update={"sha256": examine([path])[0].sha256})


def _installed() -> list[str]:
    """Name and version of every package, by the folders that installers leave; nothing is imported."""
    folders = {sysconfig.get_path(kind) for kind in ("purelib", "platlib")}
    return sorted(path.name for folder in folders for path in Path(folder).glob("*-info"))


def _digest(told: Any) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
