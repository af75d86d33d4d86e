"""Metrics in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.shown import shown
from components.task import TASK


def in_brief(measured: Mapping[str, Any]) -> str:
    """The brief metrics, such as `RMSE 3.956, MAE 1.620`."""
    return ", ".join(f"{TASK.metrics[name].title} {shown(measured.get(name))}" for name in TASK.brief)
