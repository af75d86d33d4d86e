"""A run that has nothing to do: when it may say so, and that in any doubt it does not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from components.registry.store import Store
from pipeline import facts, last_run
from pipeline.config import Config, load
from pipeline.lineage import journal
from pipeline.lineage.connection import open_metadata
from pipeline.run import Run, opened, prepare

LONG_AGO_S = 1_600_000_000
HEAVY = ("tensorflow", "tfx", "apache_beam", "ml_metadata", "sklearn")
ROOT = Path(__file__).parents[2]


@dataclass
class Folder:
    """A pipeline whose last run has ended."""

    root: Path
    settings: Path
    run: Run

    @property
    def table(self) -> Path:
        return self.root / "trips.csv"

    @property
    def store(self) -> Store:
        return Store(self.run.paths.models)

    def stands(self, *overrides: str) -> bool:
        return last_run.standing(load(self.settings, overrides), self.run.paths) is not None

    def command(self, *arguments: str) -> tuple[int, dict[str, Any], str, list[str]]:
        """Exit code of `farelite run`, what it printed and said, and which heavy modules it imported."""
        program = (
            "import sys; from pipeline import cli\n"
            "try: cli.main(sys.argv[1:])\n"
            f"finally: print(*({{*sys.modules}} & {{*{HEAVY!r}}}), file=open('heavy', 'w'))"
        )
        command = ["run", "--config", str(self.settings), "--runs-dir", str(self.root / "runs"), "--json", *arguments]
        done = subprocess.run(
            [sys.executable, "-c", program, *command],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        imported = (self.root / "heavy").read_text().split()
        return done.returncode, json.loads(done.stdout or "{}"), done.stderr, imported


Ended = Callable[..., Folder]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that stands for all of ours."""
    module = tmp_path / "code" / "ours_for_a_test" / "__init__.py"
    module.parent.mkdir(parents=True)
    module.write_text("A = 1\n")
    monkeypatch.syspath_prepend(str(module.parents[1]))
    monkeypatch.setattr(facts, "OURS", ("ours_for_a_test",))
    return module


@pytest.fixture
def ended(tmp_path: Path) -> Ended:
    """Two versions were pushed, and the last run came to a verdict."""

    def make(verdict: str = "unchanged", force: bool = False, more: str = "") -> Folder:
        table = tmp_path / "trips.csv"
        table.write_text("distance,fare\n1.5,4.5\n2.5,6\n")
        os.utime(table, (LONG_AGO_S, LONG_AGO_S))
        settings = tmp_path / "my.yaml"
        settings.write_text(
            f"name: tiny\ndata: {{source: trips.csv, label: {{column: fare}}, numeric: [distance]}}\n{more}"
        )
        config = load(settings)
        run = prepare(config, tmp_path / "runs", force)
        with opened(run):
            pass
        (tmp_path / "source").mkdir()
        store = Store(run.paths.models)
        version = [store.publish(bytes([number]), {}, {}, tmp_path / "source") for number in range(2)][-1]
        artifact = run.paths.artifacts / "Trainer" / "model" / "1"
        artifact.mkdir(parents=True)
        metadata = open_metadata(config.metadata, run.paths, create=True)
        journal.begin(metadata, run.id, {})
        reasons = ["too slow"] if verdict == "refused" else []
        journal.finish(metadata, run.id, verdict, version, reasons)
        plain = {"verdict": verdict, "version": version, "model_dir": "", "reasons": reasons, "metrics": {}}
        last_run.note(run, {**plain, "seconds": 9.0, "run_id": run.id}, [str(artifact)])
        return Folder(tmp_path, settings, run)

    return make


