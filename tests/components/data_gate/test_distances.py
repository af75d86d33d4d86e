"""How far columns lie apart: chance and odd values move nothing, a real difference is found with its cause."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from components.data_gate.distances import JENSEN_SHANNON, L_INFINITY, Distance, distances
from tests.proofs import prove_skew


def distance(current: Any, control: Any) -> Distance:
    """Of one column; a None is a missing value."""
    kind = pa.string() if any(isinstance(one, str) for one in [*current, *control]) else pa.float32()
    sides = [prove_skew.statistics_of(pa.table({"one": pa.array(list(side), kind)})) for side in (current, control)]
    return distances(*sides, ["one"])["one"]


def normal(rows: int, seed: int) -> list[float]:
    return np.random.default_rng(seed).normal(10, 3, rows).tolist()


def test_one_odd_value_moves_nothing() -> None:
    far = distance([*normal(3000, 1), 1e9], normal(3000, 2))
    assert far.value < 0.01
    assert distance(normal(3000, 1), [*normal(3000, 2), -1e9]).value < 0.01


def test_a_column_missing_everywhere_is_the_same_as_itself() -> None:
    assert distance([None] * 1000, [None] * 900).value == 0


def test_missing_values_are_a_share_of_their_own_and_named_as_the_cause() -> None:
    some = [None if row % 50 == 0 else value for row, value in enumerate(normal(5000, 1))]
    many = [None if row % 5 < 2 else value for row, value in enumerate(normal(5000, 2))]
    found = distance(many, some)
    assert found.part == "missing 40.0% against 2.0%"
    # Of the shares alone, all else being equal: p = (0.4, 0.6), q = (0.02, 0.98).
    middle = np.array([0.21, 0.79])
    expected = sum((side * np.log2(side / middle)).sum() / 2 for side in (np.array([0.4, 0.6]), np.array([0.02, 0.98])))
    assert found.value == pytest.approx(expected, abs=0.01)
    assert found.measure == JENSEN_SHANNON
    assert not found.is_noise


def test_the_part_that_grew_is_named_with_both_shares() -> None:
    control = np.arange(1, 1001) / 10
    current = np.where(np.arange(1000) % 10 < 3, 95, control)
    # To one percent, which is what a hundred quantiles resolve.
    assert distance(current, control).part == "values above 90.1 37.1% against 9.9%"


def test_a_frequent_value_is_a_cell_of_its_own() -> None:
    found = distance([1.0] * 700 + [2.0] * 300, [1.0] * 400 + [2.0] * 600)
    assert found.part == "value 1 70.0% against 40.0%"
    assert distance([5.0] * 600, [5.0] * 800).value == 0
    assert distance([7.0] * 600, [5.0] * 800).value == pytest.approx(1)


def test_rows_without_a_category_count_as_one() -> None:
    found = distance(["a"] * 600 + [None] * 400, ["a"] * 900 + [None] * 100)
    assert (found.measure, found.part) == (L_INFINITY, "missing 40.0% against 10.0%")
    assert found.value == pytest.approx(0.3)


def test_a_large_distance_of_few_rows_is_noise_and_of_many_it_is_not() -> None:
    few, many = (distance(["a"] * 6 * n + ["b"] * 4 * n, ["a"] * 4 * n + ["b"] * 6 * n) for n in (1, 100))
    assert few.value == many.value == pytest.approx(0.2)
    assert few.is_noise
    assert not many.is_noise


def test_the_chance_of_a_distance_is_that_of_the_likelihood_ratio_test() -> None:
    from scipy.stats import chi2_contingency

    found = distance(["a"] * 550 + ["b"] * 450, ["a"] * 500 + ["b"] * 500)
    table = [[550, 450], [500, 500]]
    expected = chi2_contingency(table, correction=False, lambda_="log-likelihood").pvalue
    assert found.chance == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("rows", [1200, 3000])
def test_random_halves_of_columns_hard_to_compare_pass(rows: int) -> None:
    """The whole count is `make prove-skew`."""
    table = prove_skew.made_up(rows)
    for seed in range(2):
        inside = np.random.default_rng(seed).random(rows) < 0.5
        one, other = (table.filter(pa.array(half)) for half in (inside, ~inside))
        found = prove_skew.compared(one, prove_skew.statistics_of(other))
        assert (found.reasons, found.warnings) == ([], [])


def test_every_change_of_a_column_is_found() -> None:
    table = prove_skew.made_up(1400)
    part, control = table.slice(0, 700), prove_skew.statistics_of(table.slice(700))
    for changed in prove_skew.changes(part, np.random.default_rng(0)):
        found = prove_skew.compared(changed, control)
        assert found.reasons + found.warnings
