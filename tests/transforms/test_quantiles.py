import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.quantiles import DISTINCT, QuantilesFn, ordered, value

RNG = np.random.default_rng(0)
WIDE = RNG.lognormal(0, 3, 3 * DISTINCT).astype(np.float32)
"""More different values than are told apart."""


def cut(width, parts, pieces):
    function = QuantilesFn(width, [parts])
    accumulators = [function.add_input(function.create_accumulator(), piece) for piece in pieces]
    return function.extract_output(function.merge_accumulators(accumulators))[parts]


def sorted_and_cut(column, parts):
    return np.quantile(column, np.arange(1, parts) / parts, method="higher")


@given(
    values=st.lists(st.floats(width=32, allow_infinity=False), min_size=1, max_size=40),
    slicings=st.lists(st.integers(0, 40), max_size=4),
    parts=st.integers(2, 7),
)
def test_few_values_are_cut_where_numpy_cuts_the_sorted_rows_however_they_came(values, slicings, parts):
    column = np.array(values, np.float32)[:, None]
    known = column[~np.isnan(column)]
    expected = sorted_and_cut(known, parts) if len(known) else np.zeros(parts - 1)
    np.testing.assert_array_equal(cut(1, parts, np.split(column, sorted(slicings))), [expected])


def test_columns_are_cut_each_by_its_own_rows():
    rows = np.column_stack([np.arange(9), np.full(9, np.nan), [-5, np.nan] * 4 + [7]]).astype(np.float32)
    np.testing.assert_array_equal(cut(3, 2, [rows[:4], rows[4:]]), [[4], [0], [-5]])


@pytest.fixture(scope="module")
def whole():
    return cut(1, 100, [WIDE[:, None]])


@pytest.mark.parametrize("pieces", [2, 7, 300])
def test_many_values_in_any_pieces_and_order_are_cut_at_the_same_places(whole, pieces):
    order = np.random.default_rng(pieces).permutation(len(WIDE))
    parts = np.array_split(WIDE[order, None], pieces)
    np.testing.assert_array_equal(cut(1, 100, parts), whole)
    function = QuantilesFn(1, [100, 2])
    in_a_row = function.create_accumulator()
    for part in parts:
        in_a_row = function.add_input(in_a_row, part)
    found = function.extract_output(in_a_row)
    np.testing.assert_array_equal(found[100], whole)
    np.testing.assert_array_equal(found[2], whole[:, [49]])


def test_many_values_are_cut_within_a_thousandth_of_the_rank(whole):
    ranks = np.searchsorted(np.sort(WIDE), whole[0]) / len(WIDE)
    np.testing.assert_allclose(ranks, np.arange(1, 100) / 100, atol=1e-3)


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=2, max_size=20))
def test_keys_are_in_the_order_of_the_values_and_give_them_back(values):
    x = np.sort(np.array(values, np.float32))
    keys = ordered(x)
    assert (np.diff(keys.astype(np.int64)) >= 0).all()
    np.testing.assert_array_equal(value(keys), x)
