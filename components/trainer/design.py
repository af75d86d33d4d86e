"""A network before it is trained: settled choices, shapes, scales."""

from __future__ import annotations

from dataclasses import dataclass

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import tf_keras

from components.settings import SettledTraining
from components.task.encoding import Encoding
from components.task.learning import Learning
from components.trainer import members, network


@dataclass(frozen=True)
class Design:
    """What every phase of one training shares.

    Attributes:
        training: choices, none of them `auto`.
        widths: of the inputs.
        block_scale: see `network.span_scale`.
        encoding: of the label.
        learning: of the label.
    """

    training: SettledTraining
    widths: network.Widths
    block_scale: network.FloatArray
    encoding: Encoding
    learning: Learning

    def loss(self) -> tf_keras.losses.Loss:
        """Of encoded labels and outputs."""
        return self.learning.loss(self.training.loss, self.encoding)

    def front(self, eight_bit: bool = False) -> tf_keras.Model:
        """A new one."""
        return network.build_front(self.widths, self.block_scale, eight_bit)

    def core(self, apart: bool = False) -> tf_keras.Model:
        """A new one, or its members, see `components.trainer.members`."""
        build = members.build if apart else network.build_core
        return build(self.widths.total, self.training, self.widths.outputs)

    def baked(self, front: tf_keras.Model, eight_bit: bool) -> tf_keras.Model:
        """A trained front as a file has it."""
        return network.bake(front, self.widths, self.block_scale, eight_bit)
