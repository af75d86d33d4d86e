"""Raw examples of a step's TFRecords as columns in memory: all of them, or a uniform sample of so many."""

from __future__ import annotations

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
        self._at_most = at_most
        self._random = np.random.default_rng(_SEED)
        self._batches: list[Columns] = []
        self._draws: list[npt.NDArray[np.float64]] = []

    def add(self, batch: Columns) -> None:
        rows = len(next(iter(batch.values())))
        self._batches.append(batch)
        self._draws.append(self._random.random(rows))
        self.held += rows
        if self._at_most and self.held >= 2 * self._at_most:
            self._thin(self._at_most)

    def columns(self) -> Columns:
        if self._at_most and self.held > self._at_most:
            self._thin(self._at_most)
        return {name: np.concatenate([batch[name] for batch in self._batches]) for name in self._batches[0]}

    def _thin(self, rows: int) -> None:
        draws = np.concatenate(self._draws)
        kept = np.sort(np.argpartition(draws, rows - 1)[:rows])
        joined = {name: np.concatenate([batch[name] for batch in self._batches])[kept] for name in self._batches[0]}
        self._batches, self._draws, self.held = [joined], [draws[kept]], rows
