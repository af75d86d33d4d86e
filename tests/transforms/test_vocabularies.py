"""All columns' vocabularies at once are those that tf.Transform learns of each by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from apache_beam.options.pipeline_options import PipelineOptions
from tensorflow_transform.tf_metadata import schema_utils
from tfx_bsl.tfxio import tensor_adapter, tensor_representation_util

from data.local_beam import RUNNER
from transforms import vocabularies
from transforms.settings import Category

COLUMNS = ("many", "few", "odd", "none")


def texts() -> dict[str, list[bytes]]:
    """Ties, texts that no file can hold as a line, bytes that are no UTF-8, and a column that misses all."""
    chance = np.random.default_rng(3)
    odd = [b"", b" ", b"a\nb", b"a\r", b"\xff\xfe", "é".encode(), b"tab\there", b"a", b"aa", b"b", b"49d0"]
    return {
        "many": [b"%d" % one for one in chance.zipf(1.3, 900) % 400],
        "few": [[b"x", b"y", b"z"][one] for one in chance.integers(3, size=900)],
        "odd": [odd[one] for one in chance.integers(len(odd), size=900)],
        "none": [b""] * 900,
    }


@pytest.mark.parametrize("coding", [{"max_size": 5, "min_count": 1}, {"max_size": 1000, "min_count": 4}])
def test_they_are_what_tf_transform_learns_of_each_column(coding: dict[str, int], tmp_path: Path) -> None:
    def step(inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        for name in COLUMNS:
            tft.vocabulary(
                inputs[name],
                top_k=coding["max_size"],
                frequency_threshold=coding["min_count"],
                vocab_filename=f"theirs_{name}",
            )
        joined = tf.concat([inputs[name] for name in COLUMNS], axis=1)
        vocabularies.learn(joined, [f"ours_{name}" for name in COLUMNS], Category(**coding))
        return {"rows": tf.zeros_like(inputs["few"], tf.int64)}

    schema = schema_utils.schema_from_feature_spec({name: tf.io.FixedLenFeature([1], tf.string) for name in COLUMNS})
    batches = [
        batch({name: found[place : place + 128] for name, found in texts().items()}) for place in range(0, 900, 128)
    ]
    shapes = tensor_representation_util.InferTensorRepresentationsFromSchema(schema)
    adapted: Any = tensor_adapter.TensorAdapterConfig(batches[0].schema, shapes)
    with (
        beam.Pipeline(options=PipelineOptions([RUNNER, "--direct_running_mode=in_memory"])) as pipeline,
        tft_beam.Context(temp_dir=str(tmp_path / "temp")),
    ):
        learned = (pipeline | beam.Create(batches, reshuffle=False), adapted) | tft_beam.AnalyzeDataset(step)
        _ = learned | tft_beam.WriteTransformFn(str(tmp_path / "graph"))
    output = tft.TFTransformOutput(str(tmp_path / "graph"))
    for name in COLUMNS:
        ours = output.vocabulary_by_name(f"ours_{name}")
        assert ours == output.vocabulary_by_name(f"theirs_{name}")
        assert len(ours) == output.vocabulary_size_by_name(f"ours_{name}")
    assert output.vocabulary_by_name("ours_none") == [vocabularies.NONE_SEEN]


def batch(columns: dict[str, list[bytes]]) -> pa.RecordBatch:
    lists = [pa.array([[one] for one in found], pa.list_(pa.binary())) for found in columns.values()]
    return pa.RecordBatch.from_arrays(lists, list(columns))
