from __future__ import annotations

import re
from datetime import datetime, timezone
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.settings.calendar import CronError, check, delay_s, due_after, due_between, shortest_gap_s, told

CHICAGO = "America/Chicago"


def at(text: str, zone: str = CHICAGO) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def utc(dues: list[int]) -> list[str]:
    return [datetime.fromtimestamp(due, timezone.utc).strftime("%d %H:%M") for due in dues]


@pytest.mark.parametrize(
    ("cron", "after", "expected"),
    [
        # Clocks go back from 02:00 to 01:00 on 1 November 2026, from UTC-5 to UTC-6.
        ("0 * * * *", "2026-10-31T23:30", ["01 05:00", "01 06:00", "01 07:00", "01 08:00"]),
        ("30 1 * * *", "2026-10-31T12:00", ["01 06:30", "02 07:30"]),  # once, though 01:30 comes twice
        # Clocks go forward from 02:00 to 03:00 on 8 March 2026, from UTC-6 to UTC-5.
        ("0 * * * *", "2026-03-07T23:30", ["08 06:00", "08 07:00", "08 08:00", "08 09:00"]),
        ("30 2 * * *", "2026-03-07T12:00", ["08 08:00", "09 07:30"]),  # there is no 02:30: right after the gap
        ("0,30 2,3 * * *", "2026-03-08T00:00", ["08 08:00", "08 08:30", "09 07:00"]),  # one time, one run
    ],
)
def test_due_times_over_the_changes_of_the_clock(cron: str, after: str, expected: list[str]) -> None:
    assert utc(list(islice(due_after(cron, CHICAGO, at(after)), len(expected)))) == expected


def test_due_times_between_leave_out_the_first_moment_and_take_the_last() -> None:
    ten, twelve = at("2026-06-01T10:00"), at("2026-06-01T12:00")
    assert due_between("0 * * * *", CHICAGO, ten, twelve) == [int(ten) + 3600, int(twelve)]
    assert due_between("0 * * * *", CHICAGO, ten, twelve - 1) == [int(ten) + 3600]


@pytest.mark.parametrize(
    ("cron", "message"),
    [
        ("0 * * *", "has 4 fields; a cron line has five: minute, hour, day of month, month, day of week"),
        ("60 * * * *", "'60 * * * *': the minute field cannot be read; minute 0-59"),
        ("0 24 * * *", "the hour field cannot be read"),
        ("0 0 * * MOO", "the day of week field cannot be read"),
        ("0 0 30 2 *", "the day of month field cannot be read"),
        ("@hourly", "has 1 fields"),
    ],
)
def test_a_cron_line_that_cannot_be_read_is_answered_with_the_field(cron: str, message: str) -> None:
    with pytest.raises(CronError, match=re.escape(message)):
        check(cron)


def test_the_line_is_kept_with_single_spaces() -> None:
    assert check("  0   6 * * 1-5 ") == "0 6 * * 1-5"


@given(st.integers(0, 2**33), st.floats(0, 1e6))
def test_jitter_lies_within_its_bound_and_is_the_same_each_time(due: int, jitter: float) -> None:
    first = delay_s("city", due, jitter)
    assert 0 <= first <= jitter
    assert first == delay_s("city", due, jitter)


def test_jitter_parts_pipelines_that_are_due_at_once() -> None:
    assert len({round(delay_s(f"city-{n}", 1_700_000_000, 600)) for n in range(20)}) > 15


def test_the_shortest_gap_is_that_of_the_nearest_two() -> None:
    assert shortest_gap_s("0,10 * * * *", "UTC") == 600


def test_moments_are_told_with_their_offset() -> None:
    assert told(at("2026-11-01T01:30") + 3600, CHICAGO) == "2026-11-01 01:30:00-06:00"
