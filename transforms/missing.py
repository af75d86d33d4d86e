"""Missing numbers arrive as NaN and leave as the training mean."""

from __future__ import annotations

import tensorflow as tf


def fill(x: tf.Tensor, value: tf.Tensor) -> tf.Tensor:
    """float32 `[batch, n]` with each NaN replaced by its column's entry of `value` `[n]`."""
    return tf.where(tf.math.is_nan(x), tf.broadcast_to(value, tf.shape(x)), x)
