"""Buckets: which interval a number falls into. Comparisons and sums only, since `tft.bucketize` needs Flex."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import tensorflow as tf

_MARGIN = 1e-6
"""Share of a boundary; some sixteen steps of float32."""


def columns(x: tf.Tensor, places: Sequence[int]) -> tf.Tensor:
    """float32 `[batch, m]`: the columns of `[batch, n]` at `places`, in slices of neighbours.

    WebGPU gathers by no list of constants.
    """
    runs: list[list[int]] = []
    for place in places:
        if runs and place == runs[-1][1]:
            runs[-1][1] += 1
        else:
            runs.append([place, place + 1])
    slices = [x[:, start:end] for start, end in runs]
    return slices[0] if len(slices) == 1 else tf.concat(slices, axis=1)


def just_below(boundaries: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Learned boundaries, lowered by a millionth.

    A quantile is the value of some row, and often of many: places repeat, and so do the distances between them. Another
    kernel computes such a value with another last bit, which would then decide the bucket.
    """
    return boundaries - np.abs(boundaries) * np.float32(_MARGIN)


def reached(x: tf.Tensor, boundaries: tf.Tensor) -> tf.Tensor:
    """float32 `[batch, n, b]`: 1 for every boundary of `[n, b]` that its column of float32 `[batch, n]` has reached.

    NaN reaches none.
    """
    return tf.cast(tf.expand_dims(x, 2) >= boundaries, tf.float32)


def thermometer(marks: tf.Tensor) -> tf.Tensor:
    """float32 `[batch, n * b]`: the marks of `reached` side by side, column after column."""
    return tf.reshape(marks, [-1, int(marks.shape[1]) * int(marks.shape[2])])


def bucket_ids(marks: tf.Tensor) -> tf.Tensor:
    """float32 `[batch, n]`, whole numbers 0 to b: how many boundaries were reached."""
    return tf.reduce_sum(marks, axis=2)
