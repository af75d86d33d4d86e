"""Permutation importance: how much worse a model gets when one of its inputs tells it nothing.

The values of an input are shuffled among the rows, so that they keep their distribution and lose their rows; what the
metric's loss rises by is the input's importance (L. Breiman, Random Forests, Machine Learning 45, 2001; for any model:
A. Fisher, C. Rudin, F. Dominici, All Models are Wrong, but Many are Useful, JMLR 20, 2019). Columns that only mean
something together, the latitude and longitude of a point, are shuffled together. scikit-learn's
`permutation_importance` shuffles single columns only, and wants an estimator where a file has nothing but predictions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from components.task.metric import Metric
from data.vocabulary import Input

Columns = Mapping[str, npt.NDArray[Any]]
Predict = Callable[[Columns], npt.NDArray[Any]]
"""From the file's inputs `[rows]` by tensor name to predictions `[rows]`, or `[rows, classes]`."""


@dataclass(frozen=True)
class Part:
    """What counts as one input for a reader.

    Attributes:
        name: of the point, or of the source's column.
        inputs: of the file, one, or latitude and longitude of a point.
    """

    name: str
    inputs: tuple[Input, ...]


def parts_of(inputs: Sequence[Input], points: Mapping[str, Mapping[str, str]]) -> list[Part]:
    """The file's inputs in its order, those of a point as one.

    Args:
        inputs: of the manifest.
        points: columns of the source that make a point, by its name, as `data.points` of a configuration tells them.
    """
    point_of = {column: name for name, point in points.items() for column in point.values()}
    found: dict[tuple[bool, str], list[Input]] = {}
    for one in inputs:
        column = one.source_column
        found.setdefault((column in point_of, point_of.get(column, column)), []).append(one)
    return [Part(name, tuple(members)) for (_, name), members in found.items()]


def permutation_importance(
    predict: Predict,
    columns: Columns,
    label: npt.NDArray[Any],
    parts: Sequence[Part],
    metric: Metric,
    repeats: int,
    seed: int = 0,
) -> npt.NDArray[np.float64]:
    """Rise of the metric's loss when one part is shuffled, `[parts, repeats]` in units of the metric.

    Two models measured with one seed get the same rows shuffled in the same way, so that they compare. About 0 for what
    is not listened to; below 0 where the shuffled values happened to fit better.

    Args:
        predict: the model.
        columns: its inputs `[rows]`.
        label: `[rows]`.
        parts: of the inputs.
        metric: whose loss counts.
        repeats: shuffles of each part.
        seed: of the shuffles.
    """
    chance = np.random.default_rng(seed)
    orders = [chance.permutation(len(label)) for _ in range(repeats)]

    def loss(given: Columns) -> float:
        return metric.loss(metric.of(predict(given), label))

    def shuffled(part: Part, order: npt.NDArray[Any]) -> Columns:
        return {**columns, **{one.name: columns[one.name][order] for one in part.inputs}}

    untouched = loss(columns)
    return np.array([[loss(shuffled(part, order)) - untouched for order in orders] for part in parts])
