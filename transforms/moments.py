"""Distributed sums: moments of all columns in one pass each, exact, and a seeded sample; Beam combiners in NumPy.

Beam gives rows in batches whose size depends on how long the last ones took, so that sums that round are other ones in
each run. tf.Transform's own `tft.mean` and `tft.covariance` do, and let one NaN spoil a column.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt

from transforms import exact
from transforms.reducers.evidence import Moments

Matrix = npt.NDArray[np.float64]
Statistics = tuple[npt.NDArray[np.int64], Matrix, Matrix, exact.Sums, exact.Sums]
Drawn = tuple[npt.NDArray[np.uint64], npt.NDArray[np.float32]]


class StatisticsFn(beam.CombineFn):
    """Count, mean, standard deviation, minimum and maximum of each column."""

    def __init__(self, width: int) -> None:
        self._width = width

    def create_accumulator(self, *args: Any, **kwargs: Any) -> Statistics:
        """Counts int64, minima and maxima float64 `[n]` each, sums and sums of squares."""
        extremes = np.full(self._width, np.inf)
        return np.zeros(self._width, np.int64), extremes, -extremes, {}, {}

    def add_input(self, accumulator: Statistics, element: Matrix, *args: Any, **kwargs: Any) -> Statistics:
        """Adds rows `[batch, n]`."""
        x = np.asarray(element, dtype=np.float64)
        seen = ~np.isnan(x)
        low = np.where(seen, x, np.inf).min(axis=0, initial=np.inf)
        high = np.where(seen, x, -np.inf).max(axis=0, initial=-np.inf)
        own = seen.sum(axis=0), low, high, exact.sums(x), exact.squares(x)
        return self.merge_accumulators([accumulator, own])

    def merge_accumulators(self, accumulators: Iterable[Statistics], *args: Any, **kwargs: Any) -> Statistics:
        """Joins partial results."""
        counts, lows, highs, sums, squares = zip(*[self.create_accumulator(), *accumulators], strict=True)
        extremes = np.min(lows, axis=0), np.max(highs, axis=0)
        return np.sum(counts, axis=0), *extremes, exact.added(sums), exact.added(squares)

    def extract_output(self, accumulator: Statistics, *args: Any, **kwargs: Any) -> Matrix:
        """float32 `[5, n]`: mean, population standard deviation, minimum, maximum, number of rows that are not NaN."""
        count, low, high, sums, squares = accumulator
        empty, rows = count == 0, np.maximum(count, 1).astype(object)
        unit = min([*sums, *(one // 2 for one in squares)], default=0)
        total, of_squares = exact.whole(sums, count.shape, unit), exact.whole(squares, count.shape, 2 * unit)
        variance = exact.floats(of_squares * rows - total**2, rows**2, 2 * unit)
        known = np.where(empty, 0, low), np.where(empty, 0, high), count
        return np.stack([exact.floats(total, rows, unit), np.sqrt(variance), *known]).astype(np.float32)


class MomentsFn(beam.CombineFn):
    """Means and second moments of rows without NaN, the label and the classes of the label included.

    Classes enter as 0/1 columns beside the label: the covariance of a feature with such a column holds the class mean,
    so that no pass by class is needed; a column of ones gives the sums and the count.
    """

    def __init__(self, width: int, classes: int = 0) -> None:
        self._width, self._classes = width, classes

    def create_accumulator(self, *args: Any, **kwargs: Any) -> exact.Sums:
        """Products of all columns with each other, `[n + 1 + c + 1]` in both directions."""
        return {}

    def add_input(self, accumulator: exact.Sums, element: tuple[Any, ...], *args: Any, **kwargs: Any) -> exact.Sums:
        """Adds rows `[batch, n]`, their label `[batch, 1]` and, where there are classes, their class `[batch, 1]`."""
        columns = [np.asarray(one, dtype=np.float64) for one in element[:2]]
        if self._classes:
            columns.append((np.asarray(element[2]) == np.arange(self._classes)).astype(np.float64))
        columns.append(np.ones((len(columns[0]), 1)))
        return exact.added([accumulator, exact.products(np.concatenate(columns, axis=1))])

    def merge_accumulators(self, accumulators: Iterable[exact.Sums], *args: Any, **kwargs: Any) -> exact.Sums:
        """Joins partial results."""
        return exact.added(accumulators)

    def extract_output(self, accumulator: exact.Sums, *args: Any, **kwargs: Any) -> Moments:
        """Means and population covariances."""
        n, width = self._width, self._width + 1 + self._classes
        unit = min(accumulator, default=0)
        products = exact.whole(accumulator, (width + 1, width + 1), unit)
        rows, sums = max(products[-1, -1], 1), products[:-1, -1]  # quotients of two are free of the unit
        mean = exact.floats(sums, rows)
        covariance = exact.floats(products[:-1, :-1] * rows - np.outer(sums, sums), rows**2)
        return Moments(
            rows=int(exact.floats(products[-1:, -1], 1, unit)[0]),
            mean=mean[:n],
            covariance=covariance[:n, :n],
            label_mean=float(mean[n]),
            label_variance=float(covariance[n, n]),
            label_covariance=covariance[:n, n],
            class_shares=mean[n + 1 :],
            class_covariance=covariance[:n, n + 1 :],
        )


class SampleFn(beam.CombineFn):
    """The rows whose seeded hash is smallest: the same ones whatever the order, the batches and the machines.

    The hash is of a row's contents, so equal rows stay together or go together.
    """

    def __init__(self, rows: int, width: int, seed: int) -> None:
        self._rows, self._width, self._seed = rows, width, seed

    def create_accumulator(self, *args: Any, **kwargs: Any) -> Drawn:
        """Hashes `[r]` and rows float32 `[r, n]`, block and label side by side."""
        return np.empty(0, np.uint64), np.empty((0, self._width), np.float32)

    def add_input(self, accumulator: Drawn, element: tuple[Any, ...], *args: Any, **kwargs: Any) -> Drawn:
        """Adds rows `[batch, n - 1]` with their label `[batch, 1]`."""
        rows = np.concatenate([np.asarray(element[0], np.float32), np.asarray(element[1], np.float32)], axis=1)
        return self.merge_accumulators([accumulator, (row_hash(rows, self._seed), rows)])

    def merge_accumulators(self, accumulators: Iterable[Drawn], *args: Any, **kwargs: Any) -> Drawn:
        """Joins partial results; ties go by the rows' own values."""
        parts = list(accumulators) or [self.create_accumulator()]
        hashes = np.concatenate([part[0] for part in parts])
        rows = np.concatenate([part[1] for part in parts])
        order = np.lexsort([*rows.T[::-1], hashes])[: self._rows]
        return hashes[order], rows[order]

    def extract_output(self, accumulator: Drawn, *args: Any, **kwargs: Any) -> Matrix:
        """float64 `[r, n]`."""
        return accumulator[1].astype(np.float64)


def row_hash(rows: npt.NDArray[np.float32], seed: int) -> npt.NDArray[np.uint64]:
    """uint64 `[r]` of float32 `[r, n]`, by the finalizer of splitmix64 (G. L. Steele and others, 2014) over columns."""
    words = np.ascontiguousarray(rows, np.float32).view(np.uint32).astype(np.uint64)
    mixed = np.full(len(words), (0x9E3779B97F4A7C15 * (seed + 1)) % 2**64, np.uint64)
    for column in words.T:
        mixed = mixed ^ column
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        mixed = mixed ^ (mixed >> np.uint64(31))
    return mixed
