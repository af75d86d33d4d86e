from __future__ import annotations

from typing import Any

import pytest

from pipeline.runners.schedule.policy import decide
from pipeline.settings.schedule import Schedule

HOUR = 3600
NOW = 100 * HOUR + 5
LATE = [98 * HOUR, 99 * HOUR]
PUNCTUAL = 100 * HOUR


def outcomes(dues: list[int], busy: bool = False, paused: bool = False, **policies: Any) -> tuple[list[str], bool]:
    schedule = Schedule(cron="0 * * * *", **policies)
    decided, gives_way = decide(dues, NOW, schedule, paused, busy)
    assert [one.due for one in decided] == dues
    return [one.outcome or one.state for one in decided], gives_way


@pytest.mark.parametrize(
    ("catch_up", "expected"),
    [
        ("skip", ["missed", "missed"]),
        ("latest", ["coalesced", "queued"]),
        ("all", ["queued", "queued"]),
    ],
)
def test_due_times_missed_while_nothing_ran_go_by_catch_up(catch_up: str, expected: list[str]) -> None:
    assert outcomes(LATE, catch_up=catch_up)[0] == expected


def test_missed_due_times_are_made_up_by_the_one_that_is_due_now() -> None:
    assert outcomes([*LATE, PUNCTUAL], catch_up="latest")[0] == ["coalesced", "coalesced", "queued"]


def test_due_times_beyond_the_horizon_are_missed_whatever_the_policy() -> None:
    assert outcomes(LATE, catch_up="all", catch_up_horizon_h=1.5)[0] == ["missed", "queued"]
    assert outcomes(LATE, catch_up="latest", catch_up_horizon_h=0.5) == (["missed", "missed"], False)


@pytest.mark.parametrize(
    ("overlap", "expected"),
    [("skip", (["overlapped"], False)), ("latest", (["queued"], True)), ("all", (["queued"], False))],
)
def test_a_due_time_under_a_run_goes_by_overlap(overlap: str, expected: tuple[list[str], bool]) -> None:
    assert outcomes([PUNCTUAL], busy=True, overlap=overlap) == expected


def test_a_due_time_with_nothing_under_way_is_queued_whatever_the_policy() -> None:
    for overlap in ("skip", "latest", "all"):
        assert outcomes([PUNCTUAL], overlap=overlap) == (["queued"], False)


def test_a_pause_skips_all_and_disturbs_nothing() -> None:
    assert outcomes([*LATE, PUNCTUAL], paused=True, busy=True) == (["paused"] * 3, False)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"cron": "0 25 * * *"}, "the hour field cannot be read"),
        ({"cron": "0 * * * *", "time_zone": "Chicago"}, "'Chicago' is no IANA time zone"),
        ({"cron": "0 * * * *", "jitter_s": 3600}, "jitter_s 3600 is not below the 3600 seconds between two due times"),
        ({"cron": "0 * * * *", "overlap": "queue"}, "Input should be 'skip', 'latest' or 'all'"),
        ({"cron": "0 * * * *", "port": 70000}, "less than or equal to 65535"),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused(block: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Schedule.model_validate(block)


def test_waits_between_attempts_grow_up_to_their_limit() -> None:
    retries = Schedule(cron="0 * * * *", retries={"delay_s": 60, "factor": 3, "max_delay_s": 300}).retries
    assert [retries.wait_s(attempts) for attempts in (1, 2, 3, 4)] == [60, 180, 300, 300]
