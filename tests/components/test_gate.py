"""The accuracy gate, limit by limit."""

from __future__ import annotations

import math

import pytest

from components.evaluator.gate import bias, judge
from components.settings import Gate, Limits

GOOD = {"rmse": 3.0, "mae": 1.5, "mean_prediction": 11.0, "mean_label": 11.5}
ALL_LIMITS = Gate(limits=Limits(max_rmse=3.0, max_mae=1.5, max_bias=0.5), max_rmse_ratio=1.02)


def test_a_model_exactly_on_every_limit_passes() -> None:
    assert judge(ALL_LIMITS, GOOD, {"rmse": 3.0}) == []


def test_bias_is_prediction_minus_label() -> None:
    assert bias(GOOD) == -0.5


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"rmse": 3.01}, "gate.limits.max_rmse"),
        ({"mae": 1.51}, "gate.limits.max_mae"),
        ({"mean_prediction": 10.9}, "gate.limits.max_bias"),
        ({"mean_prediction": 12.1}, "gate.limits.max_bias"),
    ],
)
def test_each_limit_refuses_and_names_its_key(change: dict[str, float], key: str) -> None:
    (reason,) = judge(ALL_LIMITS, {**GOOD, **change}, None)
    assert key in reason


@pytest.mark.parametrize("name", ["rmse", "mae", "mean_prediction", "mean_label"])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_no_finite_number_is_refused(name: str, value: float) -> None:
    assert judge(ALL_LIMITS, {**GOOD, name: value}, None)


def test_no_limit_still_refuses_a_model_without_finite_errors() -> None:
    (reason,) = judge(Gate(), {**GOOD, "rmse": math.nan}, None)
    assert "does not give finite numbers" in reason
    assert judge(Gate(), {**GOOD, "rmse": 1e9}, None) == []


@pytest.mark.parametrize(("champion", "passes"), [(2.9, False), (3.0 / 1.02, True), (3.5, True), (math.nan, False)])
def test_the_champion_may_not_be_missed_by_more_than_the_ratio(champion: float, passes: bool) -> None:
    reasons = judge(Gate(max_rmse_ratio=1.02), GOOD, {"rmse": champion})
    assert (reasons == []) is passes
    assert passes or "gate.max_rmse_ratio" in reasons[0]


def test_a_ratio_below_one_asks_for_progress() -> None:
    assert judge(Gate(max_rmse_ratio=0.9), GOOD, {"rmse": 3.0})
    assert not judge(Gate(max_rmse_ratio=0.9), GOOD, {"rmse": 3.4})


def test_a_perfect_champion_is_compared_without_dividing_by_zero() -> None:
    assert judge(Gate(), GOOD, {"rmse": 0.0})
    assert judge(Gate(), {**GOOD, "rmse": 0.0}, {"rmse": 0.0}) == []


def test_every_reason_is_given_at_once() -> None:
    worse = {"rmse": 9.0, "mae": 9.0, "mean_prediction": 20.0, "mean_label": 11.0}
    assert len(judge(ALL_LIMITS, worse, {"rmse": 3.0})) == 4
