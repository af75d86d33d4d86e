"""The choices that depend on what is predicted: the loss, and limits by name of metric."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from components.task import TASK
from components.task.amounts import Amount
from data.settings import Settings


class Loss(Settings):
    """What the network's weights minimise; its kind alone is enough where that has no further keys.

    Attributes:
        kind: `huber` (quadratic up to `delta`, linear beyond), `mae` or `mse`.
        delta: of `huber`, in label units, or as a share of its standard deviation over the training rows.
    """

    kind: Literal["huber", "mae", "mse"] = "huber"
    delta: Amount = "0.2 sd"

    @property
    def has_delta(self) -> bool:
        """Whether `delta` says anything."""
        return self.kind == "huber"

    @model_validator(mode="before")
    @classmethod
    def _its_kind_alone(cls, given: Any) -> Any:
        return {"kind": given} if isinstance(given, str) else given


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
    return {name: value for name, value in given.items() if value is not None or name not in TASK.metrics}


def usual_increases() -> dict[str, float | None]:
    """Where the configuration says nothing."""
    return dict(TASK.increases)


def _over_the_usual(given: Any) -> Any:
    return {**usual_increases(), **given} if isinstance(given, Mapping) else given


_Limit = Annotated[float, Field(ge=0)]
Limits = Annotated[dict[Annotated[str, _one_of(TASK.metrics)], _Limit | Amount], BeforeValidator(_without_null)]
"""What a model must keep to be blessed, by name of metric."""
Increases = Annotated[dict[Annotated[str, _one_of(TASK.brief)], _Limit | None], BeforeValidator(_over_the_usual)]
"""By what share a metric of the file may be worse than the float model's, by name of metric; null keeps off the usual
limit, also where the settings are written down and read again."""
ComparedMetric = Annotated[str, _one_of(TASK.brief)]
