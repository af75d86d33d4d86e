"""Several small networks that learn each for itself over one front, and are one network once they have learned.

Their mean errs less than one of them. Outputs are linear, so that the mean is again a core of dense layers: the first
layers of the members side by side, the later ones as blocks along the diagonal, and the mean of the outputs. Sharing
what stands in front costs little of the gain (Y. Gorishniy, A. Kotelnikov, A. Babenko, "TabM: Advancing Tabular Deep
Learning with Parameter-Efficient Ensembling", 2025).
"""

from __future__ import annotations

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tf_keras

from components.settings import SettledTraining
from components.trainer import dropout

FloatArray = npt.NDArray[np.float32]


class Dense(tf_keras.layers.Layer):
    """A dense layer of each member, float32 `[batch, members, width]` to `[batch, members, units]`."""

    def __init__(self, members: int, units: int, relu: bool, name: str) -> None:
        super().__init__(name=name)
        self._members, self._units, self._relu = members, units, relu

    def build(self, shape: tf.TensorShape) -> None:
        """One kernel and one offset for each member."""
        width = int(shape[-1])
        # Keras takes each further axis of a kernel for inputs too; an output starts at zero.
        he = tf_keras.initializers.VarianceScaling(2.0 * self._members, "fan_in", "truncated_normal")
        self.kernel = self.add_weight(
            "kernel", (self._members, width, self._units), initializer=he if self._relu else "zeros"
        )
        self.offset = self.add_weight("offset", (self._members, self._units), initializer="zeros")

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Each member's own."""
        x = tf.einsum("bmi,mio->bmo", x, self.kernel) + self.offset
        return tf.nn.relu(x) if self._relu else x


class _Mean(tf_keras.layers.Layer):
    """Leaves members apart while they learn, and is their mean `[batch, 1, width]` afterwards."""

    def call(self, x: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """float32 `[batch, members, width]`."""
        return x if training else tf.reduce_mean(x, axis=1, keepdims=True)


class OfEach(tf_keras.losses.Loss):
    """A loss of each member, in the mean: of encoded labels `[batch, width]` and outputs `[batch, members, width]`."""

    def __init__(self, loss: tf_keras.losses.Loss) -> None:
        super().__init__()
        self._of_one = loss

    def call(self, label: tf.Tensor, output: tf.Tensor) -> tf.Tensor:
        """float32 `[batch]`."""
        members, width = output.shape[1], output.shape[2]
        losses = self._of_one.call(
            tf.repeat(tf.reshape(label, (-1, width)), members, axis=0), tf.reshape(output, (-1, width))
        )
        return tf.reduce_mean(tf.reshape(losses, (-1, members)), axis=1)


def build(width: int, training: SettledTraining, outputs: int) -> tf_keras.Model:
    """The members, float32 `[batch, width]` to `[batch, members, outputs]`.

    Args:
        width: of the input.
        training: how many members, widths of their layers, and dropout.
        outputs: of each.
    """
    inputs = tf_keras.Input((width,), name="core_input")
    x = tf_keras.layers.Lambda(lambda one: tf.repeat(one[:, tf.newaxis], training.members, axis=1))(inputs)
    for number, units in enumerate(training.units, start=1):
        x = Dense(training.members, units, relu=True, name=f"members_hidden_{number}")(x)
        if training.dropout:
            x = dropout.after(number, training)(x)
    x = Dense(training.members, outputs, relu=False, name="members_output")(x)
    return tf_keras.Model(inputs, x, name="members")


def join(front: tf_keras.Model, core: tf_keras.Model) -> tf_keras.Model:
    """Front and members (`core`) as one model over the same weights; see `_Mean`."""
    joined, skip = front.outputs
    return tf_keras.Model(front.inputs, _Mean()(core(joined) + skip[:, tf.newaxis]))


def as_one(members: tf_keras.Model) -> list[FloatArray]:
    """Kernel and bias of each layer of the one network that predicts their mean."""
    own = [layer for layer in members.layers if isinstance(layer, Dense)]
    found: list[FloatArray] = []
    for number, layer in enumerate(own):
        kernel, bias = (np.asarray(one, np.float32) for one in layer.get_weights())
        if number == 0:
            found += [np.concatenate(list(kernel), axis=1), bias.reshape(-1)]
        elif layer is own[-1]:
            found += [np.concatenate(list(kernel), axis=0) / len(kernel), bias.mean(axis=0)]
        else:
            found += [_diagonal(kernel), bias.reshape(-1)]
    return found


def _diagonal(blocks: FloatArray) -> FloatArray:
    members, height, width = blocks.shape
    found = np.zeros((members, height, members, width), np.float32)
    for number, block in enumerate(blocks):
        found[number, :, number] = block
    return found.reshape(members * height, members * width)
