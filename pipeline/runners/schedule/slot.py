"""One due time of a schedule, as the ledger knows it, and the names of outcomes."""

from dataclasses import dataclass
from typing import Any

DUE, ASKED = "due", "asked"
FAILED, TIMED_OUT, NOTHING_NEW = "failed", "timed_out", "nothing_new"
VERDICTS = ("pushed", "unchanged", "refused", "stopped")
STOPPED = "stopped_with_service"
"""Of an attempt that ended because the service was told to; it does not count."""


class ScheduleError(RuntimeError):
    """The schedule cannot be used as it is; says why and what to do."""


@dataclass(frozen=True)
class Slot:
    """One due time, or one run that was asked for.

    Attributes:
        kind: `due`, or `asked` (by `once` or `backfill`).
        due: Unix seconds.
        state: `queued`, `running`, `done` or `skipped`; the last two are final.
        outcome: verdict of the run, `nothing_new`, `failed` or `timed_out`; `missed`, `overlapped`, `coalesced` or
            `paused` when skipped.
        start_at: not before; Unix seconds.
        ended: Unix seconds; None before.
        inputs: fingerprint of data and configuration that the run saw.
        result: what the run printed.
        told: what became of `on_result`.
        stops: further ones that ended because the service was stopped.
    """

    kind: str
    due: int
    state: str
    outcome: str
    reason: str
    start_at: float
    ended: float | None
    inputs: str
    result: dict[str, Any]
    told: str
    attempts: int
    stops: int

    @property
    def key(self) -> tuple[str, int]:
        """Of the row."""
        return self.kind, self.due
