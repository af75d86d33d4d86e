"""Which ML Metadata store a pipeline uses: SQLite in its folder, or MySQL or PostgreSQL by configuration."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.registry.durable import replace_text
from pipeline.lineage.errors import MetadataError
from pipeline.paths import RunPaths
from pipeline.settings.metadata import Metadata

if TYPE_CHECKING:
    from ml_metadata.metadata_store.metadata_store import MetadataStore
    from ml_metadata.proto.metadata_store_pb2 import ConnectionConfig


_PORTS = {"mysql": 3306, "postgresql": 5432}
_VERSIONS = re.compile(r"database version (\d+) is (greater|older) than library version (\d+)")
UPGRADE = "farelite lineage --upgrade-store"


def _where(metadata: Metadata, paths: RunPaths) -> str:
    """For messages: the file, or kind, host, port and database."""
    if metadata.kind == "sqlite":
        return str(paths.database)
    return f"{metadata.kind} {metadata.host}:{metadata.port or _PORTS[metadata.kind]}/{metadata.database}"


def connection_config(metadata: Metadata, paths: RunPaths, create: bool = False) -> ConnectionConfig:
    """What ML Metadata's client is told; `create` makes the SQLite file where it is not there."""
    from ml_metadata.proto import metadata_store_pb2

    config = metadata_store_pb2.ConnectionConfig()
    if metadata.kind == "sqlite":
        modes = metadata_store_pb2.SqliteMetadataSourceConfig
        config.sqlite.filename_uri = str(paths.database.resolve())
        # Questions are answered from a place that cannot be written, too.
        known = modes.READWRITE if writable(paths.database) else modes.READONLY
        config.sqlite.connection_mode = modes.READWRITE_OPENCREATE if create else known
        return config
    port, password = metadata.port or _PORTS[metadata.kind], os.environ.get(metadata.password_variable, "")
    if metadata.kind == "mysql":
        mysql = config.mysql
        mysql.host, mysql.port, mysql.database = metadata.host, port, metadata.database
        mysql.user, mysql.password = metadata.user, password
    else:
        postgresql = config.postgresql
        postgresql.host, postgresql.port, postgresql.dbname = metadata.host, str(port), metadata.database
        postgresql.user, postgresql.password = metadata.user, password
    return config


def remember(metadata: Metadata, paths: RunPaths) -> None:
    """Notes in the pipeline's folder which store its runs use, so that questions find it without the configuration."""
    replace_text(paths.root / "metadata.json", metadata.model_dump_json(indent=1))


def recall(paths: RunPaths) -> Metadata:
    """The store that the runs of a folder use; SQLite where nothing was noted.

    Raises:
        MetadataError: the note is not readable.
    """
    note = paths.root / "metadata.json"
    if not note.exists():
        return Metadata()
    try:
        return Metadata.model_validate(json.loads(note.read_text()))
    except ValueError as error:
        raise MetadataError(f"{note} cannot be read: {error}; delete it, and the next run writes it anew") from error


def open_metadata(metadata: Metadata, paths: RunPaths, create: bool = False, upgrade: bool = False) -> MetadataStore:
    """Connects; `create` makes a store that is not there, `upgrade` brings an older schema up to date first.

    Raises:
        MetadataError: no such file or one that cannot be used, no answer, no entry, or a schema of another version of
            ML Metadata.
    """
    from ml_metadata import errors
    from ml_metadata.metadata_store import metadata_store

    if metadata.kind == "sqlite" and (fault := sqlite_fault(paths.database, create)):
        raise MetadataError(fault)
    try:
        return metadata_store.MetadataStore(
            connection_config(metadata, paths, create), enable_upgrade_migration=upgrade
        )
    except (RuntimeError, errors.StatusError) as error:
        raise MetadataError(_explain(metadata, paths, error)) from error


def _explain(metadata: Metadata, paths: RunPaths, error: Any) -> str:
    where = _where(metadata, paths)
    versions = _VERSIONS.search(str(error))
    if versions and versions[2] == "greater":
        return (
            f"the metadata store {where} has schema {versions[1]}, newer than the {versions[3]} that the installed "
            "ml-metadata knows; use the farelite that wrote it, nothing was changed"
        )
    if versions:
        return (
            f"the metadata store {where} has schema {versions[1]}, older than the {versions[3]} of the installed "
            f"ml-metadata; make a copy of it, then let `{UPGRADE}` bring it up to date, nothing was changed"
        )
    if metadata.kind == "sqlite":
        return f"the metadata store {where} cannot be opened: {str(error).strip()[:200]}"
    return (
        f"no entry to the metadata store {where} as {metadata.user}: {str(error).strip()[:200]}. Is the server up, the "
        f"name right, and the password in the variable {metadata.password_variable}?"
    )


LOCK_SECONDS = 5.0
"""Longer than any transaction of a run."""

_HEADER = b"SQLite format 3\0"
_VERDICT = """
    SELECT string_value FROM ContextProperty
    JOIN Context ON Context.id = context_id JOIN Type ON Type.id = type_id
    WHERE Type.name = 'pipeline_run' AND Context.name = ? AND ContextProperty.name = 'verdict'
"""


def sqlite_fault(path: Path, create: bool) -> str:
    """What keeps a file from serving as the store, and what to do; empty where nothing does.

    It is looked at before ML Metadata is, which waits 46 s for a lock, makes its tables in whatever it is given, and
    notices damage only where it reads.

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
