"""The choices that depend on what is predicted: the loss, and limits by name of metric."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from components.task import all_tasks
from components.task.amounts import Amount
from components.task.task import Task
from data.settings import Settings


class Loss(Settings):
    """What the network's weights minimise; its kind alone is enough where that has no further keys.

    Attributes:
        kind: `huber` (quadratic up to `delta`, linear beyond), `mae` or `mse`.
        delta: of `huber`, in label units, or as a share of its standard deviation over the training rows.
    """

    kind: Literal["huber", "mae", "mse"] = "huber"
    delta: Amount = "0.2 sd"

    @model_validator(mode="before")
    @classmethod
    def _its_kind_alone(cls, given: Any) -> Any:
        return {"kind": given} if isinstance(given, str) else given


_METRICS = tuple(dict.fromkeys(name for task in all_tasks() for name in task.metrics))
_BRIEF = tuple(dict.fromkeys(name for task in all_tasks() for name in task.brief))
"""Of every kind of label, since settings are read before the kind is known; `check_metrics` looks again."""


def _one_of(names: Iterable[str]) -> AfterValidator:
    allowed = tuple(names)

    def check(name: str) -> str:
        if name not in allowed:
            near = difflib.get_close_matches(name, allowed, n=1)
            hint = f"Did you mean {near[0]}? " if near else ""
            raise ValueError(f"there is no metric {name}. {hint}Allowed: {', '.join(allowed)}")
        return name

    return AfterValidator(check)


def _without_null(given: Any) -> Any:
    if not isinstance(given, Mapping):
        return given
    return {name: value for name, value in given.items() if value is not None or name not in _METRICS}


def check_metrics(task: Task, named: Mapping[str, Iterable[str]]) -> None:
    """Whether metrics are of a task's.

    Args:
        task: of the label.
        named: names of metrics by key of the configuration.

    Raises:
        ValueError: one is of another kind of label.
    """
    for key, names in named.items():
        other = [name for name in names if name not in task.metrics]
        if other:
            raise ValueError(
                f"{key} names {', '.join(other)}, but the label is of kind {task.kind}, which has "
                f"{', '.join(task.metrics)}"
            )


_Limit = Annotated[float, Field(ge=0)]
Limits = Annotated[dict[Annotated[str, _one_of(_METRICS)], _Limit | Amount], BeforeValidator(_without_null)]
"""What a model must keep to be blessed, by name of metric."""
Increases = dict[Annotated[str, _one_of(_BRIEF)], _Limit | None]
"""By what share a metric of the file may be worse than the float model's, by name of metric, over the task's usual
ones; null takes a usual limit away."""
ComparedMetric = Annotated[str, _one_of(_BRIEF)]
