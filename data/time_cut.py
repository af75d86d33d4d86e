"""Where the newest part of the rows begins, so that `test` can be what came last; memory does not grow with rows."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from data.reader import read
from data.rows import to_rows
from data.spec import Dataset

QUARTER_SECONDS = 900


def count_quarters(dataset: Dataset, file: str) -> dict[str, list[int]]:
    """Accepted rows by quarter of an hour: `quarters` since 1970, ascending, and `rows` in each."""
    assert dataset.time is not None  # the description demands one for a split by time
    counted: dict[str, list[int]] = {"quarters": [], "rows": []}
    for batch in read(dataset, file):
        seconds = np.asarray(to_rows(dataset, batch).columns[dataset.time.column])
        quarters, rows = np.unique(seconds // QUARTER_SECONDS, return_counts=True)
        counted = join([counted, {"quarters": quarters.tolist(), "rows": rows.tolist()}])
    return counted


def join(counts: Iterable[Mapping[str, Any]]) -> dict[str, list[int]]:
    """Counts of several stretches as one."""
    every = list(counts)
    quarters = np.concatenate([np.array(one["quarters"], dtype=np.int64) for one in every])
    rows = np.concatenate([np.array(one["rows"], dtype=np.int64) for one in every])
    distinct, where = np.unique(quarters, return_inverse=True)
    return {"quarters": distinct.tolist(), "rows": np.bincount(where, weights=rows).astype(int).tolist()}


def cut_of(counted: Mapping[str, list[int]], fraction: float) -> int:
    """First second of the newest part: the quarter of an hour from which on the share of rows is nearest `fraction`.

    The first quarter of all is never taken, so that something is left to learn from; 0 where there are no rows.
    """
    rows = np.array(counted["rows"], dtype=np.float64)
    if not len(rows):
        return 0
    newest = rows[::-1].cumsum()[::-1] / rows.sum()
    place = int(np.abs(newest[1:] - fraction).argmin()) + 1 if len(rows) > 1 else 0
    return counted["quarters"][place] * QUARTER_SECONDS
