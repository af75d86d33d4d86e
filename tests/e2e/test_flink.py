"""The pipeline on a real Flink cluster of this machine: the same outcome as in process, and mistakes that are named.

Needs Java and Maven and takes minutes: `make test-flink`.
"""

from __future__ import annotations

import gzip
import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from pipeline.runners.flink.handshake import shake_hands
from pipeline.settings.beam import Flink
from tests.e2e.flink import CLUSTER, MARKS, ours, run
from tests.e2e.flink import cluster as real_cluster

SUMS_REL = 1e-6
"""Sums over rows that come in another order, in float64; what is learned from them is kept as float32."""
BASIS_ABS = 1e-6
"""Entries of unit vectors, where rounding is largest between close eigenvalues."""
METRIC_REL = 1e-2
"""Training is not exact even in one place: error and bias of two trainings on the same data."""
CATEGORY = ("data.categorical=[payment_type]", "schema=null")
"""A column of texts, which the reviewed schema of the default trips does not know."""

pytestmark = MARKS


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """Two TaskManagers, up for all tests of this file."""
    with real_cluster():
        yield


@pytest.fixture(scope="module")
def pair(cluster: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Any, Any]:
    """Folders and results of one run in process and one on Flink."""
    folder = tmp_path_factory.mktemp("pair")
    told = []
    for place in ("in_process", "flink"):
        code, result, said = run(folder / place, f"beam.runner={place}", *CATEGORY)
        assert code == 0, said
        told.append(result)
    return folder / "in_process", folder / "flink", *told


def only(runs: Path, pattern: str) -> Path:
    (found,) = (runs / "chicago" / "artifacts").glob(pattern)
    return found


def examples(runs: Path, split: str) -> list[bytes]:
    """Sorted, with the features of each in one order: a message's map is written in any."""
    files = sorted(map(str, only(runs, f"TripExampleGen/examples/*/Split-{split}").iterdir()))
    found = [
        tf.train.Example.FromString(one.numpy()) for one in tf.data.TFRecordDataset(files, compression_type="GZIP")
    ]
    return sorted(one.SerializeToString(deterministic=True) for one in found)


def test_both_push_a_version_through_the_same_gate(pair: tuple[Path, Path, Any, Any]) -> None:
    _, _, local, flink = pair
    assert local["verdict"] == flink["verdict"] == "pushed"
    assert {one["state"] for one in flink["components"]} == {"ran"}


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_splits_hold_the_same_examples(pair: tuple[Path, Path, Any, Any], split: str) -> None:
    local, flink = (examples(runs, split) for runs in pair[:2])
    assert len(local) > 500
    assert local == flink


def test_rejects_and_their_summary_are_the_same(pair: tuple[Path, Path, Any, Any]) -> None:
    for name in ("rejects.csv.gz", "summary.json"):
        local, flink = (only(runs, f"TripExampleGen/report/*/{name}").read_bytes() for runs in pair[:2])
        if name.endswith(".gz"):
            local, flink = gzip.decompress(local), gzip.decompress(flink)
        assert local == flink


def test_the_vocabulary_is_the_same(pair: tuple[Path, Path, Any, Any]) -> None:
    asset = "Transform/transform_graph/*/transform_fn/assets/vocabulary_payment_type"
    local, flink = (only(runs, asset).read_text() for runs in pair[:2])
    assert local.splitlines()[:2] == ["Cash", "Credit Card"]
    assert local == flink


def test_the_inferred_schema_is_the_same(pair: tuple[Path, Path, Any, Any]) -> None:
    """But for the order of columns, which on Flink is that in which their statistics arrive."""
    local, flink = (
        text_format.Parse(only(runs, "Schema/schema/*/schema.pbtxt").read_text(), schema_pb2.Schema())
        for runs in pair[:2]
    )
    for schema in (local, flink):
        schema.feature.sort(key=lambda one: one.name)
    assert local == flink


def test_statistics_agree(pair: tuple[Path, Path, Any, Any]) -> None:
    numbers = [statistics(runs) for runs in pair[:2]]
    assert numbers[0].keys() == numbers[1].keys()
    for name, (rows, missing, mean, deviation, low, high) in numbers[0].items():
        theirs = numbers[1][name]
        assert (rows, missing, low, high) == (*theirs[:2], *theirs[4:])
        assert (mean, deviation) == pytest.approx(theirs[2:4], rel=SUMS_REL)


