"""The network: embeddings in front, a dense core behind. Compression works on the core alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import tf_keras

from components.settings import Training

CORE = "core"


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
    def total(self) -> int:
        """Width of the core's input."""
        return sum(self.dense.values()) + sum(width for _, width in self.ids.values())


def build_front(widths: Widths) -> tf_keras.Model:
    """Inputs to one float32 `[batch, total]`: floats as they are, ids through their embeddings."""
    inputs, parts = {}, []
    for name, width in widths.dense.items():
        inputs[name] = tf_keras.Input((width,), name=name)
        parts.append(inputs[name])
    for name, (size, width) in widths.ids.items():
        inputs[name] = tf_keras.Input((1,), dtype="int32", name=name)
        rows = tf_keras.layers.Embedding(size, width, name=f"embedding_{name}")(inputs[name])
        parts.append(tf_keras.layers.Reshape((width,))(rows))
    joined = parts[0] if len(parts) == 1 else tf_keras.layers.Concatenate()(parts)
    return tf_keras.Model(inputs, joined, name="front")


def build_core(width: int, training: Training, start: float) -> tf_keras.Model:
    """Dense layers with ReLU, then one linear output over the last of them *and* the input (a skip connection).

    The skip carries the linear part of a fare past the 8-bit layers, which would round it. A flat functional model,
    because the optimization toolkit takes nothing else.

    Args:
        width: of the input.
        training: layer widths, dropout and weight decay.
        start: first value of the output bias, such as the median label: the net then learns differences only.
    """
    decay = tf_keras.regularizers.l2(training.weight_decay) if training.weight_decay else None
    inputs = x = tf_keras.Input((width,), name="core_input")
    for number, units in enumerate(training.units, start=1):
        x = tf_keras.layers.Dense(units, activation="relu", kernel_regularizer=decay, name=f"{CORE}_hidden_{number}")(x)
        if training.dropout:
            x = tf_keras.layers.Dropout(training.dropout, name=f"{CORE}_dropout_{number}")(x)
    x = tf_keras.layers.Concatenate(name=f"{CORE}_skip")([x, inputs])
    bias = tf_keras.initializers.Constant(start)
    x = tf_keras.layers.Dense(1, bias_initializer=bias, name=f"{CORE}_output")(x)
    return tf_keras.Model(inputs, x, name=CORE)


def join(front: tf_keras.Model, core: tf_keras.Model) -> tf_keras.Model:
    """Front and core as one model over the same weights; output float32 `[batch, 1]`."""
    return tf_keras.Model(front.inputs, core(front.output))


def without_dropout(core: tf_keras.Model, training: Training) -> tf_keras.Model:
    """The same weights in a core that drops nothing: compression has little left to regularize."""
    width = int(core.input_shape[1])
    plain = build_core(width, training.model_copy(update={"dropout": 0.0}), 0.0)
    plain.set_weights(core.get_weights())
    return plain
