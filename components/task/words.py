"""Metrics in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.shown import shown
from components.task.task import Task

_BOOSTED = {"teacher": "the teacher, boosted trees", "booster": "boosted trees, same features"}


def baselines_of(task: Task, figures: Mapping[str, Any]) -> dict[str, str]:
    """Titles of the models that a file was measured beside, in the order of `metrics.baselines`."""
    titles = {**task.baselines, **_BOOSTED}
    return {name: titles.get(name, name) for name in figures["metrics"]["baselines"]}


def boosted_in_words(figures: Mapping[str, Any]) -> str:
    """How the boosted trees among the baselines were made, and what they weigh; empty where there are none."""
    if not (told := figures.get("boosted_trees")):
        return ""
    who = "are the network's teacher" if told["name"] == "teacher" else "were grown to be measured beside"
    return (
        f"The boosted trees (LightGBM) {who}: {told['trees']:,} of up to {told['leaves']} leaves at rate "
        f"{told['learning_rate']:.3g}, from {told['rows']:,} training rows, {told['bytes']:,} bytes beside "
        f"{figures['bytes']:,} of model.tflite."
    )


def in_brief(task: Task, measured: Mapping[str, Any]) -> str:
    """The brief metrics of a task, such as `RMSE 3.956, MAE 1.620`."""
    return ", ".join(f"{task.metrics[name].title} {shown(measured.get(name))}" for name in task.brief)
