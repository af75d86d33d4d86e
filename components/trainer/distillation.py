"""Distillation: the network also learns from a gradient-boosted teacher, on trips that nobody took.

A few thousand trips are too few for a network to find a smooth answer between them, and boosted trees do better there.
Trees are large, however, and the network is small and can be compressed. So the teacher learns from the training rows,
prices many new trips put together from parts of real ones, and the network learns from both (G. Hinton, O. Vinyals,
J. Dean, "Distilling the Knowledge in a Neural Network", 2015; labelled new rows as in C. Bucila, R. Caruana,
A. Niculescu-Mizil, "Model Compression", 2006).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from components.settings import Distillation
from components.tables import Columns, FloatArray, Table
from data.spec import Dataset
from data.tensor_names import tensor_name

Teacher = Callable[[Table], FloatArray]


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
