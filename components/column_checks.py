"""Columns that make a model look better, or be poorer, than it seems: they tell the label, or nothing at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

TELLING = 0.999
"""A correlation of this size with the label, by values or by ranks, hardly comes from the world."""
MIN_ROWS = 10
"""Of fewer, chance alone may put in the label's order."""

FloatArray = npt.NDArray[np.float64]


def correlations(columns: Mapping[str, FloatArray], label: str) -> dict[str, float]:
    """Each column's correlation with the label, where it is so high that the column tells the label.

    Of the values (K. Pearson), which also sees a change of unit such as hours to minutes, or of the ranks (C.
    Spearman), which sees every rising or falling change. One row far off can make the former alone, so the latter must
    back it.

    Args:
        columns: numbers `[rows]`, the label among them; NaN is passed over.
        label: its name.
    """
    found = {}
    for name, values in columns.items():
        both = np.isfinite(values) & np.isfinite(columns[label])
        one, other = values[both], columns[label][both]
        if name == label or both.sum() < MIN_ROWS or np.ptp(one) == 0 or np.ptp(other) == 0:
            continue
        ranks = float(np.corrcoef(_ranks(one), _ranks(other))[0, 1])
        exact = float(np.corrcoef(one, other)[0, 1])
        likeliest = max(ranks, exact if abs(ranks) > 0.9 else 0.0, key=abs)
        if abs(likeliest) > TELLING:
            found[name] = likeliest
    return found


def _ranks(values: FloatArray) -> FloatArray:
    """From 1 on; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[place])


def check_columns(summary: Mapping[str, Any]) -> list[str]:
    """One sentence for each column that is worth a warning.

    Args:
        summary: of ingestion, with `columns`; older ones have none.
    """
    told = summary.get("columns", {})
    found = [
        f"{name} tells the label: its correlation with {told['label']} is {value:.4f} on the training rows. Is it "
        f"known before {told['label']} is? If not, errors will look far too small; take it out of the inputs"
        for name, value in told.get("telling", {}).items()
    ]
    found += [
        f"{name} has the same value in every training row, {value}: the model learns nothing from it"
        for name, value in told.get("constant", {}).items()
    ]
    return found + [
        f"{name} is missing in every training row: the model learns nothing from it" for name in told.get("missing", [])
    ]
