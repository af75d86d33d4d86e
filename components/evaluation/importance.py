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


_CELLS = 4_000_000
"""Values that are handed to a model at once, about."""


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
        predict: the model; it gets every row untouched and then shuffled in each way, so that neighbours differ in
            one part.
        columns: its inputs `[rows]`.
        label: `[rows]`.
        parts: of the inputs.
        metric: whose loss counts.
        repeats: shuffles of each part.
        seed: of the shuffles.
    """
    chance, rows = np.random.default_rng(seed), len(label)
    orders = np.array([chance.permutation(rows) for _ in range(repeats)])
    ways = 1 + len(parts) * repeats
    stretches = np.array_split(np.arange(rows), min(rows, 1 + rows * ways * len(columns) // _CELLS))
    predicted = np.concatenate([predict(_in_every_way(columns, parts, orders, chosen)) for chosen in stretches])
    by_way = predicted.reshape(rows, ways, *predicted.shape[1:])
    untouched, *losses = [metric.loss(metric.of(by_way[:, way], label)) for way in range(ways)]
    return np.array(losses).reshape(len(parts), repeats) - untouched


def _in_every_way(
    columns: Columns, parts: Sequence[Part], orders: npt.NDArray[Any], chosen: npt.NDArray[Any]
) -> Columns:
    """Rows, each untouched and then with each part in each of the orders `[repeats, rows]`."""
    repeats = len(orders)
    ways = 1 + len(parts) * repeats
    every = {name: np.repeat(values[chosen, np.newaxis], ways, axis=1) for name, values in columns.items()}
    for place, part in enumerate(parts):
        for one in part.inputs:
            begin = 1 + place * repeats
            every[one.name][:, begin : begin + repeats] = columns[one.name][orders[:, chosen]].T
    return {name: values.reshape(-1) for name, values in every.items()}
