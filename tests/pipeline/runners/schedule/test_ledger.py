from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.runners.schedule.ledger import Ledger
from pipeline.runners.schedule.policy import COALESCED, QUEUED, SKIPPED, Decision
from pipeline.runners.schedule.slot import ASKED, DUE, ScheduleError


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "schedule.db", now=1000.0)
    yield opened
    opened.close()


def enter(ledger: Ledger, *dues: int, gives_way: bool = False) -> None:
    ledger.enter(
        2000.0,
        lambda after: [due for due in dues if due > after],
        lambda found, paused, busy: ([Decision(due, QUEUED) for due in found], gives_way),
        float,
    )


def test_a_due_time_is_entered_once_however_often_it_is_offered(ledger: Ledger) -> None:
    enter(ledger, 1100, 1200)
    enter(ledger, 1100, 1200)
    assert [slot.due for slot in ledger.slots()] == [1100, 1200]
    assert ledger.watermark() == 1200


def test_due_times_before_the_ledger_was_made_are_none_of_its_business(ledger: Ledger) -> None:
    enter(ledger, 900, 1100)
    assert [slot.due for slot in ledger.slots()] == [1100]


def test_an_error_on_the_way_enters_nothing_and_leaves_the_watermark(ledger: Ledger) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        ledger.enter(
            2000.0,
            lambda after: [1100, 1200],
            lambda found, paused, busy: ([Decision(1100, QUEUED), Decision(1100, QUEUED)], False),
            float,
        )
    assert ledger.slots() == []
    assert ledger.watermark() == 1000


def test_what_waits_gives_way_to_a_later_due_time_and_what_failed_stays_failed(ledger: Ledger) -> None:
    enter(ledger, 1100, 1200)
    (first, _) = ledger.slots()
    number = ledger.begin(first, 1101.0, "data")
    ledger.end_attempt(first, number, 1102.0, "failed", "no disk", 9999.0)
    enter(ledger, 1300, gives_way=True)
    tried, waited, latest = ledger.slots()
    assert (tried.state, tried.outcome, tried.attempts) == ("done", "failed", 1)
    assert "the one due at 1300; before, no disk" in tried.reason
    assert (waited.state, waited.outcome) == (SKIPPED, COALESCED)
    assert latest.state == QUEUED


def test_asking_queues_what_was_skipped_or_never_entered_and_nothing_that_ran(ledger: Ledger) -> None:
    enter(ledger, 1100, 1200)
    ran, waits = ledger.slots()
    ledger.finish(ran, ledger.begin(ran, 1101.0, "data"), 1102.0, "pushed", "")
    ledger.skip(waits, 1201.0, "overlapped", "a run was under way")
    assert ledger.missing([500, 1100, 1200]) == [500, 1200]
    assert ledger.ask([500, 1100, 1200], 1300.0, DUE) == [500, 1200]
    assert {slot.due: slot.state for slot in ledger.slots()} == {500: QUEUED, 1100: "done", 1200: QUEUED}
    assert "before, overlapped: a run was under way" in ledger.slots()[-1].reason


def test_two_runs_asked_for_in_one_second_are_two(ledger: Ledger) -> None:
    assert ledger.ask([1500], 1500.2, ASKED) + ledger.ask([1500], 1500.9, ASKED) == [1500, 1501]


def test_a_pause_is_remembered_by_the_file(ledger: Ledger) -> None:
    assert ledger.pause(True) is False
    again = Ledger(ledger.path, now=1.0)
    assert again.paused()
    assert again.pause(False) is True
    again.close()


@pytest.mark.parametrize(("version", "word"), [(0, "an older"), (7, "a newer")])
def test_a_ledger_of_another_version_is_refused_with_a_way_out(tmp_path: Path, version: int, word: str) -> None:
    path = tmp_path / "schedule.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE jobs (id TEXT)")
    other.execute(f"PRAGMA user_version = {version}")
    other.commit()
    other.close()
    with pytest.raises(ScheduleError, match=f"written by {word} farelite .ledger version {version}; this one reads 1"):
        Ledger(path, now=1.0)
    with pytest.raises(ScheduleError, match=r"Move it aside.*farelite schedule backfill"):
        Ledger(path, now=1.0)


def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "schedule.db"
    path.write_text("cron: 0 * * * *\n" * 100)
    with pytest.raises(ScheduleError, match=r"is no schedule ledger .*; move it aside"):
        Ledger(path, now=1.0)
