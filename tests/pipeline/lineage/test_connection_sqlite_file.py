"""A metadata store that cannot be used: what is wrong and what to do is said, and manifests answer in its place."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from components.registry.store import Store
from pipeline.lineage import connection, journal
from pipeline.lineage.answer import ask
from pipeline.lineage.connection import open_metadata
from pipeline.lineage.errors import MetadataError
from pipeline.lineage.tree import tree
from pipeline.report.page import write_report
from pipeline.settings.metadata import Metadata

MODEL = b"a model"


def scramble(path: Path) -> None:
    content = bytearray(path.read_bytes())
    third = len(content) // 3
    content[third : third + 40_000] = os.urandom(40_000)
    path.write_bytes(content)


def become_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def hold_something_else(path: Path) -> None:
    path.unlink()
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("create table notes(text)")


def come_from_the_future(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("update MLMDEnv set schema_version = 99")


SPOILT: dict[str, tuple[Callable[[Path], Any], str]] = {
    "scrambled": (scramble, "is damaged: .*move metadata.db away and the next run begins a new one"),
    "cut off": (lambda path: os.truncate(path, path.stat().st_size // 2), "is damaged: .*move metadata.db away"),
    "text": (lambda path: path.write_bytes(b"hello" * 100), "cannot be opened: file is not a database.*move"),
    "short": (lambda path: path.write_bytes(b"SQL"), "cannot be opened: file is not a database.*move"),
    "folder": (become_a_folder, "is a folder where a file is wanted; move it away"),
    "other": (hold_something_else, "is an SQLite database, but holds no ML Metadata.*move"),
    "newer": (come_from_the_future, "has schema 99, newer than the 10 .*use the farelite that wrote it"),
}


@pytest.fixture
def known(runs: Any, bare_version: Callable[..., Path]) -> Any:
    """The made-up runs, with a manifest that can answer."""
    digest = hashlib.sha256(MODEL).hexdigest()
    bare_version(runs.paths, "000001", digest, MODEL, runs.runs[0], config={"name": "made-up"}, code_revision="abc")
    return runs


@pytest.mark.parametrize("how", SPOILT)
def test_a_store_that_cannot_be_used_is_told_and_left_as_it_is(known: Any, how: str) -> None:
    spoil, said = SPOILT[how]
    spoil(known.paths.database)
    before = None if known.paths.database.is_dir() else known.paths.database.read_bytes()
    answer = ask("000001", known.paths.root.parent, None)
    assert (answer.asked, answer.code_revision, answer.live) == ("manifest", "abc", True)
    for question in (
        lambda: journal.runs_of(known.paths, 5),
        lambda: write_report(known.paths),
        lambda: open_metadata(Metadata(), known.paths, create=True),
        lambda: ask("000002", known.paths.root.parent, None),
    ):
        with pytest.raises(MetadataError, match=f"(?s){said}") as caught:
            question()
    assert answer.trouble == str(caught.value)
    (line,) = [str(one.label) for one in tree(answer).children if "told by the manifest" in str(one.label)]
    assert "the metadata store" in line
    assert Store(known.paths.models).versions() == ["000001"]
    assert before is None or known.paths.database.read_bytes() == before


def test_an_empty_store_is_told_to_who_asks_and_filled_by_who_writes(known: Any) -> None:
    known.paths.database.write_bytes(b"")
    assert "is empty: nothing was ever written to it" in ask("000001", known.paths.root.parent, None).trouble
    with pytest.raises(MetadataError, match="is empty"):
        journal.runs_of(known.paths, 5)
    assert known.paths.database.stat().st_size == 0
    assert open_metadata(Metadata(), known.paths, create=True).get_contexts() == []
    assert journal.runs_of(known.paths, 5) == []


@pytest.fixture
def locked(known: Any) -> Iterator[Any]:
    """Another process writes to the store and does not come to an end."""
    code = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('BEGIN EXCLUSIVE'); print(flush=True)"
    command = [sys.executable, "-c", f"{code}; input()", str(known.paths.database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield known
        process.kill()


def test_a_store_that_another_process_holds_is_told(locked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "LOCK_SECONDS", 0.2)
    for create in (False, True):
        with pytest.raises(MetadataError, match=r"locked by another process for more than 0.2 s; let that end"):
            open_metadata(Metadata(), locked.paths, create=create)
    assert "locked" in ask("000001", locked.paths.root.parent, None).trouble


def test_a_transaction_that_a_crash_cut_off_is_undone_and_no_fault(known: Any) -> None:
    database = known.paths.database
    code = "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); "
    # With hardly any cache, SQLite writes before the transaction ends.
    code += "c.execute('PRAGMA cache_size=1'); c.execute('BEGIN'); "
    code += "c.execute('update Artifact set uri = hex(randomblob(9000))'); os._exit(9)"
    subprocess.run([sys.executable, "-c", code, str(database)], check=False)
    assert database.with_name("metadata.db-journal").exists()
    assert len(journal.runs_of(known.paths, 20)) == 12


def test_a_question_to_a_folder_that_cannot_be_written_is_answered(known: Any) -> None:
    """Root may write everything, so the question is asked by another user."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    folder = Path("/var/tmp") / f"farelite-{os.getpid()}"
    try:
        shutil.copytree(known.paths.root, folder)
        subprocess.run(["chmod", "-R", "a+rX,a-w", str(folder)], check=True)
        child = os.fork()
        if child == 0:
            os.setuid(65534)
            fault = connection.sqlite_fault(folder / "metadata.db", create=False)
            writing = connection.sqlite_fault(folder / "metadata.db", create=True)
            from pipeline.paths import RunPaths

            runs = journal.runs_of(RunPaths(folder), 20)
            os._exit(0 if (fault, len(runs)) == ("", 12) and "may not be written" in writing else 1)
        assert os.waitpid(child, 0)[1] == 0
    finally:
        shutil.rmtree(folder)
