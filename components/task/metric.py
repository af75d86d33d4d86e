"""A figure of a model on rows with labels: what it is called, which way is better, how it is computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from components.shown import number

Array = npt.NDArray[Any]


def _itself(mean: Array) -> Array:
    return mean


@dataclass(frozen=True)
class Metric:
    """One figure.

    Attributes:
        name: its key in JSON and in the configuration.
        title: for people.
        meaning: in a few words, for the reference.
        of: predictions and labels, `[rows]` each, to the figure.
        better: `lower` or `higher`; `ideal` where a figure may lie too high as well as too low.
        ideal: of a perfect model.
        in_label_units: else it is a pure number.
        mean_of: what of each row, float64 `[rows]`, the figure is a function of the mean of; None where there is none.
        from_mean: that function.
    """

    name: str
    title: str
    meaning: str
    of: Callable[[Array, Array], float]
    better: Literal["lower", "higher", "ideal"] = "lower"
    ideal: float = 0.0
    in_label_units: bool = True
    mean_of: Callable[[Array, Array], Array] | None = None
    from_mean: Callable[[Any], Any] = _itself

    # Each comparison is written so that a NaN fails: it compares false with everything.

    def loss(self, value: float) -> float:
        """A number of which less is better."""
        if self.better == "ideal":
            return abs(value - self.ideal)
        return value if self.better == "lower" else -value

    def keeps(self, value: float, limit: float) -> bool:
        """Whether a value keeps a limit: at most, at least, or within it of the ideal."""
        if self.better == "ideal":
            return abs(value - self.ideal) <= limit
        return value <= limit if self.better == "lower" else value >= limit

    def beyond(self, value: float, limit: float, key: str) -> str:
        """The sentence for a value that does not keep its limit, with the limit's key in the configuration."""
        if self.better == "ideal":
            return f"{self.title} {number(value)} is further than {key} {number(limit)} from {self.ideal:g}"
        where = "above" if self.better == "lower" else "below"
        return f"{self.title} {number(value)} is {where} {key} {number(limit)}"

    def keeps_up(self, value: float, other: float, ratio: float) -> bool:
        """Whether a value is no worse than another model's times (where more is better: by) a ratio."""
        if self.better == "ideal":
            return self.loss(value) <= self.loss(other) * ratio
        return value <= other * ratio if self.better == "lower" else value * ratio >= other

    def surpasses(self, one: Array, other: Array, label: Array) -> bool:
        """Whether predictions are better than others by more than a standard error of the difference row by row.

        Where a figure is of no mean over rows, any difference counts.
        """
        if self.mean_of is None:
            return self.loss(self.of(one, label)) < self.loss(self.of(other, label))
        gain = self.mean_of(other, label) - self.mean_of(one, label)
        if self.better == "higher":
            gain = -gain
        return bool(np.mean(gain) > np.std(gain) / np.sqrt(len(gain)))

    def heading(self, unit: str) -> str:
        """Title with its unit."""
        return f"{self.title} ({unit})" if self.in_label_units else self.title


def average(name: str, title: str, meaning: str, mean_of: Callable[[Array, Array], Array], **more: Any) -> Metric:
    """A metric that is a function (`from_mean`, the identity unless given) of a mean over rows."""
    from_mean = more.get("from_mean", _itself)

    def of(predicted: Array, label: Array) -> float:
        return float(from_mean(np.mean(mean_of(predicted, label))))

    return Metric(name, title, meaning, of, mean_of=mean_of, **more)
