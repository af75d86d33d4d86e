"""Which ML Metadata store a pipeline uses: SQLite in its folder, or MySQL or PostgreSQL by configuration."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from components.registry.durable import replace_text
from pipeline.lineage import sqlite_file
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
    """What ML Metadata's client is told.

    Args:
        metadata: which store.
        paths: of the pipeline.
        create: make the SQLite file when it is not there.
    """
    from ml_metadata.proto import metadata_store_pb2

    config = metadata_store_pb2.ConnectionConfig()
    if metadata.kind == "sqlite":
        modes = metadata_store_pb2.SqliteMetadataSourceConfig
        config.sqlite.filename_uri = str(paths.database.resolve())
        # Questions are answered from a place that cannot be written, too.
        known = modes.READWRITE if sqlite_file.writable(paths.database) else modes.READONLY
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
    """Connects.

    Args:
        metadata: which store.
        paths: of the pipeline.
        create: a store that is not there yet is made.
        upgrade: an older schema is brought up to date first; without it, it is an error.

    Raises:
        MetadataError: no such file or one that cannot be used, no answer, no entry, or a schema of another version of
            ML Metadata.
    """
    from ml_metadata import errors
    from ml_metadata.metadata_store import metadata_store

    if metadata.kind == "sqlite" and (fault := sqlite_file.fault(paths.database, create)):
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
