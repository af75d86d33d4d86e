import copy
import dataclasses
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.moments import MomentsFn, SampleFn, StatisticsFn, row_hash

RNG = np.random.default_rng(0)
ROWS = (RNG.normal(size=(600, 3)) * [1, 100, 0.001] + [0, 41, -87]).astype(np.float32)
GAPS = np.where(RNG.random(ROWS.shape) < 0.2, np.nan, ROWS)


LABEL = (ROWS[:, :1] * 3 + RNG.normal(size=(600, 1))).astype(np.float32)
CLASS = np.digitize(LABEL, [-2, 1]).astype(np.float32)


def with_label(rows):
    """Rows with a label and a class that depend on nothing but the row."""
    return rows, rows[:, :1] * 2 + 1, (rows[:, :1] > 0).astype(np.float32)


def combine(function, parts):
    """Each part through its own accumulator, all merged at the end."""
    accumulators = [function.add_input(function.create_accumulator(), part) for part in parts]
    return function.extract_output(function.merge_accumulators(accumulators))


def expected_statistics(rows):
    wide = rows.astype(np.float64)
    known = (~np.isnan(wide)).sum(axis=0)
    return np.stack([np.nanmean(wide, 0), np.nanstd(wide, 0), np.nanmin(wide, 0), np.nanmax(wide, 0), known])


@pytest.mark.parametrize("rows", [ROWS, GAPS], ids=["full", "with gaps"])
def test_statistics_are_numpys_and_blind_to_nan(rows):
    found = combine(StatisticsFn(3), [rows])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected_statistics(rows), rtol=1e-6)


@given(slicings=st.lists(st.integers(0, len(ROWS)), max_size=8), order=st.randoms())
def test_any_partition_in_any_order_gives_the_same_statistics(slicings, order):
    parts = np.split(GAPS, sorted(slicings))
    order.shuffle(parts)
    found = combine(StatisticsFn(3), parts)
    np.testing.assert_allclose(found, expected_statistics(GAPS), rtol=1e-6)
    np.testing.assert_array_equal(found, combine(StatisticsFn(3), [GAPS]))


@given(slicings=st.lists(st.integers(0, len(ROWS)), max_size=8), order=st.randoms())
def test_any_partition_in_any_order_gives_the_same_moments_with_the_label_and_its_classes(slicings, order):
    edges = sorted(slicings)
    parts = list(zip(np.split(ROWS, edges), np.split(LABEL, edges), np.split(CLASS, edges), strict=True))
    order.shuffle(parts)
    found = combine(MomentsFn(3, classes=3), parts)
    wide, label = ROWS.astype(np.float64), LABEL[:, 0].astype(np.float64)
    assert found.rows == 600
    np.testing.assert_allclose(found.mean, wide.mean(axis=0), rtol=1e-9)
    np.testing.assert_allclose(found.covariance, np.cov(wide, rowvar=False, bias=True), rtol=1e-9, atol=1e-12)
    assert (found.label_mean, found.label_variance) == pytest.approx((label.mean(), label.var()), rel=1e-9)
    expected = [np.cov(column, label, bias=True)[0, 1] for column in wide.T]
    np.testing.assert_allclose(found.label_covariance, expected, rtol=1e-7, atol=1e-12)
    for number in range(3):
        members = CLASS[:, 0] == number
        assert found.class_shares[number] == pytest.approx(members.mean())
        offset = found.class_covariance[:, number] / found.class_shares[number]
        np.testing.assert_allclose(found.mean + offset, wide[members].mean(axis=0), rtol=1e-7)


@given(slicings=st.lists(st.integers(0, len(ROWS)), max_size=8), order=st.randoms())
def test_moments_are_the_same_to_the_bit_whatever_the_partition_and_the_order(slicings, order):
    edges = sorted(slicings)
    parts = list(zip(np.split(ROWS, edges), np.split(LABEL, edges), np.split(CLASS, edges), strict=True))
    order.shuffle(parts)
    found, whole = combine(MomentsFn(3, 3), parts), combine(MomentsFn(3, 3), [(ROWS, LABEL, CLASS)])
    for one, other in zip(dataclasses.astuple(found), dataclasses.astuple(whole), strict=True):
        np.testing.assert_array_equal(one, other)


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
    np.testing.assert_array_equal(found[:, 0], np.zeros(5))
    np.testing.assert_allclose(found[:, 1], [2, np.sqrt(2), 0, 4, 5], rtol=1e-6)


@pytest.mark.parametrize("parts", [[], [np.empty((0, 2))], [np.empty((0, 2))] * 3])
def test_no_rows_give_zeros_and_no_error(parts):
    np.testing.assert_array_equal(combine(StatisticsFn(2), parts), np.zeros((5, 2)))
    found = combine(MomentsFn(2), [with_label(part) for part in parts])
    np.testing.assert_array_equal(found.mean, np.zeros(2))
    np.testing.assert_array_equal(found.covariance, np.zeros((2, 2)))
    assert (found.rows, found.label_variance) == (0, 0)


