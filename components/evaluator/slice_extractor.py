"""A step in TFMA's extraction that adds to each row the names of the slices it belongs to.

TFMA cuts by the values of features; SQL slicing, its other way, is gone from later versions. So the names enter as
features of their own, computed from the raw columns before anything else is extracted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import tensorflow as tf
import tensorflow_model_analysis as tfma

from components.evaluation.slices import MISSING, Slicing
from transforms import clock
from transforms.distance import DISTANCES

PREFIX = "slice: "
"""Before a cut's name; no column of a table is likely to begin so."""


def slicing_specs(slicings: Iterable[Slicing]) -> list[tfma.SlicingSpec]:
    """All rows as one, then each cut for itself."""
    return [tfma.SlicingSpec(), *(tfma.SlicingSpec(feature_keys=[PREFIX + slicing.name]) for slicing in slicings)]


def slice_extractor(slicings: list[Slicing]) -> tfma.extractors.Extractor:
    """To be put first: adds the names of each row's slices to the features of each batch."""
    return tfma.extractors.Extractor(stage_name="ExtractSliceNames", ptransform=_AddNames(slicings))


class _AddNames(beam.PTransform):
    def __init__(self, slicings: list[Slicing]) -> None:
        super().__init__()
        self._cuts = [slicing.model_dump_json() for slicing in slicings]

    def expand(self, extracts: beam.PCollection) -> beam.PCollection:
        return extracts | "AddSliceNames" >> beam.Map(_with_names, self._cuts)


def _with_names(extracts: dict[str, Any], slicings: list[str]) -> dict[str, Any]:
    columns = extracts[tfma.ARROW_RECORD_BATCH_KEY]
    parsed = [Slicing.model_validate_json(slicing) for slicing in slicings]
    found = {PREFIX + slicing.name: np.array(names(slicing, columns))[:, np.newaxis] for slicing in parsed}
    return {**extracts, tfma.FEATURES_KEY: {**extracts.get(tfma.FEATURES_KEY, {}), **found}}


def names(slicing: Slicing, batch: pa.RecordBatch) -> list[bytes]:
    """The slice of each row, UTF-8.

    Args:
        slicing: what to cut by.
        batch: raw columns, each a list of at most one value a row.

    Raises:
        KeyError: it lacks a column.
    """
    columns = [_values(batch, name) for name in slicing.columns]
    if slicing.kind == "category":
        return [value or MISSING.encode() for value in columns[0]]
    numbers = [np.array([np.nan if value is None else value for value in column]) for column in columns]
    if slicing.kind == "cell":
        return [slicing.cell(*place).encode() for place in zip(*numbers, strict=True)]
    return [slicing.interval(value).encode() for value in _measured(slicing, numbers)]


def _values(batch: pa.RecordBatch, name: str) -> list[Any]:
    return [row[0] if row else None for row in batch.column(name).to_pylist()]


def _measured(slicing: Slicing, numbers: list[npt.NDArray[np.float64]]) -> Iterable[float]:
    """What intervals are made of, by the very functions that make the model's features."""
    if slicing.kind == "distance":
        places = [tf.constant(one, tf.float32) for one in numbers]
        return [float(one) for one in DISTANCES[slicing.part](*places).numpy()]
    if slicing.kind == "number":
        return [float(one) for one in numbers[0]]
    (seconds,) = numbers
    known = ~np.isnan(seconds)
    shown = tf.constant(np.where(known, seconds, 0).astype(np.int32))
    parts: Mapping[str, Any] = {"hour": clock.hour, "weekday": clock.weekday, "month": _month}
    return [
        float(one) if there else np.nan for one, there in zip(parts[slicing.part](shown).numpy(), known, strict=True)
    ]


def _month(seconds: tf.Tensor) -> tf.Tensor:
    return clock.year_and_month(seconds)[1]
