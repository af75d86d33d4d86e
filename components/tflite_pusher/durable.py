"""Writing so that a crash at any moment leaves the old or the new, never a half."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from pathlib import Path


def replace_text(path: Path, text: str) -> None:
    """Puts a file in place of another in one step; on disk when this returns."""
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    with aside.open("w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    aside.replace(path)
    sync(path.parent)


def write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    """Makes a folder of UTF-8 files by name; not synced yet."""
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


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
