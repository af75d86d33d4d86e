"""The network: embeddings in front, a dense core behind. Compression works on the core alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tf_keras

from components.compression_settings import OUTPUT_LAYER
from components.settings import Training
from components.task.learning import LEARNING
from transforms.features import BLOCK

FloatArray = npt.NDArray[np.float32]
CORE = "core"
SPAN = 4.0
"""The core's inputs lie within -SPAN to SPAN; about what a z-score spans, so that learning goes at its usual pace."""


@dataclass(frozen=True)
class Widths:
    """Shapes of the inputs.

    Attributes:
        dense: width of each float input by name, in order.
        ids: number of ids and embedding width of each id input by name, in order.
    """

    dense: Mapping[str, int]
    ids: Mapping[str, tuple[int, int]]

    @property
    def sizes(self) -> dict[str, int]:
        """Number of ids by id input."""
        return {name: size for name, (size, _) in self.ids.items()}

    @property
    def total(self) -> int:
        """Width of the core's input."""
        return sum(self.dense.values()) + sum(width for _, width in self.ids.values())


def build_front(widths: Widths, block_scale: FloatArray) -> tf_keras.Model:
    """Inputs to two outputs: the core's input float32 `[batch, total]`, and the skip float32 `[batch, width]`.

    The core sees every column within one span, since one 8-bit range serves them all: floats times their scale and
    clipped, ids through their embeddings. The skip is a linear model on the float inputs as they are; it carries what
    8 bits would round away and clipping would cut off.

    Args:
        widths: of the inputs.
        block_scale: float32 `[width of the block]`, see `span_scale`.
    """
    inputs, parts, skips = {}, [], []
    for name, width in widths.dense.items():
        x = inputs[name] = tf_keras.Input((width,), name=name)
        skip = tf_keras.layers.Dense(LEARNING.width, use_bias=False, kernel_initializer="zeros", name=f"skip_{name}")
        skips.append(skip(x))
        parts.append(ToSpan(block_scale, name=f"span_{name}")(x) if name == BLOCK else x)
    for name, (size, width) in widths.ids.items():
        inputs[name] = tf_keras.Input((1,), dtype="int32", name=name)
        # Looked up by a list of ids: WebGPU takes no matrix of them.
        ids = tf_keras.layers.Reshape((), name=f"list_{name}")(inputs[name])
        parts.append(tf_keras.layers.Embedding(size, width, name=f"embedding_{name}")(ids))
    joined = parts[0] if len(parts) == 1 else tf_keras.layers.Concatenate(name="core_inputs")(parts)
    skip = skips[0] if len(skips) == 1 else tf_keras.layers.Add(name="skip")(skips)
    return tf_keras.Model(inputs, [joined, skip], name="front")


class ToSpan(tf_keras.layers.Layer):
    """x times a fixed scale, clipped to [-SPAN, SPAN].

    Args:
        scale: float32 `[width]`.
        name: of the layer.
    """

    def __init__(self, scale: FloatArray, name: str) -> None:
        super().__init__(name=name)
        self._scale = tf.constant(scale, tf.float32)

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """float32 `[batch, width]` to the same."""
        return tf.clip_by_value(x * self._scale, -SPAN, SPAN)


def span_scale(block: npt.NDArray[Any], share: float = 0.999) -> FloatArray:
    """float32 `[width]`: what brings `share` of the rows of float32 `[rows, width]` into the span."""
    size = np.quantile(np.abs(block), share, axis=0)
    return (SPAN / np.where(size > 0, size, SPAN)).astype(np.float32)


def build_core(width: int, training: Training, start: float) -> tf_keras.Model:
    """Dense layers with ReLU, then one linear output.

    A flat functional model, because the optimization toolkit takes nothing else.

    Args:
        width: of the input.
        training: layer widths, dropout and weight decay.
        start: first value of the output bias.
    """
    decay = tf_keras.regularizers.l2(training.weight_decay) if training.weight_decay else None
    inputs = x = tf_keras.Input((width,), name="core_input")
    for number, units in enumerate(training.units, start=1):
        x = tf_keras.layers.Dense(units, activation="relu", kernel_regularizer=decay, name=f"{CORE}_hidden_{number}")(x)
        if training.dropout:
            x = tf_keras.layers.Dropout(training.dropout, name=f"{CORE}_dropout_{number}")(x)
    bias = tf_keras.initializers.Constant(start)
    x = tf_keras.layers.Dense(LEARNING.width, bias_initializer=bias, name=OUTPUT_LAYER)(x)
    return tf_keras.Model(inputs, x, name=CORE)


def join(front: tf_keras.Model, core: tf_keras.Model) -> tf_keras.Model:
    """Front and core as one model over the same weights: core plus skip, float32 `[batch, width]` of the label."""
    joined, skip = front.outputs
    return tf_keras.Model(front.inputs, core(joined) + skip)


def without_dropout(core: tf_keras.Model, training: Training) -> tf_keras.Model:
    """The same weights in a core that drops nothing: compression has little left to regularize."""
    width = int(core.input_shape[1])
    plain = build_core(width, training.model_copy(update={"dropout": 0.0}), 0.0)
    plain.set_weights(core.get_weights())
    return plain
