"""Files on this machine or on any filesystem that Beam knows: what a pattern matches, and a local copy to read."""

from __future__ import annotations

import functools
import glob
import hashlib
import importlib.util
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.errors import DataError

_CHUNK = 1 << 20


def match(pattern: str, what: str, folders: bool = False) -> list[str]:
    """Files behind a path, folder, glob or `package:NAME/PATH`, sorted; a folder gives its visible files.

    A file or folder of the very name goes before what its letters could mean.

    Args:
        pattern: a local path, or an address such as `gs://bucket/trips/*.csv`, which Beam's filesystems read.
        what: key of the configuration, for the message.
        folders: folders that a glob matches give their files too.

    Raises:
        DataError: nothing is there, or no filesystem knows the address.
    """
    if not is_here(pattern):
        if pattern.startswith("package:"):
            pattern = _package_path(pattern, what)
        if is_remote(pattern):
            return _match_remote(pattern, what)
        pattern = expanded(pattern)
    if os.path.isfile(pattern):  # noqa: PTH113  pathlib raises on a name that is too long
        return [pattern]
    if os.path.isdir(pattern):  # noqa: PTH112
        files = _visible(pattern)
        if not files:
            raise DataError(f"{what}: the folder {pattern} holds no files")
        return files
    files = []
    for found in glob.glob(pattern, recursive=True):  # noqa: PTH207  absolute patterns
        if Path(found).is_file():
            files.append(found)
        elif folders:
            files += _visible(found)
    if not files:
        kind = "the pattern matches no file" if glob.has_magic(pattern) else "no such file"
        raise DataError(f"{what}: {kind}: {pattern} (looked from {Path.cwd()})")
    return sorted(files)


def is_remote(path: str) -> bool:
    """Whether a path is an address such as `gs://bucket/trips.csv`."""
    return "://" in path and not is_here(path)


def is_here(path: str) -> bool:
    """Whether a file or folder of this very name is on this machine."""
    return os.path.exists(path)  # noqa: PTH110  pathlib raises on a name that is too long


def expanded(path: str) -> str:
    """The path with `~` as the home folder; as it is for an unknown user."""
    return os.path.expanduser(path)  # noqa: PTH111  pathlib raises for an unknown user


def below(folder: str, path: str) -> str:
    """A path of a configuration counted from a folder; addresses and absolute paths stay as they are.

    In a folder whose own name looks like a pattern, a pattern still means what it says.
    """
    joined = f"{folder.rstrip('/')}/{path}"
    if is_here(joined):
        return joined
    if path.startswith("package:") or is_remote(path) or expanded(path).startswith("/"):
        return expanded(path)
    return f"{folder.rstrip('/') if is_remote(folder) else glob.escape(folder.rstrip('/'))}/{path}"


def _visible(folder: str) -> list[str]:
    return sorted(str(p) for p in Path(folder).iterdir() if p.is_file() and not p.name.startswith((".", "_")))


def _package_path(source: str, what: str) -> str:
    package, _, inner = source.removeprefix("package:").partition("/")
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise DataError(f"{what}: {source}: no package named {package!r} is installed")
    return str(Path(spec.submodule_search_locations[0]) / inner)


def _filesystems(path: str, what: str) -> Any:
    # Importing Beam takes seconds, which local files need not pay.
    from apache_beam.io.filesystems import FileSystems

    try:
        FileSystems.get_filesystem(path)
    except ValueError as error:
        raise DataError(f"{what}: Beam has no filesystem for {path}: {error}") from error
    return FileSystems


def _match_remote(pattern: str, what: str) -> list[str]:
    from apache_beam.io.filesystem import BeamIOError

    systems = _filesystems(pattern, what)
    try:
        # An object store has no folders: what lies below an address that is no file is its content.
        for wanted in (pattern, f"{pattern.rstrip('/')}/*"):
            (result,) = systems.match([wanted])
            names = [one.path for one in result.metadata_list]
            files = [name for name in names if not name.rsplit("/", 1)[-1].startswith((".", "_"))]
            if files:
                return sorted(files)
    except BeamIOError as error:
        raise DataError(f"{what}: {pattern} cannot be listed: {error}") from error
    raise DataError(f"{what}: no file matches {pattern}")


@contextmanager
def local(file: str) -> Iterator[str]:
    """A path on this machine with the file's content: itself, or a copy that goes away afterwards.

    Raises:
        DataError: a remote file cannot be read.
    """
    if not is_remote(file):
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="farelite-") as folder:
        copy = Path(folder) / file.rsplit("/", 1)[-1]
        systems = _filesystems(file, "data.source")
        from apache_beam.io.filesystem import BeamIOError, CompressionTypes

        try:
            stream = systems.open(file, compression_type=CompressionTypes.UNCOMPRESSED)
            with stream, copy.open("wb") as target:
                shutil.copyfileobj(stream, target, _CHUNK)
        except (BeamIOError, OSError) as error:
            raise DataError(f"{file} cannot be read: {error}") from error
        yield str(copy)


@dataclass(frozen=True)
class SourceFile:
    """A file that was read.

    Attributes:
        sha256: of its bytes; empty for one on another filesystem, which is not read for it.
        told: what that filesystem says of its contents; empty for one on this machine.
    """

    path: str
    bytes: int
    sha256: str
    told: str = ""

    def plain(self) -> dict[str, Any]:
        """As the manifest has it."""
        return {"path": self.path, "bytes": self.bytes, "sha256": self.sha256}


def examine(files: list[str]) -> list[SourceFile]:
    """Size and digest of each file."""
    found = []
    for file in files:
        if is_remote(file):
            systems = _filesystems(file, "data.source")
            (result,) = systems.match([file])
            told = [(one.size_in_bytes, one.last_updated_in_seconds) for one in result.metadata_list]
            found.append(SourceFile(file, sum(size for size, _ in told), "", f"{told} {systems.checksum(file)}"))
            continue
        stat = Path(file).stat()
        found.append(SourceFile(file, stat.st_size, _sha256(file, stat.st_size, (stat.st_mtime_ns, stat.st_ctime_ns))))
    return found


@functools.lru_cache(maxsize=4096)  # a run asks before and while it reads
def _sha256(file: str, size: int, changed_ns: tuple[int, int]) -> str:
    """Of a file's bytes, read anew when its size, or when its contents or its entry last changed, is another."""
    digest = hashlib.sha256()
    with Path(file).open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def sizes(files: list[str]) -> list[tuple[str, int]]:
    """Each file with its size in bytes, unread."""
    found = []
    for file in files:
        if is_remote(file):
            (result,) = _filesystems(file, "data.source").match([file])
            found.append((file, sum(one.size_in_bytes for one in result.metadata_list)))
        else:
            found.append((file, Path(file).stat().st_size))
    return found


def fingerprint(files: list[str]) -> str:
    """See `fingerprint_of`."""
    return fingerprint_of(examine(files))


def fingerprint_of(files: list[SourceFile]) -> str:
    """Sixteen hex digits of names and contents, in this order; changes when a file is added, removed or edited.

    A file on another filesystem counts by the size and checksum that the filesystem gives, without reading it.
    """
    told = [(one.path.rsplit("/", 1)[-1], one.sha256 or one.told) for one in files]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
