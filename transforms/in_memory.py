"""The Transform step without a pipeline: learn from columns in memory, apply to columns in memory.

The same `preprocessing_fn` and the same tf.Transform as in a run; for studies of features, benchmarks and tests.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from apache_beam.options.pipeline_options import PipelineOptions
from tensorflow_transform.tf_metadata import schema_utils
from tfx_bsl.tfxio import tensor_adapter, tensor_representation_util

from data.columns import ARROW, described
from data.local_beam import RUNNER, spare_detours
from data.spec import Dataset
from transforms.features import Plan
from transforms.preprocessing import preprocessing_fn

Columns = Mapping[str, npt.NDArray[Any]]
Arrays = dict[str, npt.NDArray[Any]]

BATCH = 4096
"""Rows that go through the graph at once."""


def raw_spec(dataset: Dataset) -> dict[str, tf.io.FixedLenFeature]:
    """Dtypes of the raw columns as tf.Examples hold them, `[1]` each, by tensor name."""
    return {one.tensor: tf.io.FixedLenFeature([1], tf.as_dtype(one.stored_dtype)) for one in described(dataset)}


def learn(plan: Plan, columns: Columns, folder: Path, batch: int = BATCH) -> tft.TFTransformOutput:
    """Analyzes training rows and saves the transform graph.

    Args:
        plan: what to compute.
        columns: by tensor name, `[rows]` each: float32, int64 (time) or bytes (categorical), and the label.
        folder: gets `graph` and `temp`.
        batch: rows that an analyzer sees at once.
    """
    spare_detours()
    schema = schema_utils.schema_from_feature_spec(raw_spec(plan.dataset))
    batches = list(_record_batches(plan.dataset, columns, batch))
    representations = tensor_representation_util.InferTensorRepresentationsFromSchema(schema)
    config = tensor_adapter.TensorAdapterConfig(batches[0].schema, representations)
    step = functools.partial(preprocessing_fn, custom_config={"plan": plan.model_dump_json()})
    with (
        beam.Pipeline(options=PipelineOptions([RUNNER, "--direct_running_mode=in_memory"])) as pipeline,
        tft_beam.Context(temp_dir=str(folder / "temp")),
    ):
        raw = pipeline | beam.Create(batches, reshuffle=False), config
        transform_fn = raw | tft_beam.AnalyzeDataset(step)
        _ = transform_fn | tft_beam.WriteTransformFn(str(folder / "graph"))
    return tft.TFTransformOutput(str(folder / "graph"))


def apply(output: tft.TFTransformOutput, dataset: Dataset, columns: Columns, batch: int = BATCH) -> Arrays:
    """The transformed features of any rows, `[rows, width]` by name, by the saved graph."""
    layer = output.transform_features_layer()
    rows = len(next(iter(columns.values())))
    parts: list[Arrays] = []
    for start in range(0, max(rows, 1), batch):
        raw = {
            name: tf.constant(columns[name][start : start + batch, None], spec.dtype)
            for name, spec in raw_spec(dataset).items()
        }
        parts.append({name: tensor.numpy() for name, tensor in layer(raw).items()})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _record_batches(dataset: Dataset, columns: Columns, batch: int) -> Iterator[pa.RecordBatch]:
    """Rows as tf.Transform takes them: each value a list of one."""
    types = {one.tensor: ARROW[one.stored_dtype] for one in described(dataset)}
    rows = len(next(iter(columns.values())))
    for start in range(0, rows, batch):
        end = min(start + batch, rows)
        offsets = pa.array(np.arange(end - start + 1), pa.int32())
        arrays = [
            pa.ListArray.from_arrays(offsets, pa.array(columns[name][start:end], kind)) for name, kind in types.items()
        ]
        yield pa.RecordBatch.from_arrays(arrays, list(types))
