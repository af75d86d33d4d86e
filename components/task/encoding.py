"""What a kind of label has to answer of the scale that it is learned on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from data.vocabulary import LabelScale

FloatArray = npt.NDArray[np.float32]


class Encoding(Protocol):
    """How labels and the network's outputs are told in each other's terms; learned from the training rows.

    Attributes:
        biased: whether learning on this scale shifts the mean of the predictions, which `corrected` then undoes.
    """

    @property
    def biased(self) -> bool:
        """See above."""

    def encode(self, label: FloatArray) -> npt.NDArray[Any]:
        """What the loss compares with the network's output, of labels `[rows]`."""

    def decode(self, output: tf.Tensor) -> tf.Tensor:
        """Predictions `[rows]`, activated, of the network's output `[rows, width]`."""

    def corrected(self, predictions: FloatArray, label: FloatArray) -> Encoding:
        """Without the bias that these predictions of the training rows have; the same where it brings none."""

    def calibrated(self, predictions: FloatArray, label: FloatArray) -> Encoding:
        """As sure as it is right on the validation rows, whose predictions these are; the same for a number."""

    def of_output(self) -> Mapping[str, Any]:
        """What the interface says of the output besides: `decision`, `temperature_scaling`; nothing of a number."""

    def described(self) -> LabelScale | None:
        """For the interface; None for labels that are no numbers."""
