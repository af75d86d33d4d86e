"""Classes as a network learns them: logits beside the logarithms of the classes' shares, where it starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tf_keras
from scipy.optimize import minimize_scalar

from components.task.classification import LEAST, log_losses
from components.task.encoding import Predicted
from components.task.settings import Loss
from data.vocabulary import LabelScale

FloatArray = npt.NDArray[np.float32]
Array = npt.NDArray[Any]
Decide = Callable[[Array, Array], Mapping[str, Any]]

EXPECTED, SPREAD = 0.4, 0.3
"""Mean and standard deviation of a temperature's logarithm before anything is seen, as of a normal draw: a network that
has learned from few rows is surer than it should be, unless smoothed labels kept it from that: then the mean is 0. By
measurement, see decision 0081."""


@dataclass(frozen=True)
class Logits:
    """Probabilities = softmax((output + offset) / temperature), or the sigmoid of the one.

    Attributes:
        offset: one number, the logarithm of yes over no, or one for each class, the logarithm of its share.
        decide: what is decided by, of probabilities of the validation rows and their labels.
        temperature: above 1 makes less sure (C. Guo and others, "On Calibration of Modern Neural Networks", 2017).
        told: `decision` and `temperature_scaling` for the interface.
    """

    offset: tuple[float, ...]
    decide: Decide
    temperature: float = 1.0
    told: Mapping[str, Any] | None = None

    @property
    def one(self) -> bool:
        """Whether the network has a single output."""
        return len(self.offset) == 1

    def encode(self, label: FloatArray) -> FloatArray:
        """Shares float32 `[rows, width]`; labels are places `[rows]`, probabilities of yes, or shares already."""
        values = np.asarray(label, np.float32)
        if values.ndim == 2:
            return values
        return values[:, np.newaxis] if self.one else np.eye(len(self.offset), dtype=np.float32)[values.astype(int)]

    def decode(self, output: tf.Tensor) -> tf.Tensor:
        """Probabilities of yes `[rows]`, or of each class `[rows, classes]`."""
        scale = 1 / self.temperature
        logits = output if scale == 1 else output * scale
        logits = logits + tf.constant([scale * one for one in self.offset], tf.float32)
        return tf.sigmoid(tf.squeeze(logits, 1)) if self.one else tf.nn.softmax(logits)

    def corrected(self, train: Predicted, validation: Predicted, loss: Loss) -> Logits:
        """With the temperature that the validation rows call for, and what is then decided by.

        It is the likeliest by those rows and by what was expected (`EXPECTED`, `SPREAD`). By the lowest log loss alone,
        few rows that are all right would ask for a network that is sure without bound, and is wrong on the next one.
        """
        predictions, label = validation()
        logits, places = self._logits(predictions), np.asarray(label, int)

        expected = 0.0 if loss.label_smoothing else EXPECTED

        def unlikely(log: float) -> float:
            return _loss(logits / np.exp(log), places) + ((log - expected) / SPREAD) ** 2 / (2 * len(places))

        found = minimize_scalar(unlikely, bounds=(-2.0, 2.0), method="bounded")
        before, temperature = _loss(logits, places), float(np.exp(found.x))
        shares = _softmax(logits / temperature)
        scaling = {
            "temperature": temperature,
            "log_loss_before": before,
            "log_loss": _loss(logits / temperature, places),
        }
        decision = self.decide(shares[:, 1] if self.one else shares, np.asarray(label))
        told = {"temperature_scaling": scaling, "decision": dict(decision)}
        return replace(self, temperature=self.temperature * temperature, told=told)

    def _logits(self, predictions: Array) -> Array:
        shares = np.asarray(predictions, np.float64)
        if self.one:
            shares = np.stack([1 - shares, shares], axis=1)
        return np.log(np.clip(shares, LEAST, 1.0))

    def described(self) -> LabelScale | None:
        """It has no scale."""
        return None

    def of_output(self) -> Mapping[str, Any]:
        """See `Encoding`."""
        return self.told or {}


def _softmax(logits: Array) -> Array:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _loss(logits: Array, places: Array) -> float:
    return float(log_losses(_softmax(logits)[np.arange(len(places)), places]).mean())


def offset_of(shares: Array) -> tuple[float, ...]:
    """The offset that gives these shares `[classes]` where the network says nothing; none is taken for impossible."""
    logs = np.log(np.maximum(shares, 1e-6))
    return (float(logs[1] - logs[0]),) if len(shares) == 2 else tuple(float(one) for one in logs)


class CrossEntropy(tf_keras.losses.Loss):
    """Of shares `[rows, width]` and the network's outputs.

    Args:
        choice: smoothing.
        offset: of the encoding.
        weights: of the classes, or None.
    """

    def __init__(self, choice: Loss, offset: tuple[float, ...], weights: FloatArray | None) -> None:
        super().__init__()
        self._smoothing, self._offset = choice.label_smoothing, tf.constant(offset, tf.float32)
        self._weights = None if weights is None else tf.constant(weights, tf.float32)

    def call(self, shares: tf.Tensor, output: tf.Tensor) -> tf.Tensor:
        """float32 `[rows]`."""
        logits = output + self._offset
        shares = tf.cast(shares, tf.float32)
        one = self._offset.shape[0] == 1
        smooth = shares * (1 - self._smoothing) + self._smoothing / (2 if one else self._offset.shape[0])
        if one:
            losses = tf.nn.sigmoid_cross_entropy_with_logits(smooth, logits)[:, 0]
            shares = tf.concat([1 - shares, shares], axis=1)
        else:
            losses = tf.nn.softmax_cross_entropy_with_logits(smooth, logits)
        return losses if self._weights is None else losses * tf.linalg.matvec(shares, self._weights)
