"""The block on a device: the columns in use, and what stands for it where all inputs are categories."""

from __future__ import annotations

from collections.abc import Mapping

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import tensorflow as tf

from transforms.features import BLOCK, NUMBERS


def columns(block: tf.Tensor, kept: list[int]) -> tf.Tensor:
    """Some columns of float32 `[batch, n]`; the first ones are a slice, which is the cheaper operator."""
    first = kept == list(range(len(kept)))
    return block[:, : len(kept)] if first else tf.gather(block, kept, axis=1)


def no_numbers(ids: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """`numbers` and `block` float32 `[batch, 1]` of zeros, since nothing is left of the Transform step's graph.

    Args:
        ids: of the categories, int32 `[batch]`.
    """
    zeros = 0.0 * tf.cast(next(iter(ids.values()))[:, tf.newaxis], tf.float32)
    return {NUMBERS: zeros, BLOCK: zeros}
