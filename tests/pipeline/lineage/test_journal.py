"""The history of runs: what the runner notes, and what becomes of a run that never told its end."""

import json

import pytest
from ml_metadata.proto.metadata_store_pb2 import Execution

from pipeline.lineage import journal
from pipeline.lineage.connection import open_metadata
from pipeline.lineage.questions import Lineage
from pipeline.lock import run_lock
from pipeline.paths import RunPaths
from pipeline.settings.metadata import Metadata


@pytest.fixture
def store(tmp_path):
    paths = RunPaths(tmp_path / "new")
    paths.make()
    return open_metadata(Metadata(), paths, create=True)


TOLD = {"code_revision": "abc", "config_hash": "def", "fingerprint": "123"}


def test_runs_are_told_newest_first_with_verdict_and_metrics(runs):
    found = journal.runs_of(runs.paths, 5)
    assert [one.id for one in found] == runs.runs[::-1][:5]
    assert [one.verdict for one in found] == ["pushed", "crashed", "refused", "pushed", "pushed"]
    assert found[0].version == "000010"
    assert found[2].reasons == ["RMSE 9 is above gate.limits.rmse 5"]
    assert found[0].metrics["file"]["rmse"] > 0
    assert found[0].seconds is not None


def test_a_run_that_crashed_half_way_is_shown_with_the_step_it_was_in(runs):
    crashed = journal.runs_of(runs.paths, 5)[1]
    assert (crashed.verdict, crashed.finished, crashed.seconds) == ("crashed", "", None)
    store = open_metadata(Metadata(), runs.paths)
    (unfinished,) = [one for one in store.get_executions() if one.last_known_state == Execution.RUNNING]
    names = [one.name for one in store.get_contexts_by_execution(unfinished.id) if one.type == "node"]
    assert names == [f"made-up.{crashed.last_step}"]


def test_a_run_that_crashed_before_its_first_step_is_in_the_history_too(store):
    journal.begin(store, "early", TOLD)
    (record,) = journal.history(Lineage(store), under_way=False, limit=10)
    assert (record.id, record.verdict, record.last_step, record.code_revision) == ("early", "crashed", "", "abc")


def test_only_the_newest_run_can_be_under_way(store, tmp_path):
    journal.begin(store, "first", TOLD)
    journal.begin(store, "second", TOLD)
    paths = RunPaths(tmp_path / "new")
    with run_lock(paths.lock):
        assert [one.verdict for one in journal.runs_of(paths, 9)] == ["running", "crashed"]
    assert [one.verdict for one in journal.runs_of(paths, 9)] == ["crashed", "crashed"]


def test_the_end_is_noted_with_its_reasons(store):
    journal.begin(store, "one", TOLD)
    journal.finish(store, "one", "stopped", reasons=["all 50 rows were rejected"])
    record = journal.one_run(Lineage(store), False, "one")
    assert record is not None
    assert (record.verdict, record.reasons) == ("stopped", ["all 50 rows were rejected"])
    assert record.seconds is not None
    assert record.seconds < 60


def test_an_end_marks_what_was_left_unfinished_as_canceled(runs):
    store = open_metadata(Metadata(), runs.paths)
    journal.finish(store, runs.runs[10], "interrupted")
    assert not [one for one in store.get_executions() if one.last_known_state == Execution.RUNNING]
    assert journal.runs_of(runs.paths, 2)[1].verdict == "interrupted"


def test_a_run_that_is_not_there_is_none(store):
    assert journal.one_run(Lineage(store), False, "never") is None


def test_a_folder_without_runs_has_no_history(tmp_path):
    assert journal.runs_of(RunPaths(tmp_path), 5) == []


def test_brief_metrics_are_those_of_a_file_or_of_what_was_refused():
    errors = {"rmse": 2.0, "mae": 1.0, "bias": 0.1}
    figures = {"bytes": 9, "metrics": {"rows": 5, "file": errors, "float": errors, "baselines": {"mean": errors}}}
    brief = journal.brief_metrics(figures)
    assert brief == {"rows": 5, "bytes": 9} | {name: {"rmse": 2.0, "mae": 1.0} for name in ("file", "float", "mean")}
    refused = journal.brief_metrics(
        {
            "evaluation": {
                "candidate": {**errors, "rows": 5.0},
                "champion": None,
                "rule": "absolute",
                "slices": {"judged": 1},
            }
        }
    )
    assert refused == {"rows": 5, "candidate": {"rmse": 2.0, "mae": 1.0}}
    assert json.loads(json.dumps(journal.brief_metrics({}))) == {}
