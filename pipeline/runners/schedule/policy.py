"""What becomes of due times: pure decisions by the schedule's policies."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.settings.schedule import Schedule

LATE_AFTER_S = 90.0
"""A due time seen later than this was missed: nothing ran here at the time, or the clock jumped."""

QUEUED, RUNNING, DONE, SKIPPED = "queued", "running", "done", "skipped"
MISSED, OVERLAPPED, COALESCED, PAUSED = "missed", "overlapped", "coalesced", "paused"


@dataclass(frozen=True)
class Decision:
    """What is to become of one due time.

    Attributes:
        state: `queued` or `skipped`.
        outcome: why it is skipped: `missed`, `overlapped`, `coalesced` or `paused`; empty when queued.
    """

    due: int
    state: str
    outcome: str = ""
    reason: str = ""


def decide(
    dues: Sequence[int], now: float, schedule: Schedule, paused: bool, busy: bool
) -> tuple[list[Decision], bool]:
    """One decision for each new due time, ascending; `busy` means that a run is under way, or one waits.

    Returns:
        The decisions, and whether what waits already gives way to the last of them.
    """
    if paused:
        return [Decision(due, SKIPPED, PAUSED, "the schedule was paused") for due in dues], False
    late = [due for due in dues if now - due > LATE_AFTER_S]
    punctual = dues[len(late) :]
    decided, gives_way = _catch_up(late, now, schedule, list(punctual[:1]))
    busy = busy or any(one.state == QUEUED for one in decided)
    for due in punctual:
        if not busy or schedule.overlap == "all":
            decided.append(Decision(due, QUEUED))
        elif schedule.overlap == "skip":
            decided.append(Decision(due, SKIPPED, OVERLAPPED, "a run was under way or waiting"))
        else:
            decided = [_coalesce(one, due) for one in decided]
            decided.append(Decision(due, QUEUED))
            gives_way = True
        busy = True
    return decided, gives_way


def _catch_up(late: Sequence[int], now: float, schedule: Schedule, punctual: list[int]) -> tuple[list[Decision], bool]:
    oldest = now - schedule.catch_up_horizon_h * 3600
    decided = []
    within = [due for due in late if due >= oldest]
    last = [*within, *punctual][-1:] or [0]
    for due in late:
        if due < oldest:
            reason = f"missed by more than schedule.catch_up_horizon_h {schedule.catch_up_horizon_h:g}"
            decided.append(Decision(due, SKIPPED, MISSED, reason))
        elif schedule.catch_up == "skip":
            decided.append(Decision(due, SKIPPED, MISSED, "nothing ran here at the time"))
        elif schedule.catch_up == "latest":
            decided.append(_coalesce(Decision(due, QUEUED), last[0]))
        else:
            decided.append(Decision(due, QUEUED))
    return decided, schedule.catch_up == "latest" and bool(within)


def _coalesce(one: Decision, into: int) -> Decision:
    if one.state != QUEUED or one.due == into:
        return one
    return Decision(one.due, SKIPPED, COALESCED, f"one run makes up for it: the one due at {into}")
