"""Transformed examples as arrays: training data for a model this small fits in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
    columns = {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}
    label = columns.pop(LABEL)[:, 0].astype(np.float32)
    columns[BLOCK] = columns[BLOCK][:, :kept]
    inputs = {name: column.astype(np.int32 if is_id(name) else np.float32) for name, column in columns.items()}
    return Table(inputs, label)
