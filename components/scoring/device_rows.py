"""Raw examples of one split, and as the columns that the device signature takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from components.examples import Columns, load
from data.categories import category_ids


def load_raw(
    split_dir: str, interface: Mapping[str, Any], label: str, at_most: int | None = None
) -> tuple[Columns, npt.NDArray[np.float32]]:
    """The file's inputs `[rows]` by name and the label float32 `[rows]`; see `load_stored`."""
    stored, labels = load_stored(split_dir, interface, label, at_most)
    return on_device(interface, stored), labels


def load_stored(
    split_dir: str, interface: Mapping[str, Any], label: str, at_most: int | None = None
) -> tuple[Columns, npt.NDArray[np.float32]]:
    """Inputs `[rows]` by name as ingestion stored them (float32, int64, bytes) and the label float32 `[rows]`.

    Args:
        split_dir: folder of gzipped TFRecords of raw tf.Examples.
        interface: inputs of the model file.
        label: its tensor name.
        at_most: as for `components.examples.load`.

    Raises:
        ValueError: no rows.
    """
    spec = {label: tf.io.FixedLenFeature([], tf.float32)}
    for one in interface["inputs"]:
        spec[one["name"]] = tf.io.FixedLenFeature([], _stored_type(one))
    joined = load([f"{split_dir}/*.gz"], spec, at_most)
    return {one["name"]: joined[one["name"]] for one in interface["inputs"]}, joined[label]


def on_device(interface: Mapping[str, Any], stored: Columns) -> Columns:
    """Stored columns as a device gives them to the file; texts become ids by the vocabulary, as in `predict`."""
    return {one["name"]: to_device(one, stored[one["name"]]) for one in interface["inputs"]}


def _stored_type(one: Mapping[str, Any]) -> tf.DType:
    if one["vocabulary"] is not None:
        return tf.string
    return tf.int64 if one["dtype"] == "int32" else tf.float32


def to_device(one: Mapping[str, Any], values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Stored values as the dtype of the file's input; texts become ids."""
    if one["vocabulary"] is None:
        return values.astype(one["dtype"])
    return category_ids(values.tolist(), one["vocabulary"], one.get("oov_buckets", 0))
