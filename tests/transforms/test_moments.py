import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.moments import CovarianceFn, StatisticsFn

RNG = np.random.default_rng(0)
ROWS = (RNG.normal(size=(600, 3)) * [1, 100, 0.001] + [0, 41, -87]).astype(np.float32)
GAPS = np.where(RNG.random(ROWS.shape) < 0.2, np.nan, ROWS)


def combine(function, parts):
    """Each part through its own accumulator, all merged at the end."""
    accumulators = [function.add_input(function.create_accumulator(), part) for part in parts]
    return function.extract_output(function.merge_accumulators(accumulators))


def expected_statistics(rows):
    wide = rows.astype(np.float64)
    return np.stack([np.nanmean(wide, 0), np.nanstd(wide, 0), np.nanmin(wide, 0), np.nanmax(wide, 0)])


@pytest.mark.parametrize("rows", [ROWS, GAPS], ids=["full", "with gaps"])
def test_statistics_are_numpys_and_blind_to_nan(rows):
    found = combine(StatisticsFn(3), [rows])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected_statistics(rows), rtol=1e-6)


@settings(deadline=None)
@given(cuts=st.lists(st.integers(0, len(ROWS)), max_size=8), order=st.randoms())
def test_any_partition_in_any_order_gives_the_same_statistics(cuts, order):
    parts = np.split(GAPS, sorted(cuts))
    order.shuffle(parts)
    np.testing.assert_allclose(combine(StatisticsFn(3), parts), expected_statistics(GAPS), rtol=1e-6)


@settings(deadline=None)
@given(cuts=st.lists(st.integers(0, len(ROWS)), max_size=8), order=st.randoms())
def test_any_partition_in_any_order_gives_the_same_covariance(cuts, order):
    parts = np.split(ROWS, sorted(cuts))
    order.shuffle(parts)
    mean, covariance = combine(CovarianceFn(3), parts)
    wide = ROWS.astype(np.float64)
    np.testing.assert_allclose(mean, wide.mean(axis=0), rtol=1e-9)
    np.testing.assert_allclose(covariance, np.cov(wide, rowvar=False, bias=True), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("function", [StatisticsFn(3), CovarianceFn(3)], ids=["statistics", "covariance"])
def test_merging_in_a_tree_equals_merging_in_a_row(function):
    parts = [function.add_input(function.create_accumulator(), part) for part in np.array_split(ROWS, 4)]
    tree = function.merge_accumulators(
        [function.merge_accumulators(parts[:2]), function.create_accumulator(), function.merge_accumulators(parts[2:])]
    )
    row = function.create_accumulator()
    for part in parts:
        row = function.merge_accumulators([row, part])
    for one, other in zip(function.extract_output(tree), function.extract_output(row), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)


def test_row_after_row_into_one_accumulator_is_the_same():
    function = StatisticsFn(3)
    accumulator = function.create_accumulator()
    for row in GAPS[:100]:
        accumulator = function.add_input(accumulator, row[None])
    np.testing.assert_allclose(function.extract_output(accumulator), expected_statistics(GAPS[:100]), rtol=1e-6)


def test_a_large_mean_does_not_swallow_a_small_spread():
    # Sums of squares in float64 would keep none of this deviation's digits.
    rows = 1e9 + np.array([[0.0], [1.0], [2.0], [3.0]])
    function = StatisticsFn(1)
    accumulator = function.merge_accumulators(
        [function.add_input(function.create_accumulator(), part) for part in np.split(rows, 4)]
    )
    assert function.extract_output(accumulator)[1, 0] == pytest.approx(np.std([0, 1, 2, 3]), rel=1e-6)


def test_a_column_of_nothing_but_nan_is_all_zeros_and_spoils_no_other():
    rows = np.column_stack([np.full(5, np.nan), np.arange(5)])
    found = combine(StatisticsFn(2), np.split(rows, [2]))
    np.testing.assert_array_equal(found[:, 0], np.zeros(4))
    np.testing.assert_allclose(found[:, 1], [2, np.sqrt(2), 0, 4], rtol=1e-6)


@pytest.mark.parametrize("parts", [[], [np.empty((0, 2))], [np.empty((0, 2))] * 3])
def test_no_rows_give_zeros_and_no_error(parts):
    np.testing.assert_array_equal(combine(StatisticsFn(2), parts), np.zeros((4, 2)))
    mean, covariance = combine(CovarianceFn(2), parts)
    np.testing.assert_array_equal(mean, np.zeros(2))
    np.testing.assert_array_equal(covariance, np.zeros((2, 2)))


def test_one_row_has_no_spread():
    row = np.array([[4.0, -2.0]])
    np.testing.assert_array_equal(combine(StatisticsFn(2), [row]), [[4, -2], [0, 0], [4, -2], [4, -2]])
    np.testing.assert_array_equal(combine(CovarianceFn(2), [row])[1], np.zeros((2, 2)))


def test_merging_changes_none_of_what_is_merged():
    function = CovarianceFn(3)
    parts = [function.add_input(function.create_accumulator(), part) for part in np.array_split(ROWS, 2)]
    before = [(count, mean.copy(), moments.copy()) for count, mean, moments in parts]
    function.merge_accumulators(parts)
    for (count, mean, moments), (count_before, mean_before, moments_before) in zip(parts, before, strict=True):
        assert count == count_before
        np.testing.assert_array_equal(mean, mean_before)
        np.testing.assert_array_equal(moments, moments_before)
