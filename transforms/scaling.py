"""Scaling of the block: subtract a centre, divide by a spread. What differs is how the two are learned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from transforms import analyzers
from transforms.analyzers import ColumnStatistics
from transforms.settings import ROUNDING, Fixed, ScalingKind


def apply(x: tf.Tensor, centre: tf.Tensor, spread: tf.Tensor) -> tf.Tensor:
    """(x - centre) / spread for float32 `[batch, n]` and `[n]`; NaN stays NaN."""
    return (x - centre) / spread


def by_kind(kind: str, statistics: ColumnStatistics, quartiles: tf.Tensor | None = None) -> tuple[tf.Tensor, tf.Tensor]:
    """Centre and spread, float32 `[n]` each.

    `z_score`: mean and population standard deviation. `min_max`: minimum and range, so that training rows lie in
    [0, 1]. `robust`: median and distance between the quartiles, of float32 `[n, 3]`. `none`: 0 and 1. A spread of
    nothing but rounding, as a constant column has, is taken as 1.
    """
    if kind == "z_score":
        centre, spread = statistics.mean, statistics.std
    elif kind == "min_max":
        centre, spread = statistics.minimum, statistics.maximum - statistics.minimum
    elif kind == "robust" and quartiles is not None:
        centre, spread = quartiles[:, 1], quartiles[:, 2] - quartiles[:, 0]
    elif kind == "none":
        centre, spread = tf.zeros_like(statistics.mean), tf.ones_like(statistics.mean)
    else:
        raise ValueError(f"unknown scaling {kind!r}; known are z_score, min_max, robust (with quartiles), none")
    largest = tf.maximum(tf.abs(statistics.minimum), tf.abs(statistics.maximum))
    return centre, tf.where(spread > tf.maximum(1e-12, largest * ROUNDING), spread, tf.ones_like(spread))


def learned(
    kinds: Sequence[ScalingKind | Fixed], x: tf.Tensor, statistics: ColumnStatistics
) -> tuple[tf.Tensor, tf.Tensor]:
    """Centre and spread, float32 `[n]` each, of columns that may be scaled differently.

    Args:
        kinds: of each column.
        x: float32 `[batch, n]`, before filling.
        statistics: of its columns.
    """
    names = [kind for kind in dict.fromkeys(kinds) if not isinstance(kind, Fixed)]
    quartiles = analyzers.quantiles(x, 4) if "robust" in names else None
    found = [by_kind(name, statistics, quartiles) for name in names]
    if len(found) == 1 and len(names) == len(set(kinds)):
        return found[0]
    given = [kind if isinstance(kind, Fixed) else None for kind in kinds]
    centre = tf.constant([one.centre if one else 0.0 for one in given], tf.float32)
    spread = tf.constant([one.spread if one else 1.0 for one in given], tf.float32)
    for name, (own_centre, own_spread) in zip(names, found, strict=True):
        here = np.array([kind == name for kind in kinds])
        centre, spread = tf.where(here, own_centre, centre), tf.where(here, own_spread, spread)
    return centre, spread
