"""What a kind of label has to answer of the scale that it is learned on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from components.task.settings import Loss
from data.vocabulary import LabelScale

FloatArray = npt.NDArray[np.float32]
Predicted = Callable[[], tuple[FloatArray, FloatArray]]
"""A network's predictions of some rows, by the encoding that is corrected, and the rows' labels `[rows]`; a call
computes them."""


class Encoding(Protocol):
    """How labels and the network's outputs are told in each other's terms; learned from the training rows."""

    def encode(self, label: FloatArray) -> npt.NDArray[Any]:
        """What the loss compares with the network's output, of labels `[rows]`."""

    def decode(self, output: tf.Tensor) -> tf.Tensor:
        """Predictions `[rows]`, activated, of the network's output `[rows, width]`."""

    def corrected(self, train: Predicted, validation: Predicted, loss: Loss) -> Encoding:
        """For a network that was trained by a loss: without the bias that it has on the training rows, or as sure as it
        is right on the validation rows."""

    def of_output(self) -> Mapping[str, Any]:
        """What the interface says of the output besides: `decision`, `temperature_scaling`; nothing of a number."""

    def described(self) -> LabelScale | None:
        """For the interface; None for labels that are no numbers."""
