"""Scaling of the block: subtract a centre, divide by a spread. What differs is how the two are learned."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from transforms import smooth_clip
from transforms.piecewise import BEYOND
from transforms.settings import ROUNDING, Fixed, ScalingKind

Numbers = npt.NDArray[np.float32]


class ColumnStatistics(NamedTuple):
    """float32 `[n]` each, over the rows where a column is not NaN; a column without any is all zeros."""

    mean: Numbers
    std: Numbers
    minimum: Numbers
    maximum: Numbers
    known: Numbers


@dataclass(frozen=True)
class Scale:
    """How each of n columns is scaled.

    Attributes:
        centre, spread: float32 `[n]`, tensors or arrays: what is taken off, and then divided by.
        tails: `[n]`: whose tails are then clipped smoothly.
    """

    centre: Any
    spread: Any
    tails: npt.NDArray[np.bool_]

    def apply(self, x: tf.Tensor) -> tf.Tensor:
        """float32 `[batch, n]` to the same; NaN stays NaN."""
        return smooth_clip.apply((x - self.centre) / self.spread, self.tails)


def tails(kinds: Sequence[ScalingKind | Fixed]) -> npt.NDArray[np.bool_]:
    """`[n]`: which columns have their tails clipped, by the kinds of scaling."""
    return np.array([kind == "smooth_clip" for kind in kinds])


def without_constants(scale: Scale, statistics: ColumnStatistics) -> Scale:
    """The scale with columns of one value, or of none, pressed to 0: what a reducer then learns has no part of them.

    Nothing is learned from such a column, so that a row with another value must not move any component.
    """
    varies = statistics.maximum - statistics.minimum > _largest(statistics) * np.float32(ROUNDING)
    return Scale(scale.centre, np.where(varies, scale.spread, BEYOND), scale.tails)


def quartile(quantiles: Numbers, number: int) -> Numbers:
    """float32 `[n]`: the first, second (median) or third one, of boundaries `[n, parts - 1]` between equal parts."""
    parts = quantiles.shape[1] + 1
    return quantiles[:, parts * number // 4 - 1]


def by_kind(kind: str, statistics: ColumnStatistics, quantiles: Numbers) -> tuple[Numbers, Numbers]:
    """Centre and spread, float32 `[n]` each.

    `z_score`: mean and population standard deviation. `min_max`: minimum and range, so that training rows lie in
    [0, 1]. `robust` and `smooth_clip`: median and distance between the quartiles, or half the range where the middle
    half of the rows has one value. `none`: 0 and 1. A spread of nothing but rounding, as a constant column has, is
    taken as 1.
    """
    extent = statistics.maximum - statistics.minimum
    if kind == "z_score":
        centre, spread = statistics.mean, statistics.std
    elif kind == "min_max":
        centre, spread = statistics.minimum, extent
    elif kind in ("robust", "smooth_clip"):
        centre, middle = quartile(quantiles, 2), quartile(quantiles, 3) - quartile(quantiles, 1)
        spread = np.where(middle > 0, middle, extent / 2)
    elif kind == "none":
        centre, spread = np.zeros_like(statistics.mean), np.ones_like(statistics.mean)
    else:
        raise ValueError(f"unknown scaling {kind!r}; known are smooth_clip, robust, z_score, min_max, none")
    least = np.maximum(np.float32(1e-12), _largest(statistics) * np.float32(ROUNDING))
    return centre, np.where(spread > least, spread, np.ones_like(spread))


def _largest(statistics: ColumnStatistics) -> Numbers:
    return np.maximum(np.abs(statistics.minimum), np.abs(statistics.maximum))


def learned(kinds: Sequence[ScalingKind | Fixed], statistics: ColumnStatistics, quantiles: Numbers) -> Scale:
    """The scale of columns that may be scaled differently.

    Args:
        kinds: of each column.
        statistics: of the columns.
        quantiles: float32 `[n, parts - 1]`, boundaries between parts of equally many rows.
    """
    centre, spread = np.zeros(len(kinds), np.float32), np.ones(len(kinds), np.float32)
    for kind in dict.fromkeys(kinds):
        here = np.array([one == kind for one in kinds])
        if isinstance(kind, Fixed):
            centre[here], spread[here] = kind.centre, kind.spread
        else:
            own_centre, own_spread = by_kind(kind, statistics, quantiles)
            centre[here], spread[here] = own_centre[here], own_spread[here]
    return Scale(centre, spread, tails(kinds))
