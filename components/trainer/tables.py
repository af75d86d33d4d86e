"""Transformed examples as arrays: training data for a model this small fits in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from transforms.features import BLOCK, LABEL, is_id

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Table:
    """One split, ready for the network.

    Attributes:
        inputs: by name; `block` and `wide` float32 `[rows, width]`, ids int32 `[rows, 1]`.
        label: float32 `[rows]`.
    """

    inputs: dict[str, npt.NDArray[np.generic]]
    label: FloatArray

    def __len__(self) -> int:
        return len(self.label)


def load(patterns: Sequence[str], feature_spec: dict[str, object], kept: int) -> Table:
    """Reads gzipped TFRecords of transformed examples.

    Args:
        patterns: of the files.
        feature_spec: as the Transform step wrote it.
        kept: columns of the block in use; those behind are all zeros and are cut.

    Raises:
        ValueError: no rows.
    """
    files = sorted(file for pattern in patterns for file in tf.io.gfile.glob(pattern))
    records = tf.data.TFRecordDataset(files, compression_type="GZIP").batch(8192)
    batches = list(records.map(lambda batch: tf.io.parse_example(batch, feature_spec)).as_numpy_iterator())
    if not batches:
        raise ValueError(f"no transformed examples in {', '.join(patterns)}")
    return table_of({name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}, kept)


def table_of(columns: Mapping[str, npt.NDArray[Any]], kept: int) -> Table:
    """The transformed features `[rows, width]` by name, label included, as the network takes them."""
    used = {name: column[:, :kept] if name == BLOCK else column for name, column in columns.items() if name != LABEL}
    inputs: dict[str, npt.NDArray[np.generic]] = {
        name: column.astype(np.int32 if is_id(name) else np.float32) for name, column in used.items()
    }
    return Table(inputs, columns[LABEL][:, 0].astype(np.float32))
