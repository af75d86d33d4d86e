"""Piecewise-linear encoding: where a number lies among its quantiles.

Between two boundaries b[t] and b[t+1] a code rises from 0 to 1 as the number does, and stays there (Y. Gorishniy,
I. Rubachev, A. Babenko, "On Embeddings for Numerical Features in Tabular Deep Learning", 2022). A linear layer on the
codes is a continuous function of the number with a bend at each boundary. The codes of a row are ones, one fraction
and zeros, so that a device needs the place of the fraction only: `place` gives what `codes` does, in two numbers.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import tensorflow as tf

Array = npt.NDArray[np.float32]

PARTS = 256
"""The Transform step learns boundaries between so many parts of equally many rows; fewer bins are picked of them."""

BEYOND = np.float32(np.finfo(np.float32).max)
"""Stands behind the last boundary of a column that has fewer than others: no number reaches it."""


def boundaries(quantiles: Array, bins: int) -> Array:
    """At most `bins + 1` boundaries, strictly rising, of one column.

    Args:
        quantiles: float32 `[PARTS + 1]`, rising: smallest value, boundaries between parts of equally many rows, and
            largest value.
        bins: at most so many.

    Returns:
        float32 `[b]`: the different values where there are few, else those at equal steps of rank. Fewer than two for
        a column that does not vary.
    """
    values = np.unique(quantiles)
    if len(values) > bins + 1:
        places = np.round(np.linspace(0, len(quantiles) - 1, bins + 1)).astype(int)
        values = np.unique(quantiles[places])
    return np.asarray(values, np.float32)


def table(columns: Sequence[Array]) -> Array:
    """Boundaries of several columns, float32 `[n, b]`, those of fewer filled up with `BEYOND`."""
    width = max(len(one) for one in columns)
    return np.stack([np.append(one, np.full(width - len(one), BEYOND)) for one in columns]).astype(np.float32)


def codes(x: tf.Tensor, edges: Array) -> tf.Tensor:
    """float32 `[batch, n, b - 1]` in [0, 1] of float32 `[batch, n]` and boundaries `[n, b]`; for training."""
    low, high = edges[:, :-1], edges[:, 1:]
    width = np.where(high < BEYOND, high - low, np.float32(1))
    share = (x[:, :, tf.newaxis] - np.where(low < BEYOND, low, 0)) / width
    return tf.clip_by_value(share, 0.0, 1.0) * (high < BEYOND).astype(np.float32)


def place(x: tf.Tensor, edges: Array) -> tuple[tf.Tensor, tf.Tensor]:
    """The boundary below, int32 `[batch * n]`, and how far it is to the next, float32 `[batch * n, 1]` in [0, 1].

    Boundaries are counted through the rows of the table, so that one index leads to the number's own. Indices are of
    one dimension, as graphics cards want them.

    Args:
        x: float32 `[batch, n]`; NaN is on the first boundary, and NaN far.
        edges: float32 `[n, b]`, see `table`.
    """
    columns, width = edges.shape
    last, offset = (edges < BEYOND).sum(axis=1) - 2, np.arange(columns) * width
    batch, flat = tf.shape(x)[0], tf.reshape(x, (-1, 1))
    reached = tf.reduce_sum(tf.cast(flat >= tf.tile(edges, [batch, 1]), tf.float32), axis=1)
    found = tf.minimum(tf.nn.relu(reached - 1), tf.tile(last.astype(np.float32), [batch]))
    row = tf.cast(found, tf.int32) + tf.tile(offset.astype(np.int32), [batch])
    low, high = (tf.gather(edges.reshape(-1, 1), at) for at in (row, row + 1))
    return row, tf.minimum(tf.nn.relu((flat - low) / (high - low)), 1.0)
