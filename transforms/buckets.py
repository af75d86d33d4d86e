"""Buckets: which interval a number falls into. Comparisons and sums only, since `tft.bucketize` needs Flex."""

from __future__ import annotations

import tensorflow as tf


def thermometer(x: tf.Tensor, boundaries: tf.Tensor) -> tf.Tensor:
    """float32 `[batch, b]`: 1 for every boundary of `[b]` that float32 `x` `[batch]` has reached, else 0."""
    return tf.cast(x[:, tf.newaxis] >= boundaries[tf.newaxis, :], tf.float32)


def bucket_id(x: tf.Tensor, boundaries: tf.Tensor) -> tf.Tensor:
    """int32 `[batch]`, 0 to b: how many boundaries `x` has reached."""
    return tf.reduce_sum(tf.cast(x[:, tf.newaxis] >= boundaries[tf.newaxis, :], tf.int32), axis=1)
