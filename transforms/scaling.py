"""Scaling of the block: subtract a centre, divide by a spread. What differs is how the two are learned."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from transforms import smooth_clip
from transforms.analyzers import ColumnStatistics
from transforms.piecewise import BEYOND
from transforms.settings import ROUNDING, Fixed, ScalingKind


@dataclass(frozen=True)
class Scale:
    """How each of n columns is scaled.

    Attributes:
        centre, spread: float32 `[n]`: what is taken off, and then divided by.
        tails: `[n]`: whose tails are then clipped smoothly.
    """

    centre: tf.Tensor
    spread: tf.Tensor
    tails: npt.NDArray[np.bool_]

    def apply(self, x: tf.Tensor) -> tf.Tensor:
        """float32 `[batch, n]` to the same; NaN stays NaN."""
        return smooth_clip.apply((x - self.centre) / self.spread, self.tails)


def without_constants(scale: Scale, statistics: ColumnStatistics) -> Scale:
    """The scale with columns of one value, or of none, pressed to 0: what a reducer then learns has no part of them.

    Nothing is learned from such a column, so that a row with another value must not move any component.
    """
    largest = tf.maximum(tf.abs(statistics.minimum), tf.abs(statistics.maximum))
    varies = statistics.maximum - statistics.minimum > ROUNDING * largest
    return Scale(scale.centre, tf.where(varies, scale.spread, tf.fill(tf.shape(scale.spread), BEYOND)), scale.tails)


def quartile(quantiles: tf.Tensor, number: int) -> tf.Tensor:
    """float32 `[n]`: the first, second (median) or third one, of boundaries `[n, parts - 1]` between equal parts."""
    parts = int(quantiles.shape[1]) + 1
    return quantiles[:, parts * number // 4 - 1]


def by_kind(kind: str, statistics: ColumnStatistics, quantiles: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
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
        spread = tf.where(middle > 0, middle, extent / 2)
    elif kind == "none":
        centre, spread = tf.zeros_like(statistics.mean), tf.ones_like(statistics.mean)
    else:
        raise ValueError(f"unknown scaling {kind!r}; known are smooth_clip, robust, z_score, min_max, none")
    largest = tf.maximum(tf.abs(statistics.minimum), tf.abs(statistics.maximum))
    return centre, tf.where(spread > tf.maximum(1e-12, largest * ROUNDING), spread, tf.ones_like(spread))


def learned(kinds: Sequence[ScalingKind | Fixed], statistics: ColumnStatistics, quantiles: tf.Tensor) -> Scale:
    """The scale of columns that may be scaled differently.

    Args:
        kinds: of each column.
        statistics: of the columns.
        quantiles: float32 `[n, parts - 1]`, boundaries between parts of equally many rows.
    """
    names = [kind for kind in dict.fromkeys(kinds) if not isinstance(kind, Fixed)]
    found = [by_kind(name, statistics, quantiles) for name in names]
    tails = np.array([kind == "smooth_clip" for kind in kinds])
    if len(found) == 1 and len(names) == len(set(kinds)):
        return Scale(*found[0], tails)
    given = [kind if isinstance(kind, Fixed) else None for kind in kinds]
    centre = tf.constant([one.centre if one else 0.0 for one in given], tf.float32)
    spread = tf.constant([one.spread if one else 1.0 for one in given], tf.float32)
    for name, (own_centre, own_spread) in zip(names, found, strict=True):
        here = np.array([kind == name for kind in kinds])
        centre, spread = tf.where(here, own_centre, centre), tf.where(here, own_spread, spread)
    return Scale(centre, spread, tails)
