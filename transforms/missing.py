"""Missing numbers arrive as NaN and leave as a number learned or given."""

import tensorflow as tf


def fill(x: tf.Tensor, value: tf.Tensor) -> tf.Tensor:
    """float32 `[batch, n]` with each NaN replaced by its column's entry of `value` `[n]`."""
    # `value` keeps its own shape: three of one shape would become SELECT, which microcontrollers lack.
    return tf.where(tf.math.is_nan(x), value, x)


def flags(x: tf.Tensor) -> tf.Tensor:
    """float32 of the shape of `x`: 1 where it is NaN, else 0."""
    return tf.cast(tf.math.is_nan(x), tf.float32)