def test_nothing_to_do_is_one_line_within_two_seconds_and_without_tensorflow_or_tfx(ended: Ended) -> None:
    folder = ended("pushed")
    start = os.times()
    code, result, said, heavy = folder.command()
    end = os.times()
    assert heavy == []
    assert end.children_user + end.children_system - start.children_user - start.children_system < 2
    assert (code, result["verdict"], result["version"], result["run_id"]) == (0, "unchanged", "000002", folder.run.id)
    assert said.count("\n") == 1
    assert said.startswith(f"nothing to do: data, settings and code are as in run {folder.run.id}, which ended ")
    assert "as pushed; version 000002 is current. `farelite run --force` runs all the same" in said


def test_a_run_that_would_be_refused_again_says_why_and_keeps_its_exit_code(ended: Ended) -> None:
    code, result, said, _ = ended("refused").command()
    assert (code, result["verdict"], result["reasons"]) == (3, "refused", ["too slow"])
    assert "as refused: too slow; version 000002 is current" in said


def test_a_table_that_was_touched_is_read_once_and_still_stands(ended: Ended) -> None:
    folder = ended()
    os.utime(folder.table, (LONG_AGO_S + 1, LONG_AGO_S + 1))
    before = folder.run.paths.last_run.read_bytes()
    assert folder.stands()
    (stamp,) = last_run.Record.model_validate_json(folder.run.paths.last_run.read_bytes()).facts.files
    assert folder.run.paths.last_run.read_bytes() != before
    assert stamp.times_ns[0] == (LONG_AGO_S + 1) * 10**9


@pytest.mark.parametrize(("rested_s", "read"), [(60, False), (1, True)])
def test_a_file_is_read_again_unless_it_had_rested_and_is_as_it_was(ended: Ended, rested_s: float, read: bool) -> None:
    folder = ended()
    (seen,) = facts.look(folder.run.config).files
    told = seen.model_copy(update={"sha256": "as told", "looked_ns": max(seen.times_ns) + int(rested_s * 1e9)})
    (again,) = facts.look(folder.run.config, [told]).files
    assert again.sha256 == (seen.sha256 if read else "as told")
    (other,) = facts.look(folder.run.config, [told.model_copy(update={"entry": 0})]).files
    assert other.sha256 == seen.sha256


def test_a_row_of_the_same_length_changed_under_the_same_time_is_seen(ended: Ended) -> None:
    folder = ended()
    folder.table.write_text("distance,fare\n1.5,4.5\n2.5,7\n")
    os.utime(folder.table, (LONG_AGO_S, LONG_AGO_S))
    assert not folder.stands()


def test_a_file_more_of_the_same_source_is_seen(ended: Ended) -> None:
    folder = ended()
    settings = folder.settings.read_text().replace("trips.csv", '"*.csv"')
    assert folder.stands()
    folder.settings.write_text(settings)
    assert not folder.stands()


@pytest.mark.parametrize("override", ["training.seed=3", "gate.max_ratio=1.5", "data.split.seed=1", "study={}"])
def test_another_setting_that_says_something_of_the_model_runs(ended: Ended, override: str) -> None:
    folder = ended()
    assert not folder.stands(override)
    assert folder.stands()


@pytest.mark.parametrize("override", ["beam.runner=multi_process", 'schedule={cron: "0 * * * *"}'])
def test_where_and_when_it_runs_says_nothing_of_the_model(ended: Ended, override: str) -> None:
    assert ended().stands(override)


def test_an_edited_reviewed_schema_runs(ended: Ended, tmp_path: Path) -> None:
    schema = tmp_path / "schema.pbtxt"
    schema.write_text("feature { name: 'fare' }")
    folder = ended(more="schema: schema.pbtxt\n")
    assert folder.stands()
    schema.write_text("feature { name: 'distance' }")
    assert not folder.stands()


def test_an_edited_module_runs(ended: Ended, package: Path) -> None:
    folder = ended()
    assert folder.stands()
    package.write_text("A = 2\n")
    assert not folder.stands()


