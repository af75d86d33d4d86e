from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.runners.kubeflow.cron import ELSEWHERE, six_fields, unkept
from pipeline.settings.calendar import due_between
from pipeline.settings.schedule import Schedule

BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("five", "six"),
    [
        ("15 * * * *", "0 15 * * * *"),
        ("0 6 * * 7", "0 0 6 * * 0"),
        ("0 6 * * 5-7", "0 0 6 * * 0,5,6"),
        ("0 6 * * 6/1", "0 0 6 * * 0,6"),
        ("0 6 * * SUN-MON", "0 0 6 * * 0,1"),
        ("0 6 1,15 JAN-MAR *", "0 0 6 1,15 JAN-MAR *"),
        ("0 6 * * */2", "0 0 6 * * */2"),
    ],
)
def test_a_line_gets_seconds_and_sunday_is_0(five: str, six: str) -> None:
    assert six_fields(five) == six


def test_every_setting_of_a_schedule_is_kept_by_kubeflow_or_said_not_to_be() -> None:
    kept = {"cron", "time_zone", "catch_up", "overlap", "host", "port"}  # the last two are the service's own
    assert {*kept, *ELSEWHERE} == set(Schedule.model_fields)
    assert unkept(Schedule(cron="0 * * * *")) == []
    assert unkept(Schedule(cron="0 3 * * *", until_lag_h=24)) == ["schedule.until_lag_h"]
    assert unkept(Schedule(cron="0 3 * * *", catch_up="all", overlap="all")) == []
    assert unkept(Schedule(cron="0 3 * * *", catch_up="all", overlap="skip")) == ["schedule.overlap"]


@given(st.lists(st.sampled_from(["0", "3", "5", "7", "1-3", "5-7", "6/1", "0/3", "SAT"]), min_size=1, max_size=3))
def test_the_days_of_a_line_are_the_same_in_both(parts: list[str]) -> None:
    """KFP's reader knows days 0 to 6 and no other; each of them written out means that day."""
    week = ",".join(parts)
    written = six_fields(f"0 6 * * {week}").split()[-1]
    dues = due_between(f"0 6 * * {week}", "UTC", BEGIN.timestamp(), (BEGIN + timedelta(days=14)).timestamp())
    days = {int(datetime.fromtimestamp(due, timezone.utc).strftime("%w")) for due in dues}
    assert {int(day) for day in written.split(",")} == days
