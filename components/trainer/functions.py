"""Networks as functions of named tensors, whole and in pieces."""

from __future__ import annotations

from collections.abc import Callable

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import tensorflow as tf
import tf_keras

from components.task.encoding import Encoding
from components.trainer import export
from components.trainer.phases import Net


def split(net: Net, encoding: Encoding) -> export.Parts:
    """The network in the pieces that the converter takes one by one."""
    names = net.front.input_names
    inputs = x = tf_keras.Input(net.core.input_shape[1:])
    *before, output = net.core.layers[1:]
    for layer in before:
        x = layer(x)
    hidden = tf_keras.Model(inputs, x)

    def front(inputs: export.Tensors) -> tuple[tf.Tensor, tf.Tensor]:
        core_input, skip = net.front([inputs[name] for name in names], training=False)
        return core_input, skip

    return export.Parts(
        front,
        lambda x: hidden(x, training=False),
        output,
        encoding.decode,
        width=int(net.core.input_shape[1]),
        hidden_width=int(hidden.output_shape[1]),
        outputs=int(output.units),
    )


def as_function(model: tf_keras.Model, encoding: Encoding) -> Callable[[export.Tensors], tf.Tensor]:
    """A Keras model as a function of named tensors, to float32 `[batch]`."""
    names = model.input_names

    def call(inputs: export.Tensors) -> tf.Tensor:
        return encoding.decode(model([inputs[name] for name in names], training=False))

    return call
