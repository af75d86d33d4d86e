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
        kind: of a number `huber` (quadratic up to `delta`, linear beyond), `mae` or `mse`. `unbiased_huber` is `huber`
            with the predictions shifted to the mean of the training rows' labels, where they miss it by more than 0.15
            of their RMSE: so they do where most labels are zero and a few are large, and a median tells little. Any
            other label is learned by cross-entropy.
        delta: of both `huber`, in label units, or as a share of its standard deviation over the training rows.
        class_weights: of a label that is no number: `balanced` by the inverse of each class's share, or weights by
            class; both make its probabilities other than the shares that occur. Null weighs all rows alike.
        label_smoothing: share of each label that is spread evenly over the classes.
    """

    kind: Literal["unbiased_huber", "huber", "mae", "mse"] = "unbiased_huber"
    delta: Amount = "0.2 sd"
    class_weights: Literal["balanced"] | dict[str, Annotated[float, Field(gt=0)]] | None = None
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)

    @property
    def has_delta(self) -> bool:
        """Whether `delta` says anything."""
        return self.kind in ("unbiased_huber", "huber")

    @model_validator(mode="before")
    @classmethod
    def _its_kind_alone(cls, given: Any) -> Any:
        return {"kind": given} if isinstance(given, str) else given


class Decision(Settings):
    """From which probability on a yes is said; chosen on the validation rows, for binary labels.

    Attributes:
        by: `max_f1`; `cost`, the lowest; `precision` or `recall` of at least `at_least`, with the most of the other; or
            `fixed`.
        at_least: see above.
        false_yes, false_no: cost of each.
        threshold: of `fixed`, and where validation rows hold one value only.
    """

    by: Literal["max_f1", "cost", "precision", "recall", "fixed"] = "max_f1"
    at_least: float = Field(default=0.9, gt=0, le=1)
    false_yes: float = Field(default=1.0, gt=0)
    false_no: float = Field(default=1.0, gt=0)
    threshold: float = Field(default=0.5, gt=0, lt=1)


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
