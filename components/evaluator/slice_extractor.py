"""A step in TFMA's extraction that adds to each row the names of the slices it belongs to.

TFMA cuts by the values of features; SQL slicing, its other way, is gone from later versions. So the names enter as
features of their own, computed from the raw columns before anything else is extracted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import apache_beam as beam
import numpy as np
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2

from components.evaluation.slice_names import names
from components.evaluation.slices import Slicing
from data.tensor_names import tensor_name

PREFIX = "slice: "
"""Before a cut's name; no column of a table is likely to begin so."""


def slicing_specs(slicings: Iterable[Slicing]) -> list[config_pb2.SlicingSpec]:
    """All rows as one, then each cut for itself."""
    return [
        config_pb2.SlicingSpec(),
        *(config_pb2.SlicingSpec(feature_keys=[PREFIX + slicing.name]) for slicing in slicings),
    ]


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
    batch = extracts[tfma.ARROW_RECORD_BATCH_KEY]
    parsed = [Slicing.model_validate_json(slicing) for slicing in slicings]
    wanted = {tensor_name(name) for slicing in parsed for name in slicing.columns}
    columns = {name: [row[0] if row else None for row in batch.column(name).to_pylist()] for name in wanted}
    found = {PREFIX + slicing.name: np.array(names(slicing, columns))[:, np.newaxis] for slicing in parsed}
    return {**extracts, tfma.FEATURES_KEY: {**extracts.get(tfma.FEATURES_KEY, {}), **found}}
