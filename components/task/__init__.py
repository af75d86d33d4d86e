"""What is predicted: everything that depends on the kind of the label, and nothing else.

A kind of label is one file here (`regression`, `binary`, `classes`) and one that learns it (`regression_learning`,
`binary_learning`, `classes_learning`). Who works on a label asks `task_of` for its task, and hands that on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from components.task.binary import Binary
from components.task.classes import Classes
from components.task.metric import Metric
from components.task.regression import Regression
from components.task.task import Task

NUMBER = "number"
KINDS: Mapping[str, Callable[[Mapping[str, Any]], Task]] = {
    NUMBER: lambda told: Regression(),
    "binary": lambda told: Binary(told.get("classes") or ("no", "yes"), told.get("decision")),
    "classes": lambda told: Classes(told.get("classes") or ()),
}


def task_of(told: Mapping[str, Any]) -> Task:
    """The task of a label as `data.label` of a configuration or `output` of a manifest or interface tells it.

    NumPy only; what needs TensorFlow is `components.task.learning.learning_of`.

    Args:
        told: `kind` (a number where it is missing, as in manifests of before), `classes`, and `decision` once it is
            taken.
    """
    return KINDS[told.get("kind") or NUMBER](told)


def metric_of(name: str) -> Metric | None:
    """A metric of any kind of label, for lists where several kinds meet; None for one of another farelite."""
    return next((task.metrics[name] for task in all_tasks() if name in task.metrics), None)


def title_of(metric: str) -> str:
    """Likewise its title, or the name where nothing more is known."""
    known = metric_of(metric)
    return known.title if known else metric


def primary_of(measured: Mapping[str, Any]) -> Metric:
    """The primary metric of the kind of label that something was measured of."""
    return next(task.primary for task in all_tasks() if task.primary.name in measured)


def all_tasks() -> list[Task]:
    """One of each kind, for what must be known before the label is."""
    return [make({}) for make in KINDS.values()]
