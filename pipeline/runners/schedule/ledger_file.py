"""The ledger's file: SQLite, its version, transactions, and the facts that belong to no single due time."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.runners.schedule.slot import ScheduleError

VERSION = 1
_TABLES = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE slots (
  kind TEXT NOT NULL, due INTEGER NOT NULL, state TEXT NOT NULL, outcome TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL DEFAULT '', start_at REAL NOT NULL DEFAULT 0, entered REAL NOT NULL, ended REAL,
  inputs TEXT NOT NULL DEFAULT '', result TEXT NOT NULL DEFAULT '{}', told TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (kind, due)
);
CREATE TABLE attempts (
  kind TEXT NOT NULL, due INTEGER NOT NULL, number INTEGER NOT NULL, began REAL NOT NULL, ended REAL,
  outcome TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '', process TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (kind, due, number)
);
CREATE INDEX slots_by_state ON slots (state);
"""


class LedgerFile:
    """An open ledger.

    Args:
        path: SQLite file; made if it is not there.
        now: Unix seconds; due times before the ledger was made are none of its business.
        factory: class of the connection.

    Raises:
        ScheduleError: the file is of another version, or no ledger.
    """

    def __init__(self, path: Path, now: float, factory: type[sqlite3.Connection] = sqlite3.Connection) -> None:
        self.path = path
        # The page of figures reads from another thread, by a ledger of its own.
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, factory=factory)
        try:
            self._open(now)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise ScheduleError(f"{path} is no schedule ledger ({error}); move it aside and start again") from error
        except ScheduleError:
            self._connection.close()
            raise

    def _open(self, now: float) -> None:
        with self.transaction():
            tables = self._connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
            if not tables:
                for statement in _TABLES.split(";"):
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA user_version = {VERSION}")
                self._set_fact("watermark", repr(now))
                self._set_fact("since", repr(now))
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version != VERSION:
            older = "an older" if version < VERSION else "a newer"
            raise ScheduleError(
                f"{self.path} was written by {older} farelite (ledger version {version}; this one reads {VERSION}). "
                f"Move it aside, start the schedule again, and make up for the time between by `farelite schedule "
                f"backfill`"
            )

    def close(self) -> None:
        """Lets go of the file."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def paused(self) -> bool:
        """True while due times are skipped."""
        return self._fact("paused") == "1"

    def pause(self, paused: bool) -> bool:
        """Sets it; returns what it was."""
        with self.transaction():
            before = self.paused()
            self._set_fact("paused", str(int(paused)))
        return before

    def watermark(self) -> float:
        """Due times up to this moment are entered; Unix seconds."""
        return float(self._fact("watermark") or 0)

    def since(self) -> float:
        """When the ledger was made; Unix seconds."""
        return float(self._fact("since") or 0)

    def _fact(self, name: str) -> str | None:
        row = self._connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else None

    def _set_fact(self, name: str, value: str) -> None:
        self._connection.execute("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)", (name, value))
