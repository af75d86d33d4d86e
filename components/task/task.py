"""The seam for what is predicted: what every kind of label has to answer without TensorFlow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import numpy.typing as npt

from components.task.metric import Metric

Array = npt.NDArray[Any]


class Task(Protocol):
    """One kind of label.

    Attributes:
        kind: as `data.label.kind` has it.
        classes: texts of the values that are decided between, in the order of the outputs; none of a number.
        metrics: by name, in the order in which they are shown.
        primary: the one by which models are compared.
        shown: names of those that tables of one run show, and that manifests hold.
        brief: names of those that a line of history has room for, each a function of a mean over rows.
        of_part: names of those that a stretch of the rows is told by, the first for the worst stretch.
        selects: name of the one by which a study chooses.
        increases: share by which the file's metrics may be worse than the float model's unless configured, by name.
        baselines: plain models to beat, each with its title; the first knows the labels alone.
        max_flipped: usual limit on the share of rows where the file decides otherwise than the float model; None where
            nothing is decided.
        residuals: whether prediction minus label means anything, and `of_part` is measured of that.
        caution: what a reader of the metrics must know.
        behind_linear: why the linear model may learn what the network does not, and what to try; empty for no advice.
    """

    kind: str
    classes: tuple[str, ...]
    metrics: Mapping[str, Metric]
    primary: Metric
    shown: tuple[str, ...]
    brief: tuple[str, ...]
    of_part: tuple[str, ...]
    selects: str
    increases: Mapping[str, float]
    baselines: Mapping[str, str]
    max_flipped: float | None
    residuals: bool
    caution: str
    behind_linear: str

    def measure(self, predicted: Array, label: Array, names: Iterable[str]) -> dict[str, float]:
        """Metrics of those names, from predictions `[rows]`, or of classes `[rows, classes]`, and labels `[rows]`."""

    def judged(self, predicted: Array, label: Array) -> dict[str, float]:
        """All that the gate's record holds of a model: every metric, and what else it tells."""

    def tfma_metrics(self) -> list[tuple[str, dict[str, Any]]]:
        """Classes of TFMA's metrics that `from_tfma` reads, each with its configuration."""

    def from_tfma(self, values: Mapping[str, float]) -> dict[str, float]:
        """What `judged` gives, as far as TFMA measures it, of TFMA's values by TFMA's names."""

    def completed(self, measured: Mapping[str, Any]) -> dict[str, Any]:
        """A record of `judged` with the metrics that versions before did not write down."""

    def skill(self, value: float, of_mean: float) -> float:
        """What a model's primary metric is worth beside that of the first baseline: 0 the same, 1 perfect."""

    def spread(self, rows: int) -> float:
        """Share by which chance moves the primary metric on so many rows."""

    def difference(self, one: Array, other: Array) -> Array:
        """How far two outputs of the same rows lie apart, float64 `[rows]`, in the output's units."""

    def decisions(self, predicted: Array) -> Array | None:
        """The place of the class that each row is decided for, int `[rows]`; None where nothing is decided."""

    def confidence(self, predicted: Array, label: Array) -> tuple[Array, Array]:
        """The probability that is told of each row, and whether it came so, float64 `[rows]` each."""

    def decided(self, row: Any) -> tuple[str, float] | None:
        """The class that one prediction is decided for, and its probability; None likewise."""

    def number_of(self, predicted: Array, name: str) -> Array:
        """The one number that is told of each row, float64 `[rows]`: the prediction, or the probability of a class."""

    def output(self, column: str, unit: str | None) -> dict[str, Any]:
        """What manifest, kit, demo and `predict` say of the file's output, but for its name."""
