"""Projection of the block onto learned directions."""

from __future__ import annotations

import tensorflow as tf


def project(x: tf.Tensor, centre: tf.Tensor | None, matrix: tf.Tensor) -> tf.Tensor:
    """(x - centre) @ matrix: float32 `[batch, n]`, `[n]`, `[n, k]` to `[batch, k]`; NaN spreads over its row."""
    return tf.linalg.matmul(x if centre is None else x - centre, matrix)