def test_one_row_has_no_spread():
    row = np.array([[4.0, -2.0]])
    np.testing.assert_array_equal(combine(StatisticsFn(2), [row]), [[4, -2], [0, 0], [4, -2], [4, -2], [1, 1]])
    np.testing.assert_array_equal(combine(MomentsFn(2), [with_label(row)]).covariance, np.zeros((2, 2)))


def test_merging_changes_none_of_what_is_merged():
    function = MomentsFn(3)
    parts = [function.add_input(function.create_accumulator(), with_label(part)) for part in np.array_split(ROWS, 2)]
    before = copy.deepcopy(parts)
    function.merge_accumulators(parts)
    for part, kept in zip(parts, before, strict=True):
        assert part.keys() == kept.keys()
        for exponent, whole in part.items():
            np.testing.assert_array_equal(whole, kept[exponent])


def test_covariances_are_those_of_exact_arithmetic_to_the_last_bit():
    def covariance(one, other):
        one, other = ([Fraction(float(value)) for value in column] for column in (one, other))
        products = sum(a * b for a, b in zip(one, other, strict=True))
        return float(products / 600 - sum(one) * sum(other) / 600**2)

    found = combine(MomentsFn(3), [(ROWS, LABEL)])
    assert found.covariance[1, 2] == covariance(ROWS[:, 1], ROWS[:, 2])
    assert found.covariance[0, 0] == covariance(ROWS[:, 0], ROWS[:, 0])
    assert found.label_covariance[2] == covariance(LABEL[:, 0], ROWS[:, 2])


def test_statistics_of_the_smallest_and_the_largest_numbers_are_exact():
    tiny, large = 2.0**-149, float(np.float32(3e38))
    rows = np.array([[tiny, large, 2.0**20], [3 * tiny, -large, 2.0**20 + 8]])
    found = combine(StatisticsFn(3), [rows[:1], rows[1:]])
    np.testing.assert_array_equal(found[:2], np.float32([[2 * tiny, 0, 2.0**20 + 4], [tiny, large, 4]]))
    alone = combine(StatisticsFn(1), [np.array([[2.0**20], [2.0**20 + 8]])])  # no power of two below 1 is in use
    np.testing.assert_array_equal(alone[:2, 0], [2.0**20 + 4, 4])
    assert combine(MomentsFn(3), [(rows, rows[:, 2:])]).covariance[0, 0] == tiny**2


@given(slicings=st.lists(st.integers(0, len(ROWS)), max_size=8), order=st.randoms())
def test_the_sample_is_the_same_whatever_the_partition_and_the_order(slicings, order):
    function, edges = SampleFn(50, 4, seed=3), sorted(slicings)
    parts = list(zip(np.split(ROWS, edges), np.split(LABEL, edges), strict=True))
    order.shuffle(parts)
    whole = combine(function, [(ROWS, LABEL)])
    np.testing.assert_array_equal(combine(function, parts), whole)
    assert whole.shape == (50, 4)


def test_the_sample_is_of_training_rows_and_another_seed_draws_others():
    one, other = (combine(SampleFn(100, 4, seed), [(ROWS, LABEL)]) for seed in (0, 1))
    rows = {tuple(row) for row in np.concatenate([ROWS, LABEL], axis=1).astype(np.float64)}
    assert {tuple(row) for row in one} <= rows
    shared = len({tuple(row) for row in one} & {tuple(row) for row in other})
    assert shared < 40  # 100 * 100 / 600 = 17 by chance


def test_fewer_rows_than_asked_for_are_all_in_the_sample_and_equal_rows_stay_apart():
    same = np.ones((5, 3), np.float32)
    assert combine(SampleFn(50, 4, 0), [(same, same[:, :1]), (ROWS[:10], LABEL[:10])]).shape == (15, 4)


def test_the_sample_does_not_lean_to_a_side():
    sample = combine(SampleFn(300, 4, 0), [(ROWS, LABEL)])
    error = (sample[:, :3].mean(axis=0) - ROWS.mean(axis=0)) / (ROWS.std(axis=0) / np.sqrt(300))
    assert abs(error).max() < 3


def test_the_hash_is_python_arithmetic():
    def mixed(words, seed):
        value = 0x9E3779B97F4A7C15 * (seed + 1) % 2**64
        for word in words:
            value ^= word
            for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
                value = (value ^ (value >> shift)) * factor % 2**64
            value ^= value >> 31
        return value

    found = row_hash(ROWS[:20], seed=5)
    assert found.tolist() == [mixed([int(word) for word in row.view(np.uint32)], 5) for row in ROWS[:20]]
