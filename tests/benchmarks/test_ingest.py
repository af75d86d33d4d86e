"""The benchmark of ingestion, on a few rows: its trips are the same every time, and none of them is lost."""

import importlib.util
from pathlib import Path

import pytest

from data.loading import load
from pipeline.config import load as load_config

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "ingest.py"


@pytest.fixture(scope="module")
def ingest():
    spec = importlib.util.spec_from_file_location("ingest", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_seed_makes_the_same_trips_again_and_another_seed_others(ingest, tmp_path):
    dataset = load_config().data
    for name, seed in (("one", 0), ("again", 0), ("other", 1)):
        ingest.make_trips(dataset, tmp_path / name, 2000, seed)
    one, again, other = ((tmp_path / name).read_bytes() for name in ("one", "again", "other"))
    assert one == again
    assert one != other


def test_more_rows_than_there_are_trips_repeat_them_with_jitter(ingest, tmp_path):
    described = ingest.make_trips(load_config().data, tmp_path / "trips.csv", 20_000, 0)
    found = load(described)
    assert found.read == 20_000
    assert found.table.num_rows + found.reasons.total() == 20_000
    assert found.table.num_rows > 19_000
    assert found.repeats.share() < 0.001


def test_both_readers_are_measured(ingest, tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    described = ingest.make_trips(load_config().data, source / "trips.csv", 500, 0)
    for name in (ingest.OURS, ingest.STOCK):
        told = ingest.measure(name, described.model_dump_json(), str(tmp_path))
        assert told["seconds"] > 0
        assert told["peak_mib"] > 100
