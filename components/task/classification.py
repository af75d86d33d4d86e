"""What yes-or-no labels and labels of several classes have in common: metrics of probabilities, in NumPy."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from components.task.metric import Metric, average

Array = npt.NDArray[Any]
LEAST = 1e-7
"""No probability counts as less, since the logarithm of nothing has no end; as Keras and TFMA have it."""
BINS = 15
"""Of equal width, of the calibration error."""


def log_losses(probability_of_label: Array) -> Array:
    """Of each row, in nats."""
    return -np.log(np.clip(np.asarray(probability_of_label, np.float64), LEAST, 1 - LEAST))


def roc_auc(score: Array, positive: Array) -> float:
    """Area under the ROC curve by ranks, ties by half (Mann-Whitney); NaN where one side has no row."""
    yes = int(np.sum(positive))
    no = len(positive) - yes
    if not yes or not no:
        return math.nan
    _, place, count = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    return float((ranks[positive].sum() - yes * (yes + 1) / 2) / (yes * no))


def average_precision(score: Array, positive: Array) -> float:
    """Area under the precision-recall curve as the sum of precision times gain in recall; NaN without a positive."""
    if not np.any(positive):
        return math.nan
    precision, recall, _ = precision_recall(score, positive)
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def precision_recall(score: Array, positive: Array) -> tuple[Array, Array, Array]:
    """Precision and recall at each distinct score as threshold, falling, and these."""
    order = np.argsort(-np.asarray(score, np.float64), kind="stable")
    falling, hits = np.asarray(score, np.float64)[order], np.cumsum(np.asarray(positive)[order])
    last = np.flatnonzero(np.diff(falling, append=-np.inf))
    return hits[last] / (last + 1), hits[last] / max(int(hits[-1]), 1), falling[last]


def calibration_error(confidence: Array, correct: Array) -> float:
    """Expected calibration error: over bins of confidence, the mean distance of confidence from the share correct."""
    place = np.minimum((np.asarray(confidence, np.float64) * BINS).astype(int), BINS - 1)
    rows = np.bincount(place, minlength=BINS)
    off = np.bincount(place, np.asarray(confidence, np.float64) - correct, minlength=BINS)
    return float(np.abs(off).sum() / max(int(rows.sum()), 1))


def ratio(part: float, whole: float) -> float:
    """0 of nothing, as scikit-learn has it."""
    return part / whole if whole else 0.0


def harmonic(precision: float, recall: float) -> float:
    """F1."""
    return ratio(2 * precision * recall, precision + recall)


def counted(decided: Array, label: Array, count: int) -> Array:
    """Confusion matrix int `[count, count]`: rows are labels, columns are decisions."""
    both = np.asarray(label, int) * count + np.asarray(decided, int)
    return np.bincount(both, minlength=count * count).reshape(count, count)


def by_class(confusion: Array) -> tuple[list[float], list[float], list[float]]:
    """Precision, recall and F1 of each class that has labels or decisions; the recall of those with labels only."""
    hits, labels, decisions = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    there = np.flatnonzero(labels + decisions)
    precision = [ratio(float(hits[one]), float(decisions[one])) for one in there]
    recall = [ratio(float(hits[one]), float(labels[one])) for one in there]
    f1 = [harmonic(*pair) for pair in zip(precision, recall, strict=True)]
    return precision, recall, f1


def balanced(confusion: Array) -> float:
    """Mean recall of the classes that have labels; NaN without a row."""
    labels = confusion.sum(axis=1)
    there = labels > 0
    return float(np.mean(np.diag(confusion)[there] / labels[there])) if there.any() else math.nan


def mean(values: Sequence[float]) -> float:
    """NaN of nothing."""
    return float(np.mean(values)) if len(values) else math.nan


def pure(name: str, title: str, meaning: str, of: Any, better: Any = "higher") -> Metric:
    """A metric that is a pure number."""
    return Metric(name, title, meaning, of, better=better, ideal=float(better == "higher"), in_label_units=False)


def pure_average(name: str, title: str, meaning: str, mean_of: Any, better: Any = "lower") -> Metric:
    """The same as a mean over rows."""
    ideal = float(better == "higher")
    return average(name, title, meaning, mean_of, better=better, ideal=ideal, in_label_units=False)


class Classification:
    """See `components.task.task.Task`; labels are places in `classes`.

    Attributes:
        classes: texts of the values, in the order of the outputs; of a binary label no and yes.
    """

    metrics: Mapping[str, Metric]
    primary: Metric
    shown: tuple[str, ...] = ("log_loss", "accuracy", "balanced_accuracy", "roc_auc", "f1", "calibration_error")
    brief: tuple[str, ...] = ("log_loss", "accuracy")
    of_part: tuple[str, ...] = ("log_loss", "accuracy")
    selects = "log_loss"
    increases: Mapping[str, float] = {"log_loss": 0.05, "accuracy": 0.02}
    baselines: Mapping[str, str] = {
        "shares": "majority class, by shares of the training rows",
        "logistic": "logistic regression, same features",
    }
    max_flipped: float | None = 0.05
    residuals = False
    caution = "Few rows of a class make its figures uncertain."
    behind_linear = ""

    def __init__(self, classes: Sequence[str]) -> None:
        self.classes = tuple(classes)

    def measure(self, predicted: Array, label: Array, names: Iterable[str]) -> dict[str, float]:
        """Pure numbers."""
        return {name: self.metrics[name].of(predicted, label) for name in names}

    def judged(self, predicted: Array, label: Array) -> dict[str, float]:
        """All of them."""
        return self.measure(predicted, label, self.metrics)

    def from_tfma(self, values: Mapping[str, float]) -> dict[str, float]:
        """Those that TFMA measures, which have our names there."""
        return {name: values[name] for name in self.metrics if name in values}

    def completed(self, measured: Mapping[str, Any]) -> dict[str, Any]:
        """The record as it is."""
        return dict(measured)

    def skill(self, value: float, of_mean: float) -> float:
        """1 minus the log loss over that of the shares (McFadden's pseudo R squared, 1974)."""
        return 1 - value / of_mean if of_mean else -math.inf

    def spread(self, rows: int) -> float:
        """Of a mean over rows whose losses spread about as much as they are."""
        return 1 / math.sqrt(max(rows, 1))
