import numpy as np
import pytest
from sklearn.preprocessing import RobustScaler

from transforms import scaling
from transforms.scaling import ColumnStatistics
from transforms.settings import Fixed
from transforms.smooth_clip import LIMIT

TRAIN = np.random.default_rng(0).normal([3, -40, 7], [2, 0.01, 0], size=(400, 3)).astype(np.float32)
OTHER = np.random.default_rng(1).normal([5, -40, 8], [2, 0.05, 1], size=(50, 3)).astype(np.float32)
WIDE = TRAIN.astype(np.float64)
STATISTICS = ColumnStatistics(
    *[
        row.astype(np.float32)
        for row in (WIDE.mean(axis=0), WIDE.std(axis=0), WIDE.min(axis=0), WIDE.max(axis=0), np.full(3, 400))
    ]
)
QUARTILES = np.percentile(TRAIN, [25, 50, 75], axis=0).T.astype(np.float32)


def scale_of(kind):
    return scaling.learned([kind] * 3, STATISTICS, QUARTILES)


def test_z_score_learns_mean_and_population_deviation_and_applies_them_to_other_rows():
    scale = scale_of("z_score")
    np.testing.assert_allclose(scale.centre, WIDE.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(scale.spread[:2], WIDE[:, :2].std(axis=0), rtol=1e-6)
    expected = (OTHER[:, :2] - WIDE[:, :2].mean(axis=0)) / WIDE[:, :2].std(axis=0)
    # Latitudes lose 4e-6 degrees in float32, which a deviation of 0.01 magnifies.
    np.testing.assert_allclose(scale.apply(OTHER)[:, :2], expected, rtol=1e-4, atol=1e-3)


def test_min_max_puts_training_rows_into_0_to_1_and_others_where_they_fall():
    scale = scale_of("min_max")
    scaled = np.asarray(scale.apply(TRAIN))[:, :2]
    np.testing.assert_allclose(scaled.min(axis=0), [0, 0], atol=1e-6)
    np.testing.assert_allclose(scaled.max(axis=0), [1, 1], atol=1e-6)
    low, high = TRAIN.min(axis=0), TRAIN.max(axis=0)
    np.testing.assert_allclose(scale.apply(OTHER)[:, 0], (OTHER[:, 0] - low[0]) / (high[0] - low[0]), 1e-5)


def test_none_leaves_rows_alone():
    np.testing.assert_array_equal(scale_of("none").apply(OTHER), OTHER)


@pytest.mark.parametrize("kind", ["smooth_clip", "robust", "z_score", "min_max"])
def test_a_constant_column_becomes_zeros_and_is_not_divided_by_nothing(kind):
    scale = scale_of(kind)
    assert scale.spread[2] == 1
    np.testing.assert_array_equal(scale.apply(TRAIN)[:, 2], np.zeros(400))
    off = OTHER[:, 2].astype(np.float64) - 7
    expected = off / np.sqrt(1 + (off / LIMIT) ** 2) if kind == "smooth_clip" else off
    np.testing.assert_allclose(scale.apply(OTHER)[:, 2], expected, rtol=1e-5)


@pytest.mark.parametrize("kind", ["smooth_clip", "z_score"])
def test_nan_stays_nan(kind):
    scaled = scale_of(kind).apply(np.array([[np.nan, -40, 7]], np.float32))
    np.testing.assert_array_equal(np.isnan(scaled), [[True, False, False]])


def test_an_unknown_kind_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"unknown scaling 'robbust'; known are smooth_clip, robust, z_score, min_max"):
        scaling.by_kind("robbust", STATISTICS, QUARTILES)


def test_robust_is_scikit_learns_and_an_outlier_does_not_move_it():
    scale, expected = scale_of("robust"), RobustScaler().fit(WIDE)
    np.testing.assert_allclose(scale.centre, expected.center_, rtol=1e-6)
    np.testing.assert_allclose(
        scale.spread, expected.scale_, rtol=1e-3
    )  # 0.013 degrees at a latitude of 40, in float32


def test_smooth_clip_is_robust_scaling_with_the_tails_drawn_in():
    z = np.asarray(scale_of("robust").apply(OTHER), np.float64)
    np.testing.assert_allclose(scale_of("smooth_clip").apply(OTHER), z / np.sqrt(1 + (z / LIMIT) ** 2), rtol=1e-5)


def test_where_the_middle_half_has_one_value_half_the_range_is_the_spread():
    rows = np.array([[0], [5], [5], [5], [5], [5], [9]], np.float64)
    of_rows = (rows.mean(axis=0), rows.std(axis=0), rows.min(axis=0), rows.max(axis=0), [7])
    statistics = ColumnStatistics(*[np.array(one, np.float32) for one in of_rows])
    centre, spread = scaling.by_kind("robust", statistics, np.full((1, 3), 5, np.float32))
    assert (centre.tolist(), spread.tolist()) == ([5], [4.5])


@pytest.mark.parametrize("parts", [4, 8, 256])
def test_quartiles_are_picked_of_any_number_of_parts_that_four_divides(parts):
    boundaries = np.quantile(np.arange(1025.0), np.arange(1, parts) / parts).astype(np.float32)
    quartiles = [scaling.quartile(np.array([boundaries, -boundaries]), number) for number in (1, 2, 3)]
    np.testing.assert_array_equal(quartiles, [[256, -256], [512, -512], [768, -768]])


def test_columns_may_be_scaled_each_in_their_own_way():
    scale = scaling.learned(["min_max", Fixed(centre=-78, spread=8), "none"], STATISTICS, QUARTILES)
    np.testing.assert_allclose(scale.centre, [TRAIN[:, 0].min(), -78, 0], rtol=1e-6)
    np.testing.assert_allclose(scale.spread, [np.ptp(TRAIN[:, 0]), 8, 1], rtol=1e-6)
    course = (OTHER[:, 1].astype(np.float64) + 78) / 8
    np.testing.assert_allclose(scale.apply(OTHER)[:, 1], course, rtol=1e-5)


def test_only_the_tails_of_columns_scaled_by_smooth_clip_are_drawn_in():
    scale = scaling.learned(["smooth_clip", "robust", Fixed(centre=7, spread=0.01)], STATISTICS, QUARTILES)
    scaled, plain = np.asarray(scale.apply(OTHER)), np.asarray(scale_of("robust").apply(OTHER))
    clipped = plain[:, 0] / np.sqrt(1 + np.square(plain[:, 0] / LIMIT))
    np.testing.assert_allclose(scaled[:, 0], clipped, rtol=1e-5)
    np.testing.assert_array_equal(scaled[:, 1], plain[:, 1])
    np.testing.assert_allclose(scaled[:, 2], (OTHER[:, 2].astype(np.float64) - 7) / 0.01, rtol=1e-4)
