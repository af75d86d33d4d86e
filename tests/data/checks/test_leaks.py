"""Which columns tell the label."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from data.checks.leaks import correlations

CHANCE = np.random.default_rng(3)
FARE = CHANCE.gamma(2, 5, 400) + 2.5


def found(column: Any) -> dict[str, float]:
    return correlations({"other": np.asarray(column, dtype=np.float64)}, FARE)


@pytest.mark.parametrize(
    ("column", "value"),
    [(FARE, 1.0), (100 * FARE, 1.0), (7 - 2 * FARE, -1.0), (np.round(FARE, 1), 1.0), (np.exp(FARE / 5), 1.0)],
)
def test_a_copy_another_unit_a_rounding_or_a_rising_change_tells_the_label(column: Any, value: float) -> None:
    assert found(column)["other"] == pytest.approx(value, abs=1e-3)


def test_a_column_that_is_often_missing_but_equal_where_it_is_known_tells_it_too() -> None:
    assert found(np.where(np.arange(400) % 3, np.nan, FARE))["other"] == pytest.approx(1.0)


def test_a_good_predictor_one_row_far_off_a_constant_and_a_few_rows_do_not() -> None:
    noise = CHANCE.normal(0, 1, 400)
    assert found(FARE + noise) == {}
    far = np.append(noise[:-1], 1e9)
    assert correlations({"other": far}, np.append(FARE[:-1], 1e9)) == {}
    assert found(np.full(400, 3.0)) == {}
    assert correlations({"other": FARE[:9]}, FARE[:9]) == {}


@pytest.mark.parametrize("unit", [1e-30, 1e30])
def test_the_unit_of_column_and_label_does_not_matter(unit: float) -> None:
    assert correlations({"other": FARE * unit}, FARE)["other"] == pytest.approx(1.0)
    assert correlations({"other": FARE}, FARE * unit)["other"] == pytest.approx(1.0)
    assert correlations({"other": FARE + CHANCE.normal(0, 1, 400)}, FARE * unit) == {}


def test_a_number_that_is_a_code_for_the_label_tells_it_but_not_where_two_odd_rows_decide() -> None:
    paid = np.arange(400) % 4
    code = np.array([3.0, 0.0, 9.0, 1.0])[paid]
    assert correlations({"other": code}, paid.astype(float))["other"] == pytest.approx(1.0)
    odd = np.isin(np.arange(400), [7, 8]).astype(float)
    assert correlations({"other": np.where(odd, 5.0, np.arange(400) % 8 + 0.5 * (np.arange(400) % 8 == 5))}, odd) == {}
