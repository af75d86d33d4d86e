"""Due times of a cron line as Unix seconds, over changes of the clock."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

FIELDS = ("minute", "hour", "day of month", "month", "day of week")
_SAMPLE_FROM = 1767225600  # 2026-01-01; any moment does, gaps do not depend on the year
_SAMPLE = 400


class CronError(ValueError):
    """The cron line cannot be read; the message says which field and what is allowed."""


def check(cron: str) -> str:
    """The line with single spaces.

    Raises:
        CronError: not five fields, a field out of range, or a day that never comes.
    """
    fields = cron.split()
    if len(fields) != len(FIELDS):
        raise CronError(
            f"{cron!r} has {len(fields)} fields; a cron line has five: {', '.join(FIELDS)}, such as '0 * * * *'"
        )
    line = " ".join(fields)
    try:
        CronSim(line, datetime.fromtimestamp(_SAMPLE_FROM, ZoneInfo("UTC")))
    except CronSimError as error:
        field = str(error).removeprefix("Bad ").replace("-", " ")
        raise CronError(
            f"{cron!r}: the {field} field cannot be read; minute 0-59, hour 0-23, day of month 1-31, month 1-12, "
            "day of week 0-7, with * , - and /"
        ) from error
    return line


def due_after(cron: str, time_zone: str, after: float) -> Iterator[int]:
    """Due times later than `after`, ascending, without end; Unix seconds."""
    start = datetime.fromtimestamp(after, ZoneInfo(time_zone))
    last = after
    for moment in CronSim(cron, start):
        due = int(moment.timestamp())
        # A fixed hour inside a skipped one is due at its end, where another may be due too: one time, one run.
        if due > last:
            last = due
            yield due


def due_between(cron: str, time_zone: str, after: float, until: float) -> list[int]:
    """Due times later than `after` and not later than `until`, ascending; Unix seconds."""
    found = []
    for due in due_after(cron, time_zone, after):
        if due > until:
            break
        found.append(due)
    return found


def shortest_gap_s(cron: str, time_zone: str) -> int:
    """Seconds between the two nearest of the next some hundred due times."""
    sample = list(islice(due_after(cron, time_zone, _SAMPLE_FROM), _SAMPLE))
    return min(later - earlier for earlier, later in pairwise(sample))


def delay_s(name: str, due: int, jitter_s: float) -> float:
    """From 0 to below `jitter_s`, the same for a pipeline and due time whenever it is asked."""
    share = int.from_bytes(hashlib.sha256(f"{name}:{due}".encode()).digest()[:8], "big") / 2**64
    return share * jitter_s


def told(moment: float, time_zone: str) -> str:
    """Date and time with the offset, for people: `2026-11-01 01:00:00-05:00`."""
    return datetime.fromtimestamp(moment, ZoneInfo(time_zone)).isoformat(sep=" ", timespec="seconds")
