"""One run as an object: what it finds, when it reads, and what it holds."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from data.errors import DataError
from data.files import fingerprint
from data.sources import locate
from pipeline.config import Config, load
from pipeline.lock import LockedError, is_held
from pipeline.paths import RunPaths
from pipeline.run import Run, opened, prepare


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A pipeline with one table of two rows."""
    (tmp_path / "trips.csv").write_text("distance,fare\n1.5,4\n2.5,6\n")
    settings = tmp_path / "my.yaml"
    settings.write_text("name: tiny\ndata: {source: trips.csv, label: {column: fare}, numeric: [distance]}\n")
    return load(settings)


def test_a_run_holds_its_folder_and_lets_go_of_it_when_it_fails(config: Config, tmp_path: Path) -> None:
    held = []

    def fail() -> None:
        run = prepare(config, tmp_path / "runs")
        with opened(run):
            held.append(is_held(run.paths.lock))
            with pytest.raises(LockedError), opened(prepare(config, tmp_path / "runs")):
                pass
            raise KeyError(str(run.paths.lock))

    with pytest.raises(KeyError):
        fail()
    assert held == [True]
    assert not is_held(RunPaths(tmp_path / "runs/tiny").lock)


def test_what_is_printed_goes_to_the_log_of_the_run(config: Config, tmp_path: Path) -> None:
    run = prepare(config, tmp_path / "runs")
    with opened(run):
        os.write(1, b"a library speaks")
    assert run.log == tmp_path / "runs/tiny/logs" / f"{run.id}.log"
    assert "a library speaks" in run.log.read_text()


def test_a_source_that_is_not_there_is_told_before_anything_is_written(config: Config, tmp_path: Path) -> None:
    (tmp_path / "trips.csv").unlink()
    with pytest.raises(DataError, match=r"trips\.csv"):
        prepare(config, tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_a_run_knows_the_digest_of_what_it_was_made_of_whatever_comes_after(config: Config, tmp_path: Path) -> None:
    source = tmp_path / "trips.csv"
    before = source.read_bytes()
    run = Run(config, RunPaths(tmp_path / "runs/tiny"), locate(config.data))
    (file,) = run.files
    assert (file.bytes, file.sha256) == (len(before), hashlib.sha256(before).hexdigest())
    assert run.fingerprint == fingerprint([str(source)])
    source.write_bytes(before + b"9,9\n")
    assert run.files == [file]
    assert run.fingerprint != fingerprint([str(source)])


def test_two_runs_of_one_second_have_ids_of_their_own(config: Config, tmp_path: Path) -> None:
    paths, source = RunPaths(tmp_path), locate(config.data)
    assert Run(config, paths, source).id != Run(config, paths, source).id
