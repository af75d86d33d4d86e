"""Lineage, runs, report and clean as a person calls them: what is printed, and the exit codes."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.paths import RunPaths
from tests.e2e import command

Answer = tuple[int, str, str]


@pytest.fixture(scope="module")
def folder(made_up: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A runs folder with the pipeline `fares`: two pushes and a crash."""
    root = tmp_path_factory.mktemp("commands")
    story = made_up.MadeUpRuns(RunPaths(root / "runs" / "fares"))
    story.add(2, "pushed")
    story.add(1, "crashed")
    return root


@pytest.fixture
def farelite(folder: Path) -> Callable[..., Answer]:
    def run(*arguments: str) -> Answer:
        done = command.farelite(*arguments, cwd=folder)
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout, done.stderr

    return run


def test_lineage_prints_a_tree_down_to_the_source(farelite):
    code, out, _ = farelite("lineage", "000001")
    assert code == 0
    assert out.splitlines()[0].startswith("fares 000001, not live  sha256 ")
    assert "read /trips.csv 1,922,812 bytes" in out


def test_lineage_as_json_is_one_object(farelite):
    code, out, _ = farelite("lineage", "000002", "--json")
    told = json.loads(out)
    assert (code, told["version"], len(told["steps"])) == (0, "000002", 11)


def test_a_difference_is_told_in_the_order_of_likely_cause(farelite):
    code, out, _ = farelite("lineage", "--diff", "000001", "000002")
    groups = [line.split()[0] for line in out.splitlines()[1:] if not line.startswith(" ")]
    assert (code, groups) == (0, ["data", "settings", "code", "metrics"])
    code, out, _ = farelite("lineage", "--diff", "000001", "000001")
    assert "differ in nothing" in out


def test_figure_and_events_are_written_to_files(farelite, folder):
    code, out, said = farelite("lineage", "000001", "--figure", "lineage.svg", "--openlineage", "events.ndjson")
    assert (code, out) == (0, "")
    assert "wrote lineage.svg" in said
    assert (folder / "lineage.svg").read_text().startswith("<svg")
    assert len((folder / "events.ndjson").read_text().splitlines()) == 22


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["lineage", "000099"], "version 000099 is not known here"),
        (["lineage", "nothing.tflite"], "'nothing.tflite' is no file here and no version"),
        (["lineage", "000001", "--figure", "no/such/place.svg"], "cannot write no/such/place.svg"),
        (["lineage", "--runs-dir", "nowhere"], "it holds no pipeline; `farelite run` makes one"),
        (["report", "--run", "nobody"], "no run 'nobody' in runs/fares; the newest: "),
        (["runs", "--limit", "0"], "Invalid value for '--limit'"),
    ],
)
def test_bad_input_ends_with_2_and_says_what_to_do(farelite, arguments, said):
    code, _, told = farelite(*arguments)
    assert code == 2
    assert said in told


def test_a_store_of_a_newer_schema_ends_with_2(farelite, folder):
    database = folder / "runs" / "fares" / "metadata.db"
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        (known,) = connection.execute("select schema_version from MLMDEnv").fetchone()
        connection.execute("update MLMDEnv set schema_version = 99")
    try:
        for command in ("lineage 000001", "runs", "report", "clean"):
            code, _, said = farelite(*command.split())
            assert code == 2
            assert "has schema 99, newer than the" in said
    finally:
        with contextlib.closing(sqlite3.connect(database)) as connection, connection:
            connection.execute("update MLMDEnv set schema_version = ?", (known,))


def test_runs_shows_the_crash_and_the_step(farelite):
    code, out, _ = farelite("runs")
    assert code == 0
    assert "crashed at " in out
    _, listed, _ = farelite("runs", "--json", "--limit", "2")
    assert [one["verdict"] for one in json.loads(listed)] == ["crashed", "pushed"]


def test_report_says_where_it_lies(farelite, folder):
    code, out, _ = farelite("report")
    assert (code, out.strip()) == (0, "runs/fares/report-unfinished.html")
    assert "Crashed: the run never told its end." in (folder / out.strip()).read_text()


def test_clean_says_first_what_it_would_free_and_frees_only_on_yes(farelite, folder):
    left = folder / "runs" / "fares" / "artifacts" / "Trainer" / "model" / "4711"
    left.mkdir(parents=True)
    (left / "weights").write_bytes(b"w" * 1_500_000)
    code, out, _ = farelite("clean")
    assert code == 0
    assert "Trainer model (left by a crash)        1  1.5" in out
    assert "would free 1 folder, 1.5 MB; nothing was touched, --yes frees it" in out
    assert left.exists()
    code, out, _ = farelite("clean", "--yes", "--json")
    told = json.loads(out)
    assert (code, told["freed"], told["bytes"]) == (0, True, 1_500_000)
    assert not left.exists()
    _, out, _ = farelite("clean")
    assert "nothing to free" in out
