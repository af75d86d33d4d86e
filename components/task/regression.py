"""Regression: the label is one number."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from components.task.metric import Metric, average

Array = npt.NDArray[Any]


def _off(predicted: Array, label: Array) -> Array:
    return np.asarray(predicted, np.float64) - label


def _mean(values: Array) -> float:
    return float(np.mean(values, dtype=np.float64))


def _ratio(prediction: float, label: float) -> float:
    return prediction / label if label else math.nan


def _calibration(predicted: Array, label: Array) -> float:
    return _ratio(_mean(predicted), _mean(label))


def _square(predicted: Array, label: Array) -> Array:
    return np.asarray(np.square(_off(predicted, label)))


def _size(predicted: Array, label: Array) -> Array:
    return np.abs(_off(predicted, label))


RMSE = average("rmse", "RMSE", "root of the mean squared error", _square, from_mean=np.sqrt)
MAE = average("mae", "MAE", "mean absolute error", _size)
BIAS = average("bias", "bias", "mean prediction minus mean label", _off, better="ideal")
CALIBRATION = Metric(
    "calibration",
    "calibration",
    "mean prediction over mean label; NaN if that is 0",
    _calibration,
    better="ideal",
    ideal=1.0,
    in_label_units=False,
)

_FROM_TFMA = {
    "root_mean_squared_error": "rmse",
    "mean_absolute_error": "mae",
    "mean_prediction": "mean_prediction",
    "mean_label": "mean_label",
}


class Regression:
    """See `components.task.task.Task`; predictions and labels are in label units."""

    kind = "number"
    classes: tuple[str, ...] = ()
    metrics: Mapping[str, Metric] = {one.name: one for one in (RMSE, MAE, BIAS, CALIBRATION)}
    primary = RMSE
    shown: tuple[str, ...] = ("rmse", "mae", "bias")
    brief: tuple[str, ...] = ("rmse", "mae")
    of_part: tuple[str, ...] = ("mae", "bias")
    selects = "mae"
    increases: Mapping[str, float] = {"rmse": 0.02, "mae": 0.02}
    baselines: Mapping[str, str] = {"mean": "mean of the training rows", "linear": "linear model, same features"}
    max_flipped: float | None = None
    residuals = True
    caution = "A few rows that are far off decide the RMSE, so compare models on the same rows only."
    behind_linear = "by squared errors, which follow rare large labels as huber does not: try training.loss.kind: mse"

    def measure(self, predicted: Array, label: Array, names: Iterable[str]) -> dict[str, float]:
        """In label units, but for calibration."""
        return {name: self.metrics[name].of(predicted, label) for name in names}

    def judged(self, predicted: Array, label: Array) -> dict[str, float]:
        """The four, and the means of prediction and label."""
        means = {"mean_prediction": _mean(predicted), "mean_label": _mean(label)}
        return {**self.measure(predicted, label, self.metrics), **means}

    def tfma_metrics(self) -> list[tuple[str, dict[str, Any]]]:
        """All but bias and calibration, which follow from the two means."""
        return [(name, {}) for name in ("RootMeanSquaredError", "MeanAbsoluteError", "MeanPrediction", "MeanLabel")]

    def from_tfma(self, values: Mapping[str, float]) -> dict[str, float]:
        """As `judged`."""
        return self.completed({ours: values[theirs] for theirs, ours in _FROM_TFMA.items()})

    def completed(self, measured: Mapping[str, Any]) -> dict[str, Any]:
        """With bias and calibration of the two means, where both are there."""
        prediction, label = measured.get("mean_prediction"), measured.get("mean_label")
        if prediction is None or label is None:
            return dict(measured)
        return {"bias": prediction - label, "calibration": _ratio(prediction, label), **measured}

    def skill(self, value: float, of_mean: float) -> float:
        """1 minus the squared error over the mean's (A. H. Murphy, 1988)."""
        return 1 - (value / of_mean) ** 2 if of_mean else -math.inf

    def spread(self, rows: int) -> float:
        """Of normal errors: RMSE has a spread of 1 / sqrt(2 rows)."""
        return 1 / math.sqrt(2 * max(rows, 1))

    def difference(self, one: Array, other: Array) -> Array:
        """Size of the difference, in label units."""
        return _size(one, np.asarray(other, np.float64))

    def decisions(self, predicted: Array) -> Array | None:
        """A number decides nothing."""
        return None

    def confidence(self, predicted: Array, label: Array) -> tuple[Array, Array]:
        """Of no row."""
        return np.zeros(0), np.zeros(0)

    def decided(self, row: Any) -> tuple[str, float] | None:
        """Likewise."""
        return None

    def number_of(self, predicted: Array, name: str) -> Array:
        """The prediction."""
        return np.asarray(predicted, np.float64)

    def output(self, column: str, unit: str | None) -> dict[str, Any]:
        """One number in label units."""
        return {"dtype": "float32", "shape": [1], "unit": unit, "meaning": f"predicted {column}"}
