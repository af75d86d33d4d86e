"""Crosses: one id for a combination of discrete values.

Ids stay float32 until they are looked up: whole numbers below 2**24 are exact, and each change of type costs an
operator of the shipped file.
"""

from collections.abc import Sequence

import tensorflow as tf

from transforms.settings import EXACT

# Primes; every product stays below EXACT.
_MODULUS = 4093
_MULTIPLIER = 2861


def joint_id(ids: Sequence[tf.Tensor], sizes: Sequence[int]) -> tf.Tensor:
    """The ids read as digits of a mixed-radix number, first most significant: 0 to prod(sizes) - 1.

    Args:
        ids: float32 whole numbers of one shape.
        sizes: number of values of each.

    Raises:
        ValueError: there are more combinations than float32 can number.
    """
    total = 1
    for size in sizes:
        total *= size
    if total > EXACT:
        raise ValueError(f"the cross has {total:,} combinations, more than the {EXACT:,} it may; use fewer buckets")
    joint = ids[0]
    for value, size in zip(ids[1:], sizes[1:], strict=True):
        joint = joint * size + value
    return joint


def fold(ids: tf.Tensor, buckets: int) -> tf.Tensor:
    """float32 whole numbers, 0 to buckets - 1: a multiplicative hash, the same on every machine."""
    return tf.math.floormod(tf.math.floormod(ids, float(_MODULUS)) * float(_MULTIPLIER), float(buckets))