def statistics(runs: Path) -> dict[str, tuple[float, ...]]:
    stats = statistics_pb2.DatasetFeatureStatisticsList()
    stats.ParseFromString(only(runs, "StatisticsGen/statistics/*/Split-train/FeatureStats.pb").read_bytes())
    return {
        feature.path.step[0]: (
            feature.num_stats.common_stats.num_non_missing,
            feature.num_stats.common_stats.num_missing,
            feature.num_stats.mean,
            feature.num_stats.std_dev,
            feature.num_stats.min,
            feature.num_stats.max,
        )
        for feature in stats.datasets[0].features
        if feature.HasField("num_stats")
    }


def test_what_transform_learns_agrees_and_buckets_and_vocabularies_are_identical(
    pair: tuple[Path, Path, Any, Any],
) -> None:
    local, flink = (
        json.loads(only(runs, "Transform/transform_graph/*/transform_fn/assets/learned.json").read_text())
        for runs in pair[:2]
    )
    assert local["buckets"] == flink["buckets"]
    assert list(differing(local["columns"], flink["columns"], SUMS_REL)) == []
    assert list(differing(local, flink, BASIS_ABS)) == []


def differing(one: Any, other: Any, tolerance: float, where: str = "") -> Iterator[str]:
    """Places where two JSON values differ; numbers by the tolerance, relative above 1 and absolute below."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key in one:
            yield from differing(one[key], other[key], tolerance, f"{where}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, pair in enumerate(zip(one, other, strict=True)):
            yield from differing(*pair, tolerance, f"{where}[{index}]")
    elif isinstance(one, float) and isinstance(other, float):
        if not math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance):
            yield f"{where}: {one} and {other}"
    elif one != other:
        yield f"{where}: {one!r} and {other!r}"


def test_the_models_are_equally_good(pair: tuple[Path, Path, Any, Any]) -> None:
    local, flink = (one["metrics"]["metrics"]["file"] for one in pair[2:])
    for name in ("rmse", "mae"):
        assert flink[name] == pytest.approx(local[name], rel=METRIC_REL)


def test_a_second_run_on_flink_takes_the_data_steps_from_the_cache_of_the_one_in_process(
    pair: tuple[Path, Path, Any, Any],
) -> None:
    # Forced, since where Beam works is no reason for a run.
    code, result, said = run(pair[0], "beam.runner=flink", *CATEGORY, force=True)
    assert code == 0, said
    states = {one["name"]: one["state"] for one in result["components"]}
    assert {states[name] for name in ("TripExampleGen", "StatisticsGen", "Transform", "Trainer")} == {"cached"}


def test_more_parallelism_than_slots_is_refused_with_the_numbers(cluster: None, tmp_path: Path) -> None:
    code, _, said = run(tmp_path, "beam.runner=flink", "beam.flink.parallelism=3")
    assert code == 2
    assert "beam.flink.parallelism is 3, the cluster has 2 TaskManagers with 2 slots" in said


def test_too_little_memory_for_exchanges_is_found_before_submission(cluster: None, tmp_path: Path) -> None:
    code, _, said = run(tmp_path, "beam.runner=flink", "beam.flink.min_network_mb=600")
    assert code == 2
    assert "has 512 MB for 1 slots" in said


def test_a_pool_that_is_not_there_ends_in_an_error_and_no_job(cluster: None, tmp_path: Path) -> None:
    code, _, said = run(
        tmp_path, "beam.runner=flink", "beam.flink.worker_pool=farelite-pool:9", "beam.flink.handshake_s=20"
    )
    assert code == 2, said
    assert "worker pool" in said


def test_a_worker_that_is_killed_while_it_starts_is_missed_by_nobody(cluster: None, tmp_path: Path) -> None:
    worker = b"SdkHarness("
    before, killed = ours(worker), []

    def kill() -> None:
        while not (new := ours(worker) - before):
            time.sleep(0.02)
        killed.append(new.pop())
        os.kill(killed[0], signal.SIGKILL)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    shake_hands(Flink(handshake_s=120), 2, tmp_path, f"farelite-start-{time.time():.0f}")
    killer.join(1)
    assert killed


def test_a_second_cluster_of_this_checkout_is_refused(cluster: None) -> None:
    again = subprocess.run([sys.executable, str(CLUSTER), "up"], capture_output=True, text=True)
    assert again.returncode == 2
    assert "the cluster is up already; `make flink-down` ends it" in again.stderr
