"""Raw examples of a step's TFRecords as columns in memory: all of them, or a uniform sample of so many."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt
import tensorflow as tf

Columns = dict[str, npt.NDArray[Any]]
BATCH = 8192
_SEED = 0


def load(patterns: Sequence[str], features: Mapping[str, Any], at_most: int | None = None) -> Columns:
    """Columns by name, in the order of file names and of rows in a file; the same rows are drawn each time.

    Args:
        patterns: of gzipped TFRecords of tf.Examples.
        features: what to take, as `tf.io.parse_example` wants it, each with one value a row.
        at_most: so many rows are kept, each with the same chance, where there are more; null keeps all.

    Returns:
        arrays `[rows]`. While more rows are read than are wanted, twice as many are held.

    Raises:
        ValueError: no rows.
    """
    files = sorted(file for pattern in patterns for file in tf.io.gfile.glob(pattern))
    records = tf.data.TFRecordDataset(files, compression_type="GZIP").batch(BATCH)
    sample = _Sample(at_most)
    for batch in records.map(lambda batch: tf.io.parse_example(batch, features)).as_numpy_iterator():
        sample.add({name: values.reshape(-1) for name, values in batch.items()})
    if not sample.held:
        raise ValueError(f"no examples in {', '.join(patterns)}")
    return sample.columns()


class _Sample:
    """Those rows whose random numbers are the smallest."""

    def __init__(self, at_most: int | None) -> None:
        self.held = 0
        self._at_most = at_most or sys.maxsize
        self._random = np.random.default_rng(_SEED)
        self._batches: list[Columns] = []
        self._draws: list[npt.NDArray[np.float64]] = []

    def add(self, batch: Columns) -> None:
        rows = len(next(iter(batch.values())))
        self._batches.append(batch)
        self._draws.append(self._random.random(rows))
        self.held += rows
        if self.held >= 2 * self._at_most:
            self._thin()

    def columns(self) -> Columns:
        if self.held > self._at_most:
            self._thin()
        return self._joined()

    def _thin(self) -> None:
        draws = np.concatenate(self._draws)
        kept = np.sort(np.argpartition(draws, self._at_most - 1)[: self._at_most])
        self._batches = [{name: values[kept] for name, values in self._joined().items()}]
        self._draws, self.held = [draws[kept]], self._at_most

    def _joined(self) -> Columns:
        return {name: np.concatenate([batch[name] for batch in self._batches]) for name in self._batches[0]}
