import numpy as np
import pytest
import tensorflow as tf
from sklearn.preprocessing import RobustScaler

from transforms import scaling
from transforms.analyzers import ColumnStatistics
from transforms.settings import Fixed

TRAIN = np.random.default_rng(0).normal([3, -40, 7], [2, 0.01, 0], size=(400, 3)).astype(np.float32)
OTHER = np.random.default_rng(1).normal([5, -40, 8], [2, 0.05, 1], size=(50, 3)).astype(np.float32)


@pytest.fixture
def statistics():
    wide = TRAIN.astype(np.float64)
    found = wide.mean(axis=0), wide.std(axis=0), wide.min(axis=0), wide.max(axis=0), np.full(3, 400)
    return ColumnStatistics(*[tf.constant(row, tf.float32) for row in found])


def test_z_score_learns_mean_and_population_deviation_and_applies_them_to_other_rows(statistics):
    centre, spread = scaling.by_kind("z_score", statistics)
    np.testing.assert_allclose(centre, TRAIN.mean(axis=0, dtype=np.float64), rtol=1e-6)
    np.testing.assert_allclose(spread[:2], TRAIN[:, :2].std(axis=0, dtype=np.float64), rtol=1e-6)
    expected = (OTHER[:, :2] - TRAIN[:, :2].mean(axis=0, dtype=np.float64)) / TRAIN[:, :2].std(axis=0, dtype=np.float64)
    # Latitudes lose 4e-6 degrees in float32, which a deviation of 0.01 magnifies.
    np.testing.assert_allclose(scaling.apply(OTHER, centre, spread)[:, :2], expected, rtol=1e-4, atol=1e-3)


def test_min_max_puts_training_rows_into_0_to_1_and_others_where_they_fall(statistics):
    learned = scaling.by_kind("min_max", statistics)
    scaled = scaling.apply(TRAIN, *learned).numpy()[:, :2]
    np.testing.assert_allclose(scaled.min(axis=0), [0, 0], atol=1e-6)
    np.testing.assert_allclose(scaled.max(axis=0), [1, 1], atol=1e-6)
    low, high = TRAIN.min(axis=0), TRAIN.max(axis=0)
    np.testing.assert_allclose(scaling.apply(OTHER, *learned)[:, 0], (OTHER[:, 0] - low[0]) / (high[0] - low[0]), 1e-5)


def test_none_leaves_rows_alone(statistics):
    np.testing.assert_array_equal(scaling.apply(OTHER, *scaling.by_kind("none", statistics)), OTHER)


@pytest.mark.parametrize("kind", ["z_score", "min_max"])
def test_a_constant_column_becomes_zeros_and_is_not_divided_by_nothing(statistics, kind):
    centre, spread = scaling.by_kind(kind, statistics)
    assert spread.numpy()[2] == 1
    np.testing.assert_array_equal(scaling.apply(TRAIN, centre, spread)[:, 2], np.zeros(400))
    np.testing.assert_allclose(scaling.apply(OTHER, centre, spread)[:, 2], OTHER[:, 2] - 7, rtol=1e-5)


def test_nan_stays_nan(statistics):
    scaled = scaling.apply(np.array([[np.nan, -40, 7]], np.float32), *scaling.by_kind("z_score", statistics))
    np.testing.assert_array_equal(np.isnan(scaled), [[True, False, False]])


def test_an_unknown_kind_lists_the_known_ones(statistics):
    with pytest.raises(ValueError, match=r"unknown scaling 'robbust'; known are z_score, min_max, robust \(with"):
        scaling.by_kind("robbust", statistics)


def test_robust_is_scikit_learns_and_an_outlier_does_not_move_it(statistics):
    quartiles = np.percentile(TRAIN, [25, 50, 75], axis=0).T.astype(np.float32)
    centre, spread = scaling.by_kind("robust", statistics, tf.constant(quartiles))
    expected = RobustScaler().fit(TRAIN.astype(np.float64))
    np.testing.assert_allclose(centre, expected.center_, rtol=1e-6)
    np.testing.assert_allclose(spread, expected.scale_, rtol=1e-3)  # 0.013 degrees at a latitude of 40, in float32


def test_columns_may_be_scaled_each_in_their_own_way(statistics):
    kinds = ["min_max", Fixed(centre=-78, spread=8), "none"]
    centre, spread = scaling.learned(kinds, tf.constant(TRAIN), statistics)
    np.testing.assert_allclose(centre, [TRAIN[:, 0].min(), -78, 0], rtol=1e-6)
    np.testing.assert_allclose(spread, [np.ptp(TRAIN[:, 0]), 8, 1], rtol=1e-6)
    course = (OTHER[:, 1].astype(np.float64) + 78) / 8
    np.testing.assert_allclose(scaling.apply(OTHER, centre, spread)[:, 1], course, rtol=1e-5)
