"""Crosses: one id for a combination of discrete values."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

# Keeps `id * _MULTIPLIER` inside int32: 65520 * 31769 < 2**31.
_MODULUS = 65521
_MULTIPLIER = 31769


def joint_id(ids: Sequence[tf.Tensor], sizes: Sequence[int]) -> tf.Tensor:
    """The ids read as digits of a mixed-radix number, first most significant: int32, 0 to prod(sizes) - 1.

    Raises:
        ValueError: the combinations do not fit int32.
    """
    total = 1
    for size in sizes:
        total *= size
    if total >= 2**31:
        raise ValueError(f"the cross has {total} combinations, more than int32 can number; use fewer buckets")
    joint = ids[0]
    for value, size in zip(ids[1:], sizes[1:], strict=True):
        joint = joint * size + value
    return joint


def fold(ids: tf.Tensor, buckets: int) -> tf.Tensor:
    """int32 of the shape of the ids, 0 to buckets - 1: a multiplicative hash, the same on every machine."""
    return tf.math.floormod(tf.math.floormod(ids, _MODULUS) * _MULTIPLIER, buckets)
