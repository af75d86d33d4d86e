"""Raw examples of one split, and as the columns that the device signature takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from components.examples import Columns, load
from data.categories import category_ids
from data.vocabulary import ROLES, Input


def load_raw(
    split_dir: str, inputs: Sequence[Input], label: str, at_most: int | None = None
) -> tuple[Columns, npt.NDArray[np.float32]]:
    """The file's inputs `[rows]` by name and the label float32 `[rows]`; see `load_stored`."""
    stored, labels = load_stored(split_dir, inputs, label, at_most)
    return on_device(inputs, stored), labels


def load_stored(
    split_dir: str, inputs: Sequence[Input], label: str, at_most: int | None = None
) -> tuple[Columns, npt.NDArray[np.float32]]:
    """Inputs `[rows]` by name as ingestion stored them and the label float32 `[rows]`.

    Args:
        split_dir: folder of gzipped TFRecords of raw tf.Examples.
        inputs: of the model file.
        label: its tensor name.
        at_most: as for `components.examples.load`.

    Raises:
        ValueError: no rows.
    """
    dtypes = {label: ROLES["label"].stored, **{one.name: one.stored_dtype for one in inputs}}
    spec = {name: tf.io.FixedLenFeature([], tf.as_dtype(dtype)) for name, dtype in dtypes.items()}
    joined = load([f"{split_dir}/*.gz"], spec, at_most)
    return {one.name: joined[one.name] for one in inputs}, joined[label]


def on_device(inputs: Sequence[Input], stored: Mapping[str, npt.NDArray[Any]]) -> Columns:
    """Stored columns as a device gives them to the file; texts become ids by the vocabulary, as in `predict`."""
    return {one.name: _to_device(one, stored[one.name]) for one in inputs}


def _to_device(one: Input, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if one.role != "categorical":
        return values.astype(one.dtype)
    return category_ids(values.tolist(), one.vocabulary or [], one.oov_buckets)
