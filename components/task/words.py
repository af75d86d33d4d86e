"""Metrics in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.shown import shown
from components.task.task import Task


def in_brief(task: Task, measured: Mapping[str, Any]) -> str:
    """The brief metrics of a task, such as `RMSE 3.956, MAE 1.620`."""
    return ", ".join(f"{task.metrics[name].title} {shown(measured.get(name))}" for name in task.brief)
