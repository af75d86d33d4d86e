"""Whether a file can serve as the metadata store, looked at before ML Metadata is: it waits 46 s for a lock, makes its
tables in whatever it is given, and notices damage only where it reads."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

LOCK_SECONDS = 5.0
"""Longer than any transaction of a run."""

_HEADER = b"SQLite format 3\0"
_VERDICT = """
    SELECT string_value FROM ContextProperty
    JOIN Context ON Context.id = context_id JOIN Type ON Type.id = type_id
    WHERE Type.name = 'pipeline_run' AND Context.name = ? AND ContextProperty.name = 'verdict'
"""


def fault(path: Path, create: bool) -> str:
    """What keeps the file from being used, and what to do; empty where nothing does.

    Args:
        path: of the file.
        create: it is to be written, and made where it is not there or has nothing in it yet.
    """
    where = f"the metadata store {path}"
    if path.is_dir():
        return f"{where} is a folder where a file is wanted; move it away, and the next run makes the file"
    if not path.exists():
        return "" if create else f"no metadata store {path}; `farelite run` makes it"
    try:
        with path.open("rb") as stream:
            header = stream.read(len(_HEADER))
    except OSError as error:
        return f"{where} cannot be opened: {error.strerror}; give yourself the right to read it"
    if not header:
        return "" if create else f"{where} is empty: nothing was ever written to it. {_anew(path)}"
    if header != _HEADER:
        return f"{where} cannot be opened: file is not a database. {_anew(path)}"
    if create and not os.access(path, os.W_OK):
        return f"{where} may not be written; give yourself the right to, or choose another --runs-dir"
    return _fault_within(path, where)


def writable(path: Path) -> bool:
    """Whether file and folder can be written: SQLite keeps a journal beside the file."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def verdict_of(path: Path, run_id: str) -> str:
    """How a run ended, read without ML Metadata; empty where the file does not tell."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as asked:
        found = asked.execute(_VERDICT, (run_id,)).fetchone()
        return str(found[0]) if found else ""
    return ""


def _fault_within(path: Path, where: str) -> str:
    # A transaction that a crash has left half done is undone at the first look, which writes.
    mode = "rw" if writable(path) else "ro"
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=LOCK_SECONDS)
        try:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        finally:
            connection.close()
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            return f"{where} cannot be opened: {error}. {_anew(path)}"
        return f"{where} is locked by another process for more than {LOCK_SECONDS:g} s; let that end, then try again"
    except sqlite3.DatabaseError as error:
        return f"{where} is damaged: {error}. {_anew(path)}"
    if found != "ok":
        return f"{where} is damaged: {' '.join(found.split())[:200]}. {_anew(path)}"
    if tables and "MLMDEnv" not in tables:
        return f"{where} is an SQLite database, but holds no ML Metadata. {_anew(path)}"
    return ""


def _anew(path: Path) -> str:
    return (
        f"Put a copy of it back, or move {path.name} away and the next run begins a new one; the versions do not need "
        "it: `farelite versions`, `verify`, `rollback` and `lineage` answer from their manifests"
    )
