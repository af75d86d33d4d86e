"""Scaling of the block: subtract a centre, divide by a spread. What differs is how the two are learned."""

from __future__ import annotations

import tensorflow as tf

from transforms.moments import ColumnStatistics


def apply(x: tf.Tensor, centre: tf.Tensor, spread: tf.Tensor) -> tf.Tensor:
    """(x - centre) / spread for float32 `[batch, n]` and `[n]`; NaN stays NaN."""
    return (x - centre) / spread


def learned(kind: str, statistics: ColumnStatistics) -> tuple[tf.Tensor, tf.Tensor]:
    """Centre and spread, float32 `[n]` each.

    `z_score`: mean and population standard deviation. `min_max`: minimum and range, so that training rows lie in
    [0, 1]. `none`: 0 and 1. A constant column has spread 1, so it becomes all zeros.
    """
    if kind == "z_score":
        centre, spread = statistics.mean, statistics.std
    elif kind == "min_max":
        centre, spread = statistics.minimum, statistics.maximum - statistics.minimum
    elif kind == "none":
        centre, spread = tf.zeros_like(statistics.mean), tf.ones_like(statistics.mean)
    else:
        raise ValueError(f"unknown scaling {kind!r}; known are z_score, min_max, none")
    return centre, tf.where(spread > 1e-12, spread, tf.ones_like(spread))
