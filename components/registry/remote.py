"""The store on any filesystem that Beam knows (gs://, s3://, hdfs://, a mounted folder): pulled, used, pushed back.

The layout there is that of the local store, and so are names, checksums and rules, since only `Store` works on them.
The guarantee is weaker, since such a filesystem has no rename of a folder and no lock:

- Files of a version appear one by one. It counts as a version once its `model.json` is there, which is written last;
  `current` is written after that, in one write. A crash in between leaves the old model live.
- One write is one step where the filesystem makes it so, as object stores do. Where it does not, a reader may find half
  a `current`, which names no version and is reported.
- Two that push at the same moment are not kept apart. The slower one finds its number taken and fails; if both look
  before either writes, one of the two is lost. Push from one place.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from apache_beam.io.filesystem import BeamIOError, CompressionTypes
from apache_beam.io.filesystems import FileSystems

from components.registry.durable import lock, replace_text, sync, sync_tree
from components.registry.soundness import MANIFEST, StoreError
from components.registry.store import CURRENT, HIGHEST, WITHDRAWN, Store

_PLAIN = CompressionTypes.UNCOMPRESSED
_OF_VERSION = re.compile(r"([0-9]{6})/(.+)")


def pull(uri: str, root: Path) -> None:
    """Makes a local store hold every version of a remote one, and the same live version and withdrawn files.

    Nothing local is deleted. A remote store without a live version changes nothing.

    Args:
        uri: the remote folder.
        root: the local store.

    Raises:
        StoreError: the filesystem cannot be read, or a version of one number differs in the two.
    """
    with _told(uri):
        there = set(_listing(uri))
        if CURRENT not in there:
            return
        with lock(root):
            for version, files in sorted(_versions(there).items()):
                if not _same(uri, root, version):
                    aside = root / f".new-{uuid.uuid4().hex}"
                    for file in files:
                        path = aside / file
                        path.parent.mkdir(parents=True, exist_ok=True)
                        path.write_bytes(_read(uri, f"{version}/{file}"))
                    sync_tree(aside)
                    aside.rename(root / version)
            sync(root)
            given = [_number(one.decode("ascii", "replace")) for one in _small(uri, there, HIGHEST)]
            replace_text(root / HIGHEST, str(max([*given, Store(root).highest()])))
            for name in (WITHDRAWN, CURRENT):
                for content in _small(uri, there, name):
                    replace_text(root / name, content.decode("utf-8", "replace"))


def push(root: Path, uri: str, version: str | None = None, removed: Iterable[str] = ()) -> None:
    """Makes a remote store follow a local one: a version's files, its `model.json`, and at last what is live.

    Args:
        root: the local store.
        uri: the remote folder; where it has no live version yet, every local version goes there.
        version: new since the last pull; None when only what is live or withdrawn has changed.
        removed: versions to remove there too.

    Raises:
        StoreError: the filesystem cannot be written, or the version is there with other contents; what is live there
            has not changed.
    """
    with _told(uri):
        there = set(_listing(uri))
        new = Store(root).versions() if CURRENT not in there else [version] if version else []
        for one in new:
            if f"{one}/{MANIFEST}" in there and _same(uri, root, one):
                continue
            folder = root / one
            files = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
            for file in sorted(files, key=lambda file: (file == MANIFEST, file)):
                _write(uri, f"{one}/{file}", (folder / file).read_bytes())
        for name in (WITHDRAWN, HIGHEST, CURRENT):
            if (root / name).is_file():
                _write(uri, name, (root / name).read_bytes())
        for one in removed:
            gone = sorted((name for name in there if name.startswith(f"{one}/")), key=lambda name: MANIFEST not in name)
            for name in gone:
                FileSystems.delete([_path(uri, name)])


def _same(uri: str, root: Path, version: str) -> bool:
    """Whether a version lies in both; False if it is not here."""
    path = root / version / MANIFEST
    if not path.parent.is_dir():
        return False
    if path.is_file() and path.read_bytes() == _read(uri, f"{version}/{MANIFEST}"):
        return True
    raise StoreError(
        f"version {version} of {root} is another than that of {uri}: two places have pushed there. Move the local "
        "folder away; the next run brings the other"
    )


def _versions(there: Iterable[str]) -> dict[str, list[str]]:
    """Files of each complete version, by its number."""
    found: dict[str, list[str]] = {}
    for name in sorted(there):
        if match := _OF_VERSION.fullmatch(name):
            found.setdefault(match[1], []).append(match[2])
    return {version: files for version, files in found.items() if MANIFEST in files}


def _small(uri: str, there: set[str], name: str) -> Iterator[bytes]:
    if name in there:
        yield _read(uri, name)


def _number(text: str) -> int:
    return int(text) if re.fullmatch("[0-9]{1,6}", text.strip()) else 0


def _path(uri: str, name: str) -> str:
    return str(FileSystems.join(uri, *name.split("/")))


def _listing(uri: str) -> Iterator[str]:
    """Names of all files below a folder, relative to it."""
    base = uri.rstrip("/") + "/"
    for result in FileSystems.match([f"{base}**"]):
        yield from (one.path.removeprefix(base) for one in result.metadata_list)


def _read(uri: str, name: str) -> bytes:
    with FileSystems.open(_path(uri, name), compression_type=_PLAIN) as stream:
        return bytes(stream.read())


def _write(uri: str, name: str, content: bytes) -> None:
    path = _path(uri, name)
    folder = FileSystems.split(path)[0]
    if not FileSystems.exists(folder):
        FileSystems.mkdirs(folder)
    with FileSystems.create(path, compression_type=_PLAIN) as stream:
        stream.write(content)


@contextmanager
def _told(uri: str) -> Iterator[None]:
    try:
        yield
    except (BeamIOError, OSError) as error:
        raise StoreError(f"{uri} cannot be used as a store: {error}") from error
    except ValueError as error:
        if isinstance(error, StoreError):
            raise
        # Beam's own words name the package that its filesystem is missing.
        raise StoreError(f"{uri} cannot be used as a store: {error}") from error
