"""What happens as dimensions are added: error of plain models, and how alike all distances become."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from components.task.studied import models_of
from components.task.task import Task

Matrix = npt.NDArray[Any]
Errors = dict[str, float]

QUERIES, AMONG = 500, 2000
"""Rows whose distances are taken, and rows that they are taken to."""

_SAME = 1e-6
"""Rows nearer than this share of the farthest are at the same place: rows repeat, and so do their numbers."""


def errors(task: Task, train: tuple[Matrix, Matrix], others: tuple[Matrix, Matrix], seed: int) -> dict[str, Errors]:
    """Brief metrics of each plain model.

    Args:
        task: of the label.
        train: rows `[rows, k]` to learn from and their label `[rows]`.
        others: rows to measure on.
        seed: of the trees.
    """
    models = models_of(task).items()
    return {name: task.measure(fit(*train, seed)(others[0]), others[1], task.brief) for name, fit in models}


def contrast(rows: Matrix, seed: int) -> float:
    """How many times as far as the nearest other place the farthest one lies: the median over rows.

    As dimensions are added it falls towards 1, and "near" stops to mean anything (K. Beyer and others, "When Is Nearest
    Neighbor Meaningful?", 1999). Rows at the same place are not neighbours. 1 where all rows are at one place.

    Args:
        rows: `[rows, k]`.
        seed: of the rows that are drawn, at most `AMONG` and `QUERIES`.
    """
    among = drawn(rows, AMONG, seed).astype(np.float64)
    distances = np.stack([np.linalg.norm(among - one, axis=1) for one in among[:QUERIES]])
    farthest = distances.max(axis=1)
    elsewhere = np.where(distances > _SAME * farthest[:, None], distances, np.inf)
    nearest = elsewhere.min(axis=1)
    apart = np.isfinite(nearest)
    return float(np.median(farthest[apart] / nearest[apart])) if apart.any() else 1.0


def contrast_of_independent(width: int, seed: int) -> float:
    """The same of rows whose numbers are independent and normal: the worst that so many dimensions can do."""
    return contrast(np.random.default_rng(seed).normal(size=(AMONG, width)), seed)


def drawn(rows: Matrix, most: int, seed: int) -> Matrix:
    """At most so many of the rows, without repeats, in a seeded order."""
    return rows[np.random.default_rng(seed).permutation(len(rows))[:most]]
