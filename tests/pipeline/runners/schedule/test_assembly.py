"""What a due time reads: a window of its own, whenever the run is made."""

from __future__ import annotations

from datetime import datetime, timezone
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import DataError
from data.spans import label_at
from pipeline.config import ConfigError, load
from pipeline.runners.schedule.assembly import Assembly
from pipeline.runners.schedule.policy import QUEUED
from pipeline.runners.schedule.slot import DUE, Slot
from pipeline.settings.schedule import Schedule

DAILY = "trips/{YYYY}-{MM}-{DD}.csv"
CONFIG = """
name: daily
data: {source: "{YYYY}-{MM}-{DD}.csv", label: {column: fare}, numeric: [km]}
schedule: {cron: "0 3 * * *", until_lag_h: 24, port: null}
"""


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp())


def slot(due: int) -> Slot:
    return Slot(DUE, due, QUEUED, "", "", 0.0, None, "", {}, "", 0, 0)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (DAILY, "2016-02-29"),
        ("{YYYY}/{MM}.csv", "2016-02"),
        ("{YYYY}-*.parquet", "2016"),
        ("{YYYY}/{YYYY}-{MM}-{DD}", "2016-02-29"),
    ],
)
def test_a_moment_falls_in_the_span_of_its_date(source: str, expected: str) -> None:
    assert label_at(source, datetime(2016, 2, 29, 23, 59)) == expected


@pytest.mark.parametrize("source", ["trips.csv", "span-{SPAN}.csv"])
def test_a_source_without_dates_has_no_span_for_a_moment(source: str) -> None:
    with pytest.raises(DataError, match=r"has no dated spans, such as \{YYYY\}-\{MM\}-\{DD\}"):
        label_at(source, datetime(2016, 2, 29))


@pytest.mark.parametrize(
    ("zone", "lag", "due", "expected"),
    [
        ("UTC", 24.0, "2026-03-09T03:00", "2026-03-08"),
        ("UTC", 0.0, "2026-03-09T03:00", "2026-03-09"),
        ("America/Chicago", 0.0, "2026-03-09T03:00", "2026-03-08"),  # ten in the evening there
        ("America/Chicago", 24.0, "2026-03-09T08:00", "2026-03-08"),  # the day of 23 hours counts as a day
        ("UTC", 24.0, "2024-03-01T00:00", "2024-02-29"),
    ],
)
def test_the_newest_span_is_counted_back_by_the_schedules_own_clock(
    zone: str, lag: float, due: str, expected: str
) -> None:
    schedule = Schedule(cron="0 * * * *", time_zone=zone, until_lag_h=lag)
    assert schedule.newest_span(DAILY, moment(due)) == expected


DAYS = Schedule(cron="0 3 * * *")


@given(st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)), st.integers(0, 400))
def test_a_lag_of_days_is_so_many_spans_earlier(due: datetime, days: int) -> None:
    seconds = int(due.replace(tzinfo=timezone.utc).timestamp())
    label = DAYS.model_copy(update={"until_lag_h": 24.0 * days}).newest_span(DAILY, seconds)
    assert label is not None
    assert (due.date() - datetime.fromisoformat(label).date()).days == days


def test_without_a_lag_the_newest_there_is_decides() -> None:
    assert Schedule(cron="0 * * * *").newest_span("trips.csv", moment("2026-03-09T03:00")) is None


def test_a_lag_for_a_source_without_dates_is_a_mistake_in_the_configuration() -> None:
    with pytest.raises(ConfigError, match=r"schedule.until_lag_h needs dated spans; data.source: .*data.csv has no"):
        load(None, ["schedule={cron: '0 3 * * *', until_lag_h: 24}"])


@pytest.fixture
def assembly(tmp_path: Path) -> Assembly:
    (tmp_path / "my.yaml").write_text(CONFIG)
    for day in ("2016-01-01", "2016-01-02", "2016-01-04"):
        (tmp_path / f"{day}.csv").write_text(f"km,fare\n1,{len(day)}\n")
    return Assembly(tmp_path / "my.yaml", tmp_path / "runs", ["training.seed=3"])


def test_each_due_time_runs_with_its_own_window_over_whatever_was_set(assembly: Assembly) -> None:
    command = assembly._command(slot(moment("2016-01-03T03:00")))
    sets = [word for before, word in pairwise(command) if before == "--set"]
    assert sets == ["training.seed=3", "data.spans.until=2016-01-02"]


def test_what_a_due_time_sees_as_new_is_its_own_window(assembly: Assembly, tmp_path: Path) -> None:
    first, second = (assembly._inputs(slot(moment(f"2016-01-0{day}T03:00"))) for day in (2, 3))
    assert first != second
    # What comes later changes nothing for them.
    (tmp_path / "2016-01-05.csv").write_text("km,fare\n1,2\n")
    assert assembly._inputs(slot(moment("2016-01-02T03:00"))) == first


def test_without_a_record_of_the_last_run_nothing_stands_unless_only_a_run_can_tell(
    assembly: Assembly, tmp_path: Path
) -> None:
    assert not assembly._stands(slot(moment("2016-01-03T03:00")))
    elsewhere = Assembly(tmp_path / "my.yaml", tmp_path / "runs", ["push.store=gs://models"])
    assert elsewhere._stands(slot(moment("2016-01-03T03:00")))


@pytest.mark.parametrize(
    ("due", "said"),
    [
        ("2016-01-04T03:00", r"data.spans.until is '2016-01-03', which is no span of .*; there are 3, 2016-01-01 to"),
        ("2016-01-05T03:00", "no file for span 2016-01-03, between 2016-01-01 and 2016-01-04 of .*; bring it, or set"),
    ],
)
def test_a_span_that_is_missing_at_the_end_or_in_the_middle_is_named(assembly: Assembly, due: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        assembly._inputs(slot(moment(due)))
