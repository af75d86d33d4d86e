"""Distributed sums: moments of all columns in one pass each, in float64, and a seeded sample; Beam combiners in NumPy.

tf.Transform's own `tft.mean` and `tft.covariance` add in the dtype of the data and let one NaN spoil a column.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt

from transforms.reducers.evidence import Moments

Matrix = npt.NDArray[np.float64]
Sums = tuple[float, Matrix, Matrix, Matrix, Matrix]
Drawn = tuple[npt.NDArray[np.uint64], npt.NDArray[np.float32]]


class StatisticsFn(beam.CombineFn):
    """Count, mean, sum of squared deviations, minimum and maximum of each column.

    Partial results join by T. F. Chan, G. H. Golub, R. J. LeVeque, "Updating formulae and a pairwise algorithm for
    computing sample variances" (1979), which does not cancel as sums of squares do.
    """

    def __init__(self, width: int) -> None:
        self._width = width

    def create_accumulator(self, *args: Any, **kwargs: Any) -> Matrix:
        """float64 `[5, n]`: count, mean, squared deviations, minimum, maximum."""
        zeros = np.zeros((5, self._width))
        zeros[3], zeros[4] = np.inf, -np.inf
        return zeros

    def add_input(self, accumulator: Matrix, element: Matrix, *args: Any, **kwargs: Any) -> Matrix:
        """Adds rows `[batch, n]`."""
        x = np.asarray(element, dtype=np.float64)
        seen = ~np.isnan(x)
        count = seen.sum(axis=0)
        mean = np.where(seen, x, 0).sum(axis=0) / np.maximum(count, 1)
        squares = np.where(seen, np.square(x - mean), 0).sum(axis=0)
        low = np.where(seen, x, np.inf).min(axis=0, initial=np.inf)
        high = np.where(seen, x, -np.inf).max(axis=0, initial=-np.inf)
        return self.merge_accumulators([accumulator, np.stack([count, mean, squares, low, high])])

    def merge_accumulators(self, accumulators: Iterable[Matrix], *args: Any, **kwargs: Any) -> Matrix:
        """Joins partial results."""
        total = self.create_accumulator()
        for part in accumulators:
            count = total[0] + part[0]
            safe = np.maximum(count, 1)
            shift = part[1] - total[1]
            total = np.stack(
                [
                    count,
                    total[1] + shift * part[0] / safe,
                    total[2] + part[2] + np.square(shift) * total[0] * part[0] / safe,
                    np.minimum(total[3], part[3]),
                    np.maximum(total[4], part[4]),
                ]
            )
        return total

    def extract_output(self, accumulator: Matrix, *args: Any, **kwargs: Any) -> Matrix:
        """float32 `[5, n]`: mean, population standard deviation, minimum, maximum, number of rows that are not NaN."""
        count, mean, squares, low, high = accumulator
        empty = count == 0
        std = np.sqrt(squares / np.maximum(count, 1))
        return np.stack([mean, std, np.where(empty, 0, low), np.where(empty, 0, high), count]).astype(np.float32)


class MomentsFn(beam.CombineFn):
    """Means and second moments of rows without NaN, the label and the classes of the label included.

    The pairwise formula of `StatisticsFn`, for matrices. Classes enter as 0/1 columns beside the label: the covariance
    of a feature with such a column holds the class mean, so that no pass by class is needed.
    """

    def __init__(self, width: int, classes: int = 0) -> None:
        self._width, self._classes = width, classes

    def create_accumulator(self, *args: Any, **kwargs: Any) -> Sums:
        """Count, means `[n + 1 + c]`, co-moments `[n, n]`, `[n, 1 + c]` with label and classes, `[1 + c]` of those."""
        n, beside = self._width, 1 + self._classes
        return 0.0, np.zeros(n + beside), np.zeros((n, n)), np.zeros((n, beside)), np.zeros(beside)

    def add_input(self, accumulator: Sums, element: tuple[Any, ...], *args: Any, **kwargs: Any) -> Sums:
        """Adds rows `[batch, n]`, their label `[batch, 1]` and, where there are classes, their class `[batch, 1]`."""
        x = np.asarray(element[0], dtype=np.float64)
        if not len(x):
            return accumulator
        beside = [np.asarray(element[1], dtype=np.float64)]
        if self._classes:
            beside.append((np.asarray(element[2]) == np.arange(self._classes)).astype(np.float64))
        y = np.concatenate(beside, axis=1)
        centre, level = x.mean(axis=0), y.mean(axis=0)
        dx, dy = x - centre, y - level
        own = float(len(x)), np.concatenate([centre, level]), dx.T @ dx, dx.T @ dy, np.square(dy).sum(axis=0)
        return self.merge_accumulators([accumulator, own])

    def merge_accumulators(self, accumulators: Iterable[Sums], *args: Any, **kwargs: Any) -> Sums:
        """Joins partial results."""
        count, mean, within, across, beside = self.create_accumulator()
        n = self._width
        for other_count, other_mean, other_within, other_across, other_beside in accumulators:
            both = count + other_count
            if not both:
                continue
            shift = other_mean - mean
            dx, dy, weight = shift[:n], shift[n:], count * other_count / both
            within = within + other_within + np.outer(dx, dx) * weight
            across = across + other_across + np.outer(dx, dy) * weight
            beside = beside + other_beside + np.square(dy) * weight
            mean = mean + shift * (other_count / both)
            count = both
        return count, mean, within, across, beside

    def extract_output(self, accumulator: Sums, *args: Any, **kwargs: Any) -> Moments:
        """Means and population covariances."""
        count, mean, within, across, beside = accumulator
        n, rows = self._width, max(count, 1.0)
        return Moments(
            rows=int(count),
            mean=mean[:n],
            covariance=within / rows,
            label_mean=float(mean[n]),
            label_variance=float(beside[0] / rows),
            label_covariance=across[:, 0] / rows,
            class_shares=mean[n + 1 :],
            class_covariance=across[:, 1:] / rows,
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
