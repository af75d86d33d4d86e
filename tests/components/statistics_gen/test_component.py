"""Statistics of small splits in this process beside those of TFX's own executor, and who takes which way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0.statistics_pb2 import Histogram
from tfx.components.statistics_gen import executor as tfx_executor
from tfx.types import standard_artifacts

from components.data_gate.distances import QUANTILES
from components.statistics_gen import component
from components.statistics_gen.component import Executor
from data.local_beam import RUNNER

TOLD = {"stats_options_json": tfdv.StatsOptions(num_quantiles_histogram_buckets=QUANTILES).to_json()}
HERE = [RUNNER, "--direct_running_mode=in_memory", "--sdk_container_image=none"]


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Two splits: numbers, numbers with gaps, whole numbers, few texts, 40 texts, a column of nothing."""
    artifact = standard_artifacts.Examples()
    artifact.uri = str(tmp_path_factory.mktemp("examples"))
    artifact.split_names = '["train", "test"]'
    artifact.span = 7
    chance = np.random.default_rng(3)
    for name, rows in (("train", 3000), ("test", 500)):
        place = Path(artifact.uri, f"Split-{name}")
        place.mkdir()
        for part in range(2):
            with tf.io.TFRecordWriter(f"{place}/data-{part}.gz", "GZIP") as out:
                for row in range(rows // 2):
                    features = {
                        "number": _numbers([chance.lognormal()]),
                        "gaps": _numbers([chance.normal()] if row % 3 else []),
                        "whole": tf.train.Feature(int64_list=tf.train.Int64List(value=[row % 40])),
                        "few": _text(b"abcd"[row % 4 : row % 4 + 1]),
                        "forty": _text(f"{part}-{row % 20}".encode()),
                        "nothing": tf.train.Feature(),
                    }
                    example = tf.train.Example(features=tf.train.Features(feature=features))
                    out.write(example.SerializeToString())
    return artifact


def test_small_splits_have_the_statistics_of_tfx_s_own_executor(examples, tmp_path) -> None:
    ours, theirs, usual = (
        _statistics(kind, examples, tmp_path / name, told=told)
        for name, kind, told in (
            ("a", Executor, TOLD),
            ("b", tfx_executor.Executor, TOLD),
            ("c", tfx_executor.Executor, {}),
        )
    )
    assert (ours.split_names, ours.span) == (theirs.split_names, theirs.span) == ('["train", "test"]', 7)
    for split in ("train", "test"):
        places = (f"{one.uri}/Split-{split}/FeatureStats.pb" for one in (ours, theirs, usual))
        (got,), (right,), (plain,) = (tfdv.load_stats_binary(place).datasets for place in places)
        assert got.num_examples == right.num_examples
        assert [one.path.step[0] for one in got.features] == [one.path.step[0] for one in right.features]
        for mine, other, coarse in zip(got.features, right.features, plain.features, strict=True):
            # a thousand quantiles make the histogram of equal stretches, and not a hundred for each that is kept
            for one, usual_one in zip(other.num_stats.histograms, coarse.num_stats.histograms, strict=True):
                if one.type == Histogram.STANDARD:
                    one.CopyFrom(usual_one)
            # sums in another order: the last bits
            for of in ("mean", "std_dev"):
                assert getattr(mine.num_stats, of) == pytest.approx(getattr(other.num_stats, of), rel=1e-12)
                setattr(mine.num_stats, of, getattr(other.num_stats, of)) if other.HasField("num_stats") else None
            assert mine == other


def test_no_beam_pipeline_is_made_for_small_splits(examples, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(Executor, "_make_beam_pipeline", None)
    _statistics(Executor, examples, tmp_path)


@pytest.mark.parametrize(
    ("told", "most", "exact"),
    [(["--runner=PortableRunner"], 2**20, 99), ([RUNNER], 2**20, 99), (HERE, 1000, 99), (HERE, 2**20, 39)],
)
def test_large_splits_many_texts_and_other_engines_are_beam_s(examples, tmp_path, monkeypatch, told, most, exact):
    def beam(*_: Any) -> None:
        raise InterruptedError

    monkeypatch.setattr(component, "SMALL", most)
    monkeypatch.setattr(component, "EXACT", exact)
    monkeypatch.setattr(Executor, "_make_beam_pipeline", beam)
    with pytest.raises(InterruptedError):
        _statistics(Executor, examples, tmp_path, told)


def _numbers(values: list[float]) -> tf.train.Feature:
    return tf.train.Feature(float_list=tf.train.FloatList(value=values))


def _text(value: bytes) -> tf.train.Feature:
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))


def _statistics(
    kind: type[Any], examples: Any, folder: Path, beam: list[str] = HERE, told: dict[str, str] = TOLD
) -> Any:
    statistics = standard_artifacts.ExampleStatistics()
    statistics.uri = str(folder)
    executor = kind(kind.Context(beam_pipeline_args=beam, tmp_dir=f"{folder}-tmp"))
    executor.Do({"examples": [examples]}, {"statistics": [statistics]}, told)
    return statistics
