"""Quantiles of columns by counting values: the same whatever the order of the rows, the batches and the machines.

`tft.quantiles` keeps a sketch that depends on how the rows came in.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np
import numpy.typing as npt

DISTINCT = 2**16
"""So many different values of a column are told apart. Where there are more, neighbours count as one."""

Batch = npt.NDArray[np.float32]
_SIGN = np.uint32(2**31)


class Counts(NamedTuple):
    """How often each value of a column was seen.

    Attributes:
        shift: bits at the end of a key that are left out, as few as leave `DISTINCT` keys. The fewer the rows the fewer
            the bits, so that partial counts are never coarser than their sum.
        keys: uint32 `[k]`, rising, see `ordered`, without those bits.
        rows: int64 `[k]`.
    """

    shift: int
    keys: npt.NDArray[np.uint32]
    rows: npt.NDArray[np.int64]


Accumulator = tuple[list[Batch], list[Counts]]


class QuantilesFn(beam.CombineFn):
    """The values that cut each column into parts of equally many rows, for each of the wanted numbers of parts."""

    def __init__(self, width: int, parts: Iterable[int]) -> None:
        self._width, self._parts = width, tuple(parts)

    def create_accumulator(self, *args: Any, **kwargs: Any) -> Accumulator:
        """Batches that were not counted yet, and counts by column."""
        return [], [Counts(0, np.empty(0, np.uint32), np.empty(0, np.int64))] * self._width

    def add_input(self, accumulator: Accumulator, element: Batch, *args: Any, **kwargs: Any) -> Accumulator:
        """Adds rows float32 `[batch, n]`; NaN counts for nothing."""
        waiting, counts = accumulator
        waiting = [*waiting, np.asarray(element, np.float32)]
        full = sum(len(batch) for batch in waiting) >= DISTINCT
        return self.compact((waiting, counts)) if full else (waiting, counts)

    def merge_accumulators(self, accumulators: Iterable[Accumulator], *args: Any, **kwargs: Any) -> Accumulator:
        """Joins partial results."""
        parts = [self.compact(one) for one in accumulators] or [self.create_accumulator()]
        return [], [joined(columns) for columns in zip(*(counts for _, counts in parts), strict=True)]

    def compact(self, accumulator: Accumulator, *args: Any, **kwargs: Any) -> Accumulator:
        """Counts what is waiting."""
        waiting, counts = accumulator
        if not waiting:
            return accumulator
        columns = np.concatenate(waiting).T
        return [], [joined([one, counted(column)]) for one, column in zip(counts, columns, strict=True)]

    def extract_output(self, accumulator: Accumulator, *args: Any, **kwargs: Any) -> dict[int, Batch]:
        """float32 `[n, parts - 1]` by parts, each the value of some row, or beyond `DISTINCT` of them the next below.

        0 for a column without rows.
        """
        _, counts = self.compact(accumulator)
        return {parts: np.stack([_cuts(one, parts) for one in counts]) for parts in self._parts}


def _cuts(counts: Counts, parts: int) -> Batch:
    total = int(counts.rows.sum())
    if not total:
        return np.zeros(parts - 1, np.float32)
    ranks = [-(-part * (total - 1) // parts) for part in range(1, parts)]
    places = np.searchsorted(np.cumsum(counts.rows), ranks, side="right")
    return value(counts.keys[places] << np.uint32(counts.shift))


def counted(column: Batch) -> Counts:
    """Counts of the values of `[rows]`."""
    keys, rows = np.unique(ordered(column[~np.isnan(column)]), return_counts=True)
    return joined([Counts(0, keys, rows)])


def joined(parts: Iterable[Counts]) -> Counts:
    """Counts of all the parts' rows."""
    parts = list(parts)
    shift = max(part.shift for part in parts)
    keys = np.concatenate([part.keys >> np.uint32(shift - part.shift) for part in parts])
    rows = np.concatenate([part.rows for part in parts])
    while True:
        keys, place = np.unique(keys, return_inverse=True)
        rows = np.bincount(place, rows, len(keys)).astype(np.int64)
        if len(keys) <= DISTINCT:
            return Counts(shift, keys, rows)
        keys, shift = keys >> np.uint32(1), shift + 1


def ordered(x: Batch) -> npt.NDArray[np.uint32]:
    """Whole numbers in the order of float32 `x`, in which 0 and -0 are one."""
    bits = np.ascontiguousarray(x + np.float32(0)).view(np.uint32)
    return np.where(bits & _SIGN, ~bits, bits | _SIGN)


def value(keys: npt.NDArray[np.uint32]) -> Batch:
    """The inverse of `ordered`."""
    return np.where(keys & _SIGN, keys ^ _SIGN, ~keys).view(np.float32)
