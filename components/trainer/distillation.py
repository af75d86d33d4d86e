"""Distillation: the network also learns from a gradient-boosted teacher, on trips that nobody took.

A few thousand trips are too few for a network to find a smooth answer between them, and boosted trees do better there.
Trees are large, however, and the network is small and can be compressed. So the teacher learns from the training rows,
prices many new trips put together from parts of real ones, and the network learns from both (G. Hinton, O. Vinyals,
J. Dean, "Distilling the Knowledge in a Neural Network", 2015; labelled new rows as in C. Bucila, R. Caruana,
A. Niculescu-Mizil, "Model Compression", 2006).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt

from components.settings import Distillation
from components.trainer.tables import Columns, FloatArray, Table
from data.spec import Dataset
from data.tensor_names import tensor_name

Teacher = Callable[[Table], FloatArray]


def fit_teacher(table: Table, categories: Sequence[str], choices: Distillation, seed: int) -> Teacher:
    """Gradient-boosted trees on the numbers and categories of the training rows.

    The median of a fare (absolute error) keeps clear of odd rides, its mean (squared error) does not, so one of each is
    averaged. Each tree sees a share of the rows and features, which lowers the variance.

    Args:
        table: training rows.
        categories: names of the inputs that are ids of categorical columns.
        choices: of trees.
        seed: of what each tree sees.
    """

    def features(rows: Table) -> npt.NDArray[Any]:
        return np.concatenate([rows.numbers, *(rows.inputs[name] for name in categories)], axis=1)

    width = table.numbers.shape[1]
    places = list(range(width, width + len(categories)))

    def grow(objective: str, trees: int) -> lightgbm.Booster:
        parameters = {
            "objective": objective,
            "learning_rate": choices.learning_rate,
            "num_leaves": choices.leaves,
            "bagging_fraction": 0.7,
            "bagging_freq": 1,
            "feature_fraction": 0.5,
            "seed": seed,
            # Threads would change the order of sums, and with it the trees.
            "num_threads": 1,
            "deterministic": True,
            "force_row_wise": True,
            "verbose": -1,
        }
        rows = lightgbm.Dataset(features(table), table.label, categorical_feature=places)
        return lightgbm.train(parameters, rows, trees)

    # The mean is learned faster than the median, whose gradients are only signs.
    median, mean = grow("l1", choices.trees), grow("l2", max(1, choices.trees // 2))
    share = choices.median_share

    def teach(rows: Table) -> FloatArray:
        x = features(rows)
        predictions = share * np.asarray(median.predict(x)) + (1 - share) * np.asarray(mean.predict(x))
        return predictions.astype(np.float32)

    return teach


def remix(raw: Columns, dataset: Dataset, choices: Distillation, seed: int) -> Columns:
    """New rows put together from parts of real ones; labels are zero.

    A part is a point, the time, a number or a category. All parts come from one row, but the time from another one,
    and each further part with chance `choices.remix` from another one too.

    Args:
        raw: real rows, `[rows]` by tensor name of a column.
        dataset: roles of the columns.
        choices: how many, and how far mixed.
        seed: of every draw.
    """
    random = np.random.default_rng(seed)
    label = tensor_name(dataset.label.column)
    rows = len(raw[label])
    count = int(rows * choices.rows)
    first = random.integers(rows, size=count)
    columns: dict[str, npt.NDArray[Any]] = {label: np.zeros(count, np.float32)}
    for number, (chance, names) in enumerate(_parts(dataset, choices.remix)):
        other = random.integers(rows, size=count)
        take = np.where(random.random(count) < (chance if number else 0.0), other, first)
        columns.update({name: raw[name][take] for name in map(tensor_name, names)})
    return columns


def _parts(dataset: Dataset, chance: float) -> list[tuple[float, tuple[str, ...]]]:
    """Columns that stay together, each with its chance to come from another row."""
    parts: list[tuple[float, tuple[str, ...]]] = []
    parts += [(chance, (point.latitude, point.longitude)) for point in dataset.points.values()]
    parts += [(chance, (name,)) for name in (*dataset.numeric, *dataset.categorical)]
    return parts + ([(1.0, (dataset.time.column,))] if dataset.time else [])


def labelled(table: Table, teach: Teacher) -> Table:
    """The rows with the teacher's labels."""
    return replace(table, label=teach(table))
