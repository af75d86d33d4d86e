"""Distributed analyzers: first and second moments of all columns in one pass each, in float64, blind to NaN.

tf.Transform's own `tft.mean` and `tft.covariance` add in the dtype of the data and let one NaN spoil a column.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tensorflow_transform as tft
from tensorflow_transform.beam.experimental import PTransformAnalyzer

from transforms.projection import principal_components

Matrix = npt.NDArray[np.float64]


class ColumnStatistics(NamedTuple):
    """float32 `[n]` each, over the rows where a column is not NaN; a column without any is all zeros."""

    mean: tf.Tensor
    std: tf.Tensor
    minimum: tf.Tensor
    maximum: tf.Tensor


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
        """float32 `[4, n]`: mean, population standard deviation, minimum, maximum."""
        count, mean, squares, low, high = accumulator
        empty = count == 0
        std = np.sqrt(squares / np.maximum(count, 1))
        return np.stack([mean, std, np.where(empty, 0, low), np.where(empty, 0, high)]).astype(np.float32)


class CovarianceFn(beam.CombineFn):
    """Count, mean and co-moment matrix of rows without NaN; the pairwise formula of `StatisticsFn`, for matrices."""

    def __init__(self, width: int) -> None:
        self._width = width

    def create_accumulator(self, *args: Any, **kwargs: Any) -> tuple[float, Matrix, Matrix]:
        """Count, mean `[n]`, co-moments `[n, n]`."""
        return 0.0, np.zeros(self._width), np.zeros((self._width, self._width))

    def add_input(
        self, accumulator: tuple[float, Matrix, Matrix], element: Matrix, *args: Any, **kwargs: Any
    ) -> tuple[float, Matrix, Matrix]:
        """Adds rows `[batch, n]`."""
        x = np.asarray(element, dtype=np.float64)
        if not len(x):
            return accumulator
        mean = x.mean(axis=0)
        return self.merge_accumulators([accumulator, (float(len(x)), mean, (x - mean).T @ (x - mean))])

    def merge_accumulators(
        self, accumulators: Iterable[tuple[float, Matrix, Matrix]], *args: Any, **kwargs: Any
    ) -> tuple[float, Matrix, Matrix]:
        """Joins partial results."""
        count, mean, moments = self.create_accumulator()
        for other_count, other_mean, other_moments in accumulators:
            both = count + other_count
            if not both:
                continue
            shift = other_mean - mean
            moments = moments + other_moments + np.outer(shift, shift) * (count * other_count / both)
            mean = mean + shift * (other_count / both)
            count = both
        return count, mean, moments

    def extract_output(
        self, accumulator: tuple[float, Matrix, Matrix], *args: Any, **kwargs: Any
    ) -> tuple[Matrix, Matrix]:
        """Mean `[n]` and population covariance `[n, n]`."""
        count, mean, moments = accumulator
        return mean, moments / max(count, 1.0)


class _Statistics(beam.PTransform):  # type: ignore[misc]
    def __init__(self, width: int) -> None:
        super().__init__()
        self._width = width

    def expand(self, batches: Any) -> Any:
        return batches | beam.Map(lambda inputs: inputs[0]) | beam.CombineGlobally(StatisticsFn(self._width))


class _Pca(beam.PTransform):  # type: ignore[misc]
    """Batches of the block to centre `[n]` and projection `[n, n]`."""

    def __init__(self, width: int, components: int | float, whiten: bool) -> None:
        super().__init__()
        self._width, self._components, self._whiten = width, components, whiten

    def expand(self, batches: Any) -> Any:
        components, whiten = self._components, self._whiten

        def solve(moments: tuple[Matrix, Matrix]) -> Iterable[Any]:
            mean, covariance = moments
            found = principal_components(covariance, components, whiten)
            yield beam.pvalue.TaggedOutput("centre", mean.astype(np.float32))
            yield beam.pvalue.TaggedOutput("matrix", found.matrix.astype(np.float32))

        outputs = _moments(batches, self._width) | beam.FlatMap(solve).with_outputs("centre", "matrix")
        return outputs.centre, outputs.matrix


class _PcaReport(PTransformAnalyzer):
    """Batches of the block to the path of a JSON file that tells what was learned."""

    def __init__(self, names: list[str], components: int | float, whiten: bool, file_name: str) -> None:
        super().__init__()
        self._names, self._components, self._whiten, self._file_name = names, components, whiten, file_name

    def expand(self, batches: Any) -> Any:
        names, components, whiten = self._names, self._components, self._whiten
        path = Path(self.base_temp_dir) / self._file_name

        def write(moments: tuple[Matrix, Matrix]) -> npt.NDArray[Any]:
            found = principal_components(moments[1], components, whiten)
            learned = {
                "kind": "pca",
                "features": names,
                "kept": found.kept,
                "whiten": whiten,
                "explained_variance_ratio": (found.variances / max(found.variances.sum(), 1e-30)).tolist(),
                "loadings": found.loadings.T.tolist(),
            }
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(learned))
            return np.array(str(path).encode())

        return _moments(batches, len(names)) | beam.Map(write)


def _moments(batches: Any, width: int) -> Any:
    return batches | beam.Map(lambda inputs: inputs[0]) | beam.CombineGlobally(CovarianceFn(width))


def column_statistics(x: tf.Tensor) -> ColumnStatistics:
    """Statistics of the columns of float32 `[batch, n]` over all training rows; one pass."""
    width = int(x.shape[1])
    (table,) = tft.experimental.ptransform_analyzer([x], _Statistics(width), [tf.float32], [[4, width]])
    return ColumnStatistics(*tf.unstack(table, num=4))


def pca(
    x: tf.Tensor, names: list[str], components: int | float, whiten: bool, file_name: str
) -> tuple[tf.Tensor, tf.Tensor]:
    """Centre `[n]` and projection `[n, n]` of float32 `[batch, n]`, and an asset `file_name` that tells of them.

    Two analyzers in the same pass over the data, since one cannot give tensors and an asset at once
    (`ptransform_analyzer` of tensorflow-transform 1.16 takes every output for an asset as soon as one is).
    """
    width = len(names)
    centre, matrix = tft.experimental.ptransform_analyzer(
        [x], _Pca(width, components, whiten), [tf.float32, tf.float32], [[width], [width, width]]
    )
    tft.experimental.ptransform_analyzer(
        [x],
        _PcaReport(names, components, whiten, file_name),
        [tf.string],
        [[]],
        output_asset_default_values=[b"{}"],
    )
    return centre, matrix
