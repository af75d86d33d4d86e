"""Columns that are ids: another value in each row, which tells nothing about a new row."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import numpy.typing as npt

from data.checks.oddities import FLOAT32_INTEGERS

MIN_ROWS = 100
"""In fewer rows other columns too have another value in each."""
SHARE = 0.9
"""A category is an id if so large a share of its values are different."""


def sentences(distinct: Iterable[tuple[str, int, int]]) -> list[str]:
    """On categorical columns: (name, different values, rows that have one) each."""
    return [
        f"{name}: {different:,} different values in {rows:,} training rows: an id, which tells nothing about a new "
        "row; leave it out, or name it in data.split.key"
        for name, different, rows in distinct
        if rows >= MIN_ROWS and different >= SHARE * rows
    ]


def numbered(columns: Mapping[str, npt.NDArray[np.float64]]) -> dict[str, list[float]]:
    """Columns of whole numbers of which each row `[rows]` has another one, with the smallest and the largest.

    Beyond what float32 tells apart nothing is judged: `Oddities` says that.
    """
    found = {}
    for name, values in columns.items():
        whole = np.isfinite(values) & (np.floor(values) == values) & (np.abs(values) < FLOAT32_INTEGERS)
        if len(values) >= MIN_ROWS and whole.all() and len(np.unique(values)) == len(values):
            found[name] = [float(values.min()), float(values.max())]
    return found


def sentences_on_numbers(numbered: Mapping[str, list[float]], rows: int) -> Iterator[str]:
    """One for each column of `numbered`, found in so many rows."""
    for name, (low, high) in numbered.items():
        yield (
            f"{name}: another whole number, {low:.0f} to {high:.0f}, in each of {rows:,} training rows: if it is an id "
            "or a row's number, it tells nothing about a new row; leave it out, or name it in data.split.key"
        )
