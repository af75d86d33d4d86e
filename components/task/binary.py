"""Yes or no: the prediction is the probability of yes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from components.task.classification import (
    Classification,
    average_precision,
    balanced,
    calibration_error,
    counted,
    harmonic,
    log_losses,
    pure,
    pure_average,
    ratio,
    roc_auc,
)
from components.task.metric import Metric

Array = npt.NDArray[Any]


def _loss(predicted: Array, label: Array) -> Array:
    probability = np.asarray(predicted, np.float64)
    return log_losses(np.where(np.asarray(label) == 1, probability, 1 - probability))


def _brier(predicted: Array, label: Array) -> Array:
    return np.asarray(np.square(np.asarray(predicted, np.float64) - label))


class Binary(Classification):
    """See `components.task.task.Task`; predictions are probabilities of yes `[rows]`, labels 0 and 1.

    Args:
        classes: no and yes.
        decision: as `output` tells it; its `threshold` is the least probability that is a yes.
    """

    kind = "binary"

    def __init__(self, classes: Sequence[str] = ("no", "yes"), decision: Mapping[str, Any] | None = None) -> None:
        super().__init__(classes)
        self._decision = dict(decision or {"threshold": 0.5, "chosen_by": "fixed"})
        self.threshold = float(self._decision["threshold"])
        self.metrics: Mapping[str, Metric] = {one.name: one for one in self._metrics()}
        self.primary = self.metrics["log_loss"]

    def _metrics(self) -> list[Metric]:
        at = "at the threshold"
        return [
            pure_average("log_loss", "log loss", "mean negative logarithm of the label's probability", _loss),
            pure_average("accuracy", "accuracy", f"share of right decisions {at}", self._right, "higher"),
            pure("balanced_accuracy", "balanced acc.", f"mean recall of yes and no {at}", self._balanced),
            pure("roc_auc", "ROC AUC", "area under the ROC curve; NaN of one class", lambda p, y: roc_auc(p, y == 1)),
            pure("pr_auc", "PR AUC", "average precision; NaN without a yes", lambda p, y: average_precision(p, y == 1)),
            pure_average("brier", "Brier", "mean squared distance of probability from label", _brier),
            pure("f1", "F1", f"harmonic mean of precision and recall {at}", lambda p, y: harmonic(*self._two(p, y))),
            pure("precision", "precision", f"share of right ones among decisions for yes {at}", self._precision),
            pure("recall", "recall", f"share of the yes that is found {at}", self._recall),
            pure(
                "calibration_error",
                "cal. error",
                "mean distance of probability from share, in 15 bins (ECE)",
                lambda p, y: calibration_error(p, y == 1),
                "lower",
            ),
        ]

    def decisions(self, predicted: Array) -> Array | None:
        """1 where the threshold is reached."""
        return np.asarray(np.asarray(predicted, np.float32) >= np.float32(self.threshold), np.int64)

    def confidence(self, predicted: Array, label: Array) -> tuple[Array, Array]:
        """Of yes."""
        return np.asarray(predicted, np.float64), np.asarray(label == 1, np.float64)

    def decided(self, row: Any) -> tuple[str, float] | None:
        """The class that is decided for, and its probability."""
        yes = bool(np.float32(row) >= np.float32(self.threshold))
        return self.classes[yes], float(row) if yes else 1 - float(row)

    def _confusion(self, predicted: Array, label: Array) -> Array:
        decided = self.decisions(predicted)
        assert decided is not None
        return counted(decided, label, 2)

    def _right(self, predicted: Array, label: Array) -> Array:
        return np.asarray(self.decisions(predicted) == label, np.float64)

    def _balanced(self, predicted: Array, label: Array) -> float:
        return balanced(self._confusion(predicted, label))

    def _two(self, predicted: Array, label: Array) -> tuple[float, float]:
        return self._precision(predicted, label), self._recall(predicted, label)

    def _precision(self, predicted: Array, label: Array) -> float:
        (_, false), (_, hits) = self._confusion(predicted, label)
        return ratio(float(hits), float(hits + false))

    def _recall(self, predicted: Array, label: Array) -> float:
        _, (missed, hits) = self._confusion(predicted, label)
        return ratio(float(hits), float(hits + missed))

    def tfma_metrics(self) -> list[tuple[str, dict[str, Any]]]:
        """All but the calibration error and the area under precision and recall, which TFMA interpolates by slopes that
        many rows of one score make infinite. It decides for yes strictly above a threshold."""
        at = {"thresholds": [float(np.nextafter(np.float32(self.threshold), np.float32(0)))]}
        return [
            ("BinaryCrossentropy", {"name": "log_loss"}),
            ("BinaryAccuracy", {"name": "accuracy", "threshold": at["thresholds"][0]}),
            ("BalancedAccuracy", {"name": "balanced_accuracy", **at}),
            ("AUC", {"name": "roc_auc"}),
            ("MeanSquaredError", {"name": "brier"}),
            ("F1Score", {"name": "f1", **at}),
            ("Precision", {"name": "precision", **at}),
            ("Recall", {"name": "recall", **at}),
        ]

    def difference(self, one: Array, other: Array) -> Array:
        """Of the probabilities."""
        return np.abs(np.asarray(one, np.float64) - np.asarray(other, np.float64))

    def number_of(self, predicted: Array, name: str) -> Array:
        """Of yes, or what is left of 1."""
        yes = np.asarray(predicted, np.float64)
        return yes if self.classes.index(name) else 1 - yes

    def output(self, column: str, unit: str | None) -> dict[str, Any]:
        """The probability of yes."""
        return {
            "dtype": "float32",
            "shape": [1],
            "unit": None,
            "meaning": f"probability that {column} is {self.classes[1]}",
            "kind": self.kind,
            "classes": list(self.classes),
            "decision": self._decision,
        }
