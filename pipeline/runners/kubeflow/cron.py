"""The schedule in the words of Kubeflow Pipelines, whose cron lines have seconds and days of the week from 0 to 6."""

from datetime import datetime, timezone

from cronsim import CronSim

from pipeline.runners.kubeflow.errors import KubeflowError
from pipeline.settings.schedule import Schedule

ELSEWHERE = ("catch_up_horizon_h", "until_lag_h", "jitter_s", "retries", "time_limit_s", "on_result")
"""What KFP's recurring runs have no word for."""


def six_fields(cron: str) -> str:
    """A cron line as robfig/cron 1.2 reads it, which KFP uses.

    Days of the week are written out: there a Sunday is 0 and never 7, and `6/1` ends on Saturday.

    Args:
        cron: five fields that `calendar.check` has passed.

    Raises:
        KubeflowError: the line uses `L`, `W` or `#`.
    """
    meant = CronSim(cron, datetime(2026, 1, 1, tzinfo=timezone.utc))
    weekdays = [day for day in meant.weekdays if isinstance(day, int)]
    if len(weekdays) < len(meant.weekdays) or not all(isinstance(day, int) and day > 0 for day in meant.days):
        raise KubeflowError(f"schedule.cron {cron!r} uses L, W or #, which Kubeflow does not know; name the days")
    *fields, week = cron.split()
    if not week.startswith("*"):
        week = ",".join(str(day) for day in sorted({day % 7 for day in weekdays}))
    return " ".join(["0", *fields, week])


def unkept(schedule: Schedule) -> list[str]:
    """Settings that are not their defaults and that only `farelite schedule` keeps.

    With one run at a time, KFP treats due times that come while it is under way like those that were missed.
    """
    fields = type(schedule).model_fields
    left = [name for name in ELSEWHERE if getattr(schedule, name) != fields[name].default]
    left += ["overlap"] if schedule.overlap != schedule.catch_up else []
    return [f"schedule.{name}" for name in left]
