"""One of several classes: the prediction is a probability for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from components.task.classification import (
    Classification,
    average_precision,
    balanced,
    by_class,
    calibration_error,
    counted,
    log_losses,
    mean,
    pure,
    pure_average,
    roc_auc,
)
from components.task.metric import Metric

Array = npt.NDArray[Any]


def _loss(predicted: Array, label: Array) -> Array:
    return log_losses(predicted[np.arange(len(label)), np.asarray(label, int)])


def _brier(predicted: Array, label: Array) -> Array:
    wanted = np.eye(predicted.shape[1])[np.asarray(label, int)]
    return np.asarray(np.square(np.asarray(predicted, np.float64) - wanted).sum(axis=1))


def _right(predicted: Array, label: Array) -> Array:
    return np.asarray(np.argmax(predicted, axis=1) == label, np.float64)


def _each(of: Callable[[Array, Array], float]) -> Callable[[Array, Array], float]:
    """The mean over the classes that have labels, each against the rest."""

    def over(predicted: Array, label: Array) -> float:
        there = np.unique(np.asarray(label, int))
        return mean([of(predicted[:, one], np.asarray(label) == one) for one in there])

    return over


def _confusion(predicted: Array, label: Array) -> Array:
    return counted(np.argmax(predicted, axis=1), label, predicted.shape[1])


def _mean_of(place: int) -> Callable[[Array, Array], float]:
    return lambda predicted, label: mean(by_class(_confusion(predicted, label))[place])


_METRICS = (
    pure_average("log_loss", "log loss", "mean negative logarithm of the label's probability", _loss),
    pure_average("accuracy", "accuracy", "share of rows whose likeliest class is the label (Top-1)", _right, "higher"),
    pure("balanced_accuracy", "balanced acc.", "mean recall of the classes", lambda p, y: balanced(_confusion(p, y))),
    pure("roc_auc", "ROC AUC", "mean area under the ROC curves, each class against the rest", _each(roc_auc)),
    pure("pr_auc", "PR AUC", "mean average precision, likewise", _each(average_precision)),
    pure_average("brier", "Brier", "sum over classes of the squared distance of probability from label", _brier),
    pure("f1", "F1", "mean over classes (macro) of the harmonic mean of precision and recall", _mean_of(2)),
    pure("precision", "precision", "mean over classes (macro)", _mean_of(0)),
    pure("recall", "recall", "mean over classes (macro)", _mean_of(1)),
    pure(
        "calibration_error",
        "cal. error",
        "mean distance of the likeliest class's probability from its accuracy, in 15 bins (ECE)",
        lambda p, y: calibration_error(np.max(p, axis=1), _right(p, y)),
        "lower",
    ),
)


class Classes(Classification):
    """See `components.task.task.Task`; predictions are `[rows, classes]`, labels places in `classes`."""

    kind = "classes"
    metrics: Mapping[str, Metric] = {one.name: one for one in _METRICS}
    primary = metrics["log_loss"]

    def __init__(self, classes: Sequence[str] = (), decision: Mapping[str, Any] | None = None) -> None:
        super().__init__(classes)

    def decisions(self, predicted: Array) -> Array | None:
        """The likeliest class."""
        return np.argmax(predicted, axis=1)

    def confidence(self, predicted: Array, label: Array) -> tuple[Array, Array]:
        """Of the likeliest class."""
        return np.asarray(np.max(predicted, axis=1), np.float64), _right(predicted, label)

    def decided(self, row: Any) -> tuple[str, float] | None:
        """The likeliest class, and its probability."""
        place = int(np.argmax(row))
        return self.classes[place], float(row[place])

    def tfma_metrics(self) -> list[tuple[str, dict[str, Any]]]:
        """TFMA has no more than these of several classes; the file itself is held to the rest."""
        return [
            ("SparseCategoricalCrossentropy", {"name": "log_loss"}),
            ("SparseCategoricalAccuracy", {"name": "accuracy"}),
        ]

    def difference(self, one: Array, other: Array) -> Array:
        """Largest of the probabilities'."""
        return np.asarray(np.abs(np.asarray(one, np.float64) - np.asarray(other, np.float64)).max(axis=1))

    def number_of(self, predicted: Array, name: str) -> Array:
        """Of the class of that name."""
        return np.asarray(predicted[:, self.classes.index(name)], np.float64)

    def output(self, column: str, unit: str | None) -> dict[str, Any]:
        """Probabilities in the order of the classes."""
        return {
            "dtype": "float32",
            "shape": [1, len(self.classes)],
            "unit": None,
            "meaning": f"probability of each class of {column}; they sum to 1",
            "kind": self.kind,
            "classes": list(self.classes),
            "decision": {"chosen_by": "likeliest class"},
        }
