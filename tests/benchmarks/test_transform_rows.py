"""The benchmark of the Transform step, on a few rows: the two ways learn the same subspace from the same trips."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import subspace_angles

from pipeline.config import load
from transforms import analyzers

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def bench():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(FOLDER)
        spec = importlib.util.spec_from_file_location("transform_rows", FOLDER / "transform_rows.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module
    sys.modules.pop("ingest", None)


def test_a_seed_makes_the_same_rows_again(bench):
    config = load()
    one, again, other = (bench.make_rows(config, 20_000, seed) for seed in (0, 0, 1))
    assert set(one) == set(config.data.columns())
    for name, values in one.items():
        assert values.shape == (20_000,)
        np.testing.assert_array_equal(values, again[name])
        assert (values != other[name]).mean() > 0.9


def test_both_ways_learn_the_same_subspace(bench, tmp_path, monkeypatch):
    monkeypatch.setattr(analyzers, "reduction", analyzers.reduction)  # put back after the test
    for way in (bench.OURS, bench.THEIRS):
        told = bench.measure(bench.with_reducer(load(), way, 3), way, str(tmp_path), 3000, 0)
        assert told["rows"] == 3000
        assert min(told["learn_cpu"], told["apply_cpu"], told["peak_mib"]) > 0
    ours, theirs = (np.load(tmp_path / f"{way}.npy") for way in (bench.OURS, bench.THEIRS))
    assert ours.shape == (bench.COMPARED, 3)
    assert subspace_angles(ours - ours.mean(axis=0), theirs - theirs.mean(axis=0)).max() < 1e-4
