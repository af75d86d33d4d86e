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

from components.evaluation.slices import MISSING, Cut
from transforms import clock
from transforms.distance import DISTANCES

PREFIX = "slice: "
"""Before a cut's name; no column of a table is likely to begin so."""


def slicing_specs(cuts: Iterable[Cut]) -> list[tfma.SlicingSpec]:
    """All rows as one, then each cut for itself."""
    return [tfma.SlicingSpec(), *(tfma.SlicingSpec(feature_keys=[PREFIX + cut.name]) for cut in cuts)]


def slice_extractor(cuts: list[Cut]) -> tfma.extractors.Extractor:
    """To be put first: adds the names of each row's slices to the features of each batch."""
    return tfma.extractors.Extractor(stage_name="ExtractSliceNames", ptransform=_AddNames(cuts))


class _AddNames(beam.PTransform):
    def __init__(self, cuts: list[Cut]) -> None:
        super().__init__()
        self._cuts = [cut.model_dump_json() for cut in cuts]

    def expand(self, extracts: beam.PCollection) -> beam.PCollection:
        return extracts | "AddSliceNames" >> beam.Map(_with_names, self._cuts)


def _with_names(extracts: dict[str, Any], cuts: list[str]) -> dict[str, Any]:
    columns = extracts[tfma.ARROW_RECORD_BATCH_KEY]
    parsed = [Cut.model_validate_json(cut) for cut in cuts]
    found = {PREFIX + cut.name: np.array(names(cut, columns))[:, np.newaxis] for cut in parsed}
    return {**extracts, tfma.FEATURES_KEY: {**extracts.get(tfma.FEATURES_KEY, {}), **found}}


def names(cut: Cut, batch: pa.RecordBatch) -> list[bytes]:
    """The slice of each row, UTF-8.

    Args:
        cut: what to cut by.
        batch: raw columns, each a list of at most one value a row.

    Raises:
        KeyError: it lacks a column.
    """
    columns = [_values(batch, name) for name in cut.columns]
    if cut.kind == "category":
        return [value or MISSING.encode() for value in columns[0]]
    numbers = [np.array([np.nan if value is None else value for value in column]) for column in columns]
    if cut.kind == "cell":
        return [cut.cell(*place).encode() for place in zip(*numbers, strict=True)]
    return [cut.interval(value).encode() for value in _measured(cut, numbers)]


def _values(batch: pa.RecordBatch, name: str) -> list[Any]:
    return [row[0] if row else None for row in batch.column(name).to_pylist()]


def _measured(cut: Cut, numbers: list[npt.NDArray[np.float64]]) -> Iterable[float]:
    """What intervals are made of, by the very functions that make the model's features."""
    if cut.kind == "distance":
        places = [tf.constant(one, tf.float32) for one in numbers]
        return [float(one) for one in DISTANCES[cut.part](*places).numpy()]
    if cut.kind == "number":
        return [float(one) for one in numbers[0]]
    (seconds,) = numbers
    known = ~np.isnan(seconds)
    shown = tf.constant(np.where(known, seconds, 0).astype(np.int32))
    parts: Mapping[str, Any] = {"hour": clock.hour, "weekday": clock.weekday, "month": _month}
    return [float(one) if there else np.nan for one, there in zip(parts[cut.part](shown).numpy(), known, strict=True)]


def _month(seconds: tf.Tensor) -> tf.Tensor:
    return clock.year_and_month(seconds)[1]
