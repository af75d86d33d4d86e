"""The scale on which a number is learned: standardized, and as its logarithm where it is positive and heavily skewed.

A network then learns the same whatever the label's unit is: dollars, cents or millions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from pydantic import ConfigDict

from components.task.encoding import Predicted
from components.task.settings import Loss
from data.vocabulary import LabelScale

FloatArray = npt.NDArray[np.float32]
Kind = Literal["auto", "linear", "log"]

SKEWED, EVEN = 3.0, 1.0
"""`auto` takes the logarithm where the label's skewness is above the first and that of its logarithm within the second;
by measurement, see decision 0081."""
ABOVE = 0.5
"""How far beyond the largest logarithm seen a prediction may go: a factor of 1.6, since exp makes much of little."""

BIAS = 0.15
"""Share of the RMSE above which a mean error is taken out; by itself it makes 1 % of the RMSE."""


class NumberScale(LabelScale):
    """label = mean + std * output + shift, or smearing * exp(mean + std * output).

    The smearing is the mean label over the mean of the predictions before it, on the training rows (N. Duan, "Smearing
    Estimate", 1983), and the shift the difference of the two.
    """

    # No field is new, and to look for docstrings takes half a second once TensorFlow's thousands of modules are there.
    model_config = ConfigDict(use_attribute_docstrings=False)

    @classmethod
    def learned(cls, label: FloatArray, kind: Kind = "auto") -> NumberScale:
        """From the labels `[rows]` of the training rows.

        Raises:
            ValueError: the logarithm is asked for, and a label is not positive.
        """
        values = np.asarray(label, np.float64)
        if kind == "log" and values.min() <= 0:
            raise ValueError(
                f"training.label_scale is log, but the smallest label of the training rows is {values.min():g}, and "
                "only positive ones have a logarithm; set it to linear"
            )
        log = kind == "log" or (kind == "auto" and _calls_for_log(values))
        learned = np.log(values) if log else values
        return cls(
            log=log,
            mean=float(learned.mean()),
            std=_spread(learned),
            highest=float(learned.max()),
            spread=_spread(values),
            smearing=1.0,
        )

    def encode(self, label: FloatArray) -> FloatArray:
        """What the network's output is compared with, float32 `[rows]`."""
        values = np.asarray(label, np.float64)
        if self.log:  # a teacher's labels may be anything
            values = np.log(np.maximum(values, np.finfo(np.float32).tiny))
        return np.asarray((values - self.mean) / self.std, np.float32)

    def decode(self, output: tf.Tensor) -> tf.Tensor:
        """Predictions float32 `[rows]` in label units, of the network's output `[rows, 1]`."""
        learned = tf.squeeze(output, 1) * self.std + (self.mean + self.shift)
        return tf.exp(tf.minimum(learned, self.highest + ABOVE)) * self.smearing if self.log else learned

    def corrected(self, train: Predicted, validation: Predicted, loss: Loss) -> NumberScale:
        """With the smearing that the predictions of the training rows call for, as the mean of a logarithm is not the
        logarithm of the mean; or with a shift, see `Loss.kind`."""
        if not self.log and loss.kind != "unbiased_huber":
            return self
        predictions, label = (np.asarray(one, np.float64) for one in train())
        if self.log:
            return self.model_copy(update={"smearing": self.smearing * float(label.mean() / predictions.mean())})
        off = label - predictions
        bias = float(off.mean())
        above = abs(bias) > BIAS * float(np.sqrt(np.mean(off**2)))
        return self.model_copy(update={"shift": self.shift + bias}) if above else self

    def of_output(self) -> Mapping[str, Any]:
        """Nothing."""
        return {}

    def described(self) -> LabelScale:
        """Itself."""
        return self


def _spread(values: npt.NDArray[np.float64]) -> float:
    """Standard deviation; 1 where it is nothing but what the mean of equal values has rounded."""
    found = float(values.std())
    return found if found > 1e-12 * float(np.abs(values).max()) else 1.0


def _calls_for_log(values: npt.NDArray[np.float64]) -> bool:
    return bool(values.min() > 0 and _skewness(values) > SKEWED and abs(_skewness(np.log(values))) < EVEN)


def _skewness(values: npt.NDArray[np.float64]) -> float:
    """Third standardized moment; 0 where nothing varies."""
    off = values - values.mean()
    spread = off.std()
    return float(np.mean((off / spread) ** 3)) if spread else 0.0
