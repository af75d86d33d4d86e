"""The network: embeddings in front, a dense core behind. Compression works on the core alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt
import tf_keras

from components.compression_settings import OUTPUT_LAYER
from components.settings import SettledTraining
from components.trainer import dropout, layers, members
from transforms.features import BLOCK, NUMBERS

FloatArray = npt.NDArray[np.float32]
CORE = "core"
SPAN = 4.0
"""The core's inputs lie within -SPAN to SPAN; about what a z-score spans, so that learning goes at its usual pace."""


@dataclass(frozen=True)
class Bent:
    """Numbers that go through piecewise-linear functions together.

    Attributes:
        columns: their places among all numbers.
        edges: their boundaries, float32 `[n, b]`.
        width: functions of a number.
    """

    columns: list[int]
    edges: FloatArray
    width: int


@dataclass(frozen=True)
class Widths:
    """Shapes of the inputs.

    Attributes:
        dense: width of each float input by name, in order.
        ids: number of ids and embedding width of each id input by name, in order.
        bent: groups of numbers by name.
        numbers: how many there are.
        outputs: numbers in one output.
    """

    dense: Mapping[str, int]
    ids: Mapping[str, tuple[int, int]]
    bent: Mapping[str, Bent]
    numbers: int
    outputs: int = 1

    @property
    def sizes(self) -> dict[str, int]:
        """Number of ids by id input."""
        return {name: size for name, (size, _) in self.ids.items()}

    @property
    def total(self) -> int:
        """Width of the core's input."""
        bent = sum(len(one.columns) * one.width for one in self.bent.values())
        return bent + sum(self.dense.values()) + sum(width for _, width in self.ids.values())


def build_front(
    widths: Widths,
    block_scale: FloatArray,
    eight_bit: bool = False,
    tables: Mapping[str, layers.Baked] | None = None,
) -> tf_keras.Model:
    """Inputs to two outputs: the core's input float32 `[batch, total]`, and the skip float32 `[batch, width]`.

    The core sees every column within one span, since one 8-bit range serves them all: numbers through their bends and
    as they are, times their scale and clipped; ids through their embeddings. The skip is a linear model on the float
    inputs as they are; it carries what 8 bits would round away and clipping would cut off.

    Args:
        widths: of the inputs.
        block_scale: float32 `[width of the block]`, see `span_scale`.
        eight_bit: whether embeddings have the values of 8 bits.
        tables: embeddings as a file has them, by layer; None for those that learn.
    """
    inputs, parts, skips = {}, [], []
    if widths.bent:
        numbers = inputs[NUMBERS] = tf_keras.Input((widths.numbers,), name=NUMBERS)
        for group, bent in widths.bent.items():
            parts.append(_bends(f"bends_{group}", bent, eight_bit, tables)(numbers))
    for name, width in widths.dense.items():
        x = inputs[name] = tf_keras.Input((width,), name=name)
        skip = tf_keras.layers.Dense(widths.outputs, use_bias=False, kernel_initializer="zeros", name=f"skip_{name}")
        skips.append(skip(x))
        parts.append(layers.ToSpan(block_scale, SPAN, name=f"span_{name}")(x) if name == BLOCK else x)
    for key, (size, width) in widths.ids.items():
        ids = inputs[key] = tf_keras.Input((1,), dtype="int32", name=key)
        parts.append(_lookup(f"embedding_{key}", size, width, eight_bit, tables)(ids))
    joined = parts[0] if len(parts) == 1 else tf_keras.layers.Concatenate(name="core_inputs")(parts)
    skip = skips[0] if len(skips) == 1 else tf_keras.layers.Add(name="skip")(skips)
    return tf_keras.Model(inputs, [joined, skip], name="front")


Tables = Mapping[str, layers.Baked]


def _bends(name: str, bent: Bent, eight_bit: bool, tables: Tables | None) -> tf_keras.layers.Layer:
    if tables is None:
        return layers.Bends(bent.columns, bent.edges, bent.width, eight_bit, name)
    return layers.BakedBends(bent.columns, bent.edges, tables[name], name)


def _lookup(name: str, size: int, width: int, eight_bit: bool, tables: Tables | None) -> tf_keras.layers.Layer:
    return layers.Lookup(size, width, eight_bit, name) if tables is None else layers.BakedLookup(tables[name], name)


def bake(front: tf_keras.Model, widths: Widths, block_scale: FloatArray, eight_bit: bool) -> tf_keras.Model:
    """The front as a file has it: embeddings are constants."""
    tables = {}
    for layer in front.layers:
        if isinstance(layer, layers.Bends):
            tables[layer.name] = layers.baked(layer.table(), len(layer.columns), eight_bit)
        elif isinstance(layer, layers.Lookup):
            tables[layer.name] = layers.baked(layer.table(), 1, eight_bit)
    made = build_front(widths, block_scale, tables=tables)
    for layer in made.layers:
        if layer.weights:
            layer.set_weights(front.get_layer(layer.name).get_weights())
    return made


def span_scale(block: npt.NDArray[Any], share: float = 0.999) -> FloatArray:
    """float32 `[width]`: what brings `share` of the rows of float32 `[rows, width]` into the span."""
    size = np.quantile(np.abs(block), share, axis=0)
    return (SPAN / np.maximum(size, SPAN)).astype(np.float32)


def build_core(width: int, training: SettledTraining, outputs: int = 1) -> tf_keras.Model:
    """Dense layers with ReLU, then one linear output that starts at zero.

    A flat functional model, because the optimization toolkit takes nothing else.

    Args:
        width: of the input.
        training: layer widths and dropout, settled.
    """
    inputs = x = tf_keras.Input((width,), name="core_input")
    for number, units in enumerate(training.known_units, start=1):
        name = f"{CORE}_hidden_{number}"
        x = tf_keras.layers.Dense(units, activation="relu", kernel_initializer="he_normal", name=name)(x)
        if training.dropout:
            x = dropout.after(number, training)(x)
    x = tf_keras.layers.Dense(outputs, kernel_initializer="zeros", name=OUTPUT_LAYER)(x)
    return tf_keras.Model(inputs, x, name=CORE)


def decayed(front: tf_keras.Model, core: tf_keras.Model) -> list[Any]:
    """The weights that decay: rises of bends and dense kernels. Biases, tables of ids and the skip do not."""
    rises = [layer.rises for layer in front.layers if isinstance(layer, layers.Bends)]
    return rises + [layer.kernel for layer in core.layers if isinstance(layer, (tf_keras.layers.Dense, members.Dense))]


def join(front: tf_keras.Model, core: tf_keras.Model) -> tf_keras.Model:
    """Front and core as one model over the same weights: core plus skip, float32 `[batch, width]`."""
    joined, skip = front.outputs
    return tf_keras.Model(front.inputs, core(joined) + skip)


def without_dropout(core: tf_keras.Model, training: SettledTraining) -> tf_keras.Model:
    """The same weights in a core that drops nothing: compression has little left to regularize."""
    width = int(core.input_shape[1])
    plain = build_core(width, training.model_copy(update={"dropout": 0.0}), int(core.output_shape[1]))
    plain.set_weights(core.get_weights())
    return plain
