"""The configuration's `schedule:` block."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from data import time_zones
from data.settings import Settings
from data.spans import label_at
from pipeline.settings.calendar import CronError, check, shortest_gap_s

Policy = Literal["skip", "latest", "all"]


class Retries(Settings):
    """What follows a run that failed: waits that grow. Verdicts of a gate are no failures and are never retried.

    Attributes:
        attempts: at most so many for one due time, the first included.
        delay_s: wait before the second attempt, in seconds.
        factor: each further wait is so many times the one before.
        max_delay_s: no wait is longer.
    """

    attempts: int = Field(default=3, ge=1)
    delay_s: float = Field(default=60, ge=0)
    factor: float = Field(default=2, ge=1)
    max_delay_s: float = Field(default=3600, ge=0)

    def wait_s(self, attempts: int) -> float:
        """Seconds to wait after so many failed attempts."""
        return float(min(self.delay_s * self.factor ** (attempts - 1), self.max_delay_s))


class Schedule(Settings):
    """When the pipeline runs unattended, and what happens when that cannot be.

    Attributes:
        cron: five fields: minute, hour, day of month, month, day of week. Where clocks change, as Debian's cron does
            it: a line with `*` in the hours or minutes goes by elapsed time; any other runs once, right after the hour
            that was skipped, and not again in the one that is repeated.
        time_zone: of the cron line.
        catch_up: of the due times missed while nothing ran here: `skip` them, run the `latest` only, or run `all`.
        catch_up_horizon_h: older ones are skipped whatever `catch_up` says, in hours.
        overlap: of a due time that comes while a run is under way: `skip` it, keep the `latest` for afterwards, or
            keep `all`.
        until_lag_h: a run reads up to the dated span that its due time, so many hours earlier, falls in, whenever it is
            made; in hours, by the clock of `time_zone`. Null reads the newest spans that are there.
        jitter_s: each run starts up to so many seconds late, by a hash of name and due time, so that many pipelines do
            not start at once.
        retries: after failures.
        time_limit_s: a run that takes longer is ended and counts as failed.
        on_result: a command with arguments; gets the outcome of each run as JSON on its standard input. Run again
            after a crash, so it must bear to hear an outcome twice.
        host, port: where `/health` and `/metrics` (Prometheus) answer; null for port turns them off.
    """

    cron: str
    time_zone: str = "UTC"
    catch_up: Policy = "latest"
    catch_up_horizon_h: float = Field(default=168, gt=0)
    overlap: Policy = "latest"
    until_lag_h: float | None = Field(default=None, ge=0)
    jitter_s: float = Field(default=0, ge=0)
    retries: Retries = Retries()
    time_limit_s: float = Field(default=6 * 3600, gt=0)
    on_result: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int | None = Field(default=9477, ge=1, le=65535)

    @field_validator("cron")
    @classmethod
    def _readable(cls, value: str) -> str:
        try:
            return check(value)
        except CronError as error:
            raise ValueError(str(error)) from error

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return time_zones.known(value)

    @model_validator(mode="after")
    def _jitter_within_gap(self) -> Schedule:
        gap = shortest_gap_s(self.cron, self.time_zone)
        if self.jitter_s >= gap:
            raise ValueError(
                f"jitter_s {self.jitter_s:g} is not below the {gap:g} seconds between two due times of {self.cron!r}"
            )
        return self

    def newest_span(self, source: str, due: int) -> str | None:
        """Label of the newest span that a run due then reads; None leaves it at those that are there."""
        if self.until_lag_h is None:
            return None
        wall_clock = datetime.fromtimestamp(due, ZoneInfo(self.time_zone)).replace(tzinfo=None)
        return label_at(source, wall_clock - timedelta(hours=self.until_lag_h))
