"""Writing so that a crash at any moment leaves the old or the new, never a half."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from components.registry.soundness import StoreError


def replace_text(path: Path, text: str) -> None:
    """Puts a file in place of another in one step; on disk when this returns."""
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with aside.open("w") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    sync(path.parent)


def _why(error: OSError) -> str:
    """A few words on a failed write, such as `No space left on device`."""
    if isinstance(error, shutil.Error):  # of a whole tree: (source, target, message) for each file
        return str(error.args[0][0][2])
    return error.strerror or str(error)


def write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    """Makes a folder of UTF-8 files by path within it; not synced yet."""
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


@contextmanager
def lock(root: Path) -> Iterator[None]:
    """Holds a folder against other processes; waits for it.

    Raises:
        StoreError: the folder takes no lock file.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        stream = (root / ".lock").open("w")
    except OSError as error:
        raise StoreError(f"cannot write to {root}: {error.strerror}") from error
    with stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


@contextmanager
def writing(root: Path, leftover: re.Pattern[str]) -> Iterator[None]:
    """The lock, with whatever a kill or a failed write has left aside cleared away before and after.

    Args:
        root: a folder.
        leftover: names of what is written aside in it.

    Raises:
        StoreError: a write failed, as on a full disk.
    """
    with lock(root):
        _sweep(root, leftover)
        try:
            yield
        except OSError as error:
            _sweep(root, leftover)
            raise StoreError(
                f"cannot write to {root}: {_why(error)}. Nothing half-written is visible, and `current` stays as it is"
            ) from error


def _sweep(root: Path, leftover: re.Pattern[str]) -> None:
    for path in root.iterdir():
        if leftover.fullmatch(path.name):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def sync(path: Path) -> None:
    """Waits until a file's contents, or a folder's names, are on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """The same for everything below a folder."""
    for path in folder.rglob("*"):
        sync(path)
    sync(folder)