def test_another_version_of_a_package_runs(ended: Ended, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = ended()
    monkeypatch.setattr(facts, "_installed", lambda: ["tensorflow-99.dist-info"])
    assert not folder.stands()


def removed(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.mark.parametrize(
    "part", ["last-run.json", "metadata.db", "models/current", "models/000002", "artifacts/Trainer/model/1"]
)
def test_whatever_is_gone_runs(ended: Ended, part: str) -> None:
    folder = ended()
    assert folder.stands()
    removed(folder.run.paths.root / part)
    assert not folder.stands()


@pytest.mark.parametrize("part", ["last-run.json", "metadata.db", "models/000002/model.tflite", "models/current"])
def test_whatever_is_damaged_runs(ended: Ended, part: str) -> None:
    folder = ended()
    (folder.run.paths.root / part).write_bytes(b"\xff{")
    assert not folder.stands()


def test_a_rollback_runs_and_so_does_another_live_version(ended: Ended) -> None:
    folder = ended()
    folder.store.rollback()
    assert not folder.stands()
    folder.store.rollback("000002")
    assert not folder.stands()  # 000001 is withdrawn now


def test_a_run_that_began_and_did_not_end_leaves_no_record(ended: Ended) -> None:
    folder = ended()
    last_run.forget(folder.run.paths)
    assert not folder.stands()


def test_a_run_whose_verdict_the_metadata_store_tells_otherwise_runs(ended: Ended) -> None:
    folder = ended()
    metadata = open_metadata(folder.run.config.metadata, folder.run.paths)
    journal.finish(metadata, folder.run.id, "refused")
    assert not folder.stands()


def test_data_that_changed_while_the_run_went_on_leave_no_record(ended: Ended) -> None:
    folder = ended()
    last_run.forget(folder.run.paths)
    folder.table.write_text("distance,fare\n1.5,4.5\n2.5,7\n")
    last_run.note(folder.run, {"verdict": "unchanged"}, [])
    assert not folder.run.paths.last_run.exists()


@pytest.mark.parametrize("more", ["training: {warm_start: true}\n", "gate: {max_ratio: 0.99}\n"])
def test_after_a_push_one_more_run_differs_where_the_live_model_is_its_beginning_or_to_be_surpassed(
    ended: Ended, more: str
) -> None:
    record = last_run.standing(load((folder := ended("pushed", more=more)).settings), folder.run.paths)
    assert record is not None
    assert not record.settled


def test_what_was_forced_over_a_withdrawal_does_not_speak_for_a_run_without_force(ended: Ended) -> None:
    folder = ended(force=True)
    folder.store.rollback()
    last_run.note(folder.run, {"verdict": "unchanged"}, [])
    record = last_run.standing(load(folder.settings), folder.run.paths)
    assert record is not None
    assert not record.settled


@pytest.mark.parametrize(
    "override",
    [
        "data.source=gs://bucket/trips.csv",
        "push.store=/elsewhere",
        "metadata={kind: mysql, host: db, user: me, database: mlmd}",
    ],
)
def test_what_lies_elsewhere_is_never_said_to_stand(ended: Ended, override: str) -> None:
    folder = ended()
    assert not facts.can_tell(config := load(folder.settings, [override]))
    assert last_run.standing(config, folder.run.paths) is None


def test_the_window_of_a_due_time_that_reads_the_same_spans_stands(ended: Ended, tmp_path: Path) -> None:
    (tmp_path / "2026-01-01.csv").write_text("distance,fare\n1.5,4\n")
    config = spanned(ended().settings)
    before = facts.look(config)
    assert facts.look(spanned(tmp_path / "my.yaml", "data.spans.until=2026-01-01")).same(before)
    (tmp_path / "2026-01-02.csv").write_text("distance,fare\n1.5,4\n")
    assert not facts.look(spanned(tmp_path / "my.yaml")).same(before)


def spanned(settings: Path, *overrides: str) -> Config:
    return load(settings, ['data.source="{YYYY}-{MM}-{DD}.csv"', *overrides])
