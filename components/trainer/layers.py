"""Layers in front of the core: embeddings of numbers and of ids, learned as floats, shipped as tables of bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tf_keras

from transforms import buckets, piecewise

FloatArray = npt.NDArray[np.float32]
START = 0.3
"""Standard deviation of the first values of an id's embedding."""


@dataclass(frozen=True)
class Baked:
    """A table as a file holds it.

    Attributes:
        values: int8 or float32 `[rows, width]`.
        step: what a value is multiplied by, float32 `[groups, 1]`, one for each of as many equal stretches of rows;
            None for floats.
    """

    values: npt.NDArray[Any]
    step: FloatArray | None


def rounded(table: tf.Tensor, groups: int) -> tf.Tensor:
    """float32 `[rows, width]` as 8 bits have it; gradients pass as if nothing had happened.

    Each of `groups` equal stretches of rows has a step of its own, so that its largest value is 127 of them.
    """
    step = tf.repeat(_step(table, groups), table.shape[0] // groups, axis=0)
    return table + tf.stop_gradient(tf.round(table / step) * step - table)


def baked(table: tf.Tensor, groups: int, eight_bit: bool) -> Baked:
    """The same table for a file."""
    if not eight_bit:
        return Baked(table.numpy(), None)
    step = _step(table, groups)
    values = tf.round(table / tf.repeat(step, table.shape[0] // groups, axis=0))
    return Baked(values.numpy().astype(np.int8), step.numpy())


def _step(table: tf.Tensor, groups: int) -> tf.Tensor:
    largest = tf.reduce_max(tf.abs(tf.reshape(table, (groups, -1))), axis=1, keepdims=True)
    return tf.where(largest > 0, largest / 127, tf.ones_like(largest))


class Bends(tf_keras.layers.Layer):
    """Each number through `width` functions of its own, linear between its boundaries and constant outside.

    What is learned is the rise between two boundaries: neighbours then share what lies below them, and weight decay
    pulls towards no rise at all.

    Args:
        columns: which of the numbers.
        edges: boundaries float32 `[n, b]`, see `transforms.piecewise.table`.
        width: functions of a number.
        eight_bit: whether the values at the boundaries are those of 8 bits.
        name: of the layer.
    """

    def __init__(self, columns: list[int], edges: FloatArray, width: int, eight_bit: bool, name: str) -> None:
        super().__init__(name=name)
        self.columns, self.edges = columns, edges
        self._width, self._eight_bit = width, eight_bit
        self._real = (edges[:, 1:] < piecewise.BEYOND).astype(np.float32)[:, :, np.newaxis]

    def build(self, _: Any) -> None:
        """Random functions around zero, of about unit size whatever the number of boundaries."""
        count, bins = self._real.shape[:2]
        shape = (count, bins, self._width)
        size = self._real / np.sqrt(np.maximum(self._real.sum(axis=1, keepdims=True), 1))
        first = tf_keras.initializers.RandomNormal(stddev=1.0)(shape) * size
        self.rises = self.add_weight("rises", shape, initializer=lambda *_, **__: first)
        middle = -0.5 * tf.reduce_sum(first, axis=1)
        self.start = self.add_weight("start", (count, self._width), initializer=lambda *_, **__: middle)

    def table(self) -> tf.Tensor:
        """Values at the boundaries, float32 `[n * b, width]`."""
        rises = tf.cumsum(self.rises * self._real, axis=1)
        return tf.reshape(tf.pad(rises, [[0, 0], [1, 0], [0, 0]]) + self.start[:, tf.newaxis], (-1, self._width))

    def call(self, numbers: tf.Tensor) -> tf.Tensor:
        """float32 `[batch, all numbers]` to `[batch, n * width]`."""
        count, edges = self.edges.shape
        table = rounded(self.table(), count) if self._eight_bit else self.table()
        values = tf.reshape(table, (count, edges, self._width))
        codes = piecewise.codes(tf.gather(numbers, self.columns, axis=1), self.edges)
        bent = tf.einsum("bnt,ntk->bnk", codes, values[:, 1:] - values[:, :-1]) + values[:, 0]
        return tf.reshape(bent, (-1, count * self._width))


class BakedBends(tf_keras.layers.Layer):
    """`Bends` as a file has it: two rows of a table for each number, and a place between them."""

    def __init__(self, columns: list[int], edges: FloatArray, table: Baked, name: str) -> None:
        super().__init__(name=name)
        self._columns, self._edges, self._table = columns, edges, table

    def call(self, numbers: tf.Tensor) -> tf.Tensor:
        """As `Bends`."""
        row, share = piecewise.place(buckets.columns(numbers, self._columns), self._edges)
        low, high = (tf.cast(tf.gather(self._table.values, at), tf.float32) for at in (row, row + 1))
        bent = low + (high - low) * share
        if self._table.step is not None:
            bent *= tf.tile(self._table.step, [tf.shape(numbers)[0], 1])
        return tf.reshape(bent, (-1, self._table.values.shape[1] * len(self._columns)))


class Lookup(tf_keras.layers.Layer):
    """An id's row of a table.

    Args:
        size: number of ids.
        width: of a row.
        eight_bit: whether the rows are those of 8 bits.
        name: of the layer.
    """

    def __init__(self, size: int, width: int, eight_bit: bool, name: str) -> None:
        super().__init__(name=name)
        self._shape, self._eight_bit = (size, width), eight_bit

    def build(self, _: Any) -> None:
        """Small random rows."""
        self.rows = self.add_weight("rows", self._shape, initializer=tf_keras.initializers.RandomNormal(stddev=START))

    def table(self) -> tf.Tensor:
        """float32 `[size, width]`."""
        return tf.convert_to_tensor(self.rows)

    def call(self, ids: tf.Tensor) -> tf.Tensor:
        """int32 `[batch, 1]` to float32 `[batch, width]`."""
        table = rounded(self.table(), 1) if self._eight_bit else self.table()
        return tf.gather(table, tf.squeeze(ids, 1))


class BakedLookup(tf_keras.layers.Layer):
    """`Lookup` as a file has it."""

    def __init__(self, table: Baked, name: str) -> None:
        super().__init__(name=name)
        self._table = table

    def call(self, ids: tf.Tensor) -> tf.Tensor:
        """As `Lookup`."""
        found = tf.cast(tf.gather(self._table.values, tf.squeeze(ids, 1)), tf.float32)
        return found if self._table.step is None else found * self._table.step[0]


class ToSpan(tf_keras.layers.Layer):
    """x times a fixed scale, clipped to [-span, span].

    Args:
        scale: float32 `[width]`.
        span: of the result.
        name: of the layer.
    """

    def __init__(self, scale: FloatArray, span: float, name: str) -> None:
        super().__init__(name=name)
        self._scale, self._span = tf.constant(scale, tf.float32), span

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """float32 `[batch, width]` to the same."""
        return tf.clip_by_value(x * self._scale, -self._span, self._span)
