"""The order in which features are added, from the correlations of the training rows alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from transforms.settings import ROUNDING

Matrix = npt.NDArray[np.float64]
_NOTHING = 1e-6
"""A feature with less of its variance left than this is a sum of those before it."""


def correlations(columns: npt.NDArray[Any], label: npt.NDArray[Any]) -> tuple[Matrix, Matrix]:
    """Of `[rows, n]` with each other `[n, n]`, and with the label `[rows]`; 0 where one varies by rounding at most."""
    both = np.column_stack([columns, label]).astype(np.float64)
    largest = np.abs(both).max(axis=0)
    both -= both.mean(axis=0)
    both /= np.where(np.abs(both).max(axis=0) > ROUNDING * largest, np.linalg.norm(both, axis=0), np.inf)
    found = both.T @ both
    return found[:-1, :-1], found[:-1, -1]


def forward(correlation: Matrix, with_label: Matrix) -> tuple[list[int], list[float]]:
    """Forward selection: next is always the feature that raises a linear model's R² most.

    A sweep over correlations (A. Miller, "Subset Selection in Regression", 2002, ch. 3): what a chosen feature explains
    is taken out of the others and of the label. Ties, and features that add nothing, go by their place.

    Args:
        correlation: `[n, n]` of the features with each other.
        with_label: `[n]` of the features with the label.

    Returns:
        Places of the features in order; R² of a linear model on the first 1, 2, ... n of them.
    """
    left: Any = np.array(correlation, np.float64)
    pull: Any = np.array(with_label, np.float64)
    order: list[int] = []
    shares: list[float] = []
    for _ in range(len(pull)):
        own = np.diag(left)
        gains = np.where(own > _NOTHING, np.square(pull) / np.maximum(own, _NOTHING), 0.0)
        gains[order] = -1.0
        best = int(np.argmax(gains))
        order.append(best)
        shares.append((shares[-1] if shares else 0.0) + float(gains[best]))
        if own[best] > _NOTHING:
            column = left[:, best] / own[best]
            left, pull = left - np.outer(column, left[best]), pull - column * pull[best]
    return order, shares


def correlated_pairs(correlation: Matrix, least: float) -> list[tuple[int, int, float]]:
    """Pairs whose correlation is at least so large in size, the largest first: two places and the correlation."""
    first, second = np.triu_indices(len(correlation), k=1)
    found = [(int(a), int(b), float(correlation[a, b])) for a, b in zip(first, second, strict=True)]
    return sorted((one for one in found if abs(one[2]) >= least), key=lambda one: -abs(one[2]))
