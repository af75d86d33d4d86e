"""The accuracy gate, limit by limit."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from components.evaluation.gate import Slice, SliceKey, as_json, in_label_units, judge, judge_slices, rule
from components.settings import Gate, Slices
from components.task import task_of

TASK = task_of({})


def measured(**figures: float) -> dict[str, float]:
    """As the Evaluator gives them, with what follows from the two means."""
    return TASK.completed({"rmse": 3.0, "mae": 1.5, "mean_prediction": 11.0, "mean_label": 11.5, **figures})


GOOD = measured()
ALL_LIMITS = Gate(limits={"rmse": 3.0, "mae": 1.5, "bias": 0.5}, max_ratio=1.02)


def test_a_model_exactly_on_every_limit_passes() -> None:
    assert judge(TASK, ALL_LIMITS, GOOD, {"rmse": 3.0}) == []


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"rmse": 3.01}, "gate.limits.rmse"),
        ({"mae": 1.51}, "gate.limits.mae"),
        ({"mean_prediction": 10.9}, "gate.limits.bias"),
        ({"mean_prediction": 12.1}, "gate.limits.bias"),
    ],
)
def test_each_limit_refuses_and_names_its_key(change: dict[str, float], key: str) -> None:
    (reason,) = judge(TASK, ALL_LIMITS, measured(**change), None)
    assert key in reason


@pytest.mark.parametrize("name", ["rmse", "mae", "mean_prediction", "mean_label"])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_no_finite_number_is_refused(name: str, value: float) -> None:
    assert judge(TASK, ALL_LIMITS, measured(**{name: value}), None)


def test_no_limit_still_refuses_a_model_without_finite_errors() -> None:
    (reason,) = judge(TASK, Gate(), {**GOOD, "rmse": math.nan}, None)
    assert "does not give finite numbers" in reason
    assert judge(TASK, Gate(), {**GOOD, "rmse": 1e9}, None) == []


@pytest.mark.parametrize(("champion", "passes"), [(2.9, False), (3.0 / 1.02, True), (3.5, True), (math.nan, False)])
def test_the_champion_may_not_be_missed_by_more_than_the_ratio(champion: float, passes: bool) -> None:
    reasons = judge(TASK, Gate(max_ratio=1.02), GOOD, {"rmse": champion})
    assert (reasons == []) is passes
    assert passes or "gate.max_ratio" in reasons[0]


def test_a_ratio_below_one_asks_for_progress() -> None:
    assert judge(TASK, Gate(max_ratio=0.9), GOOD, {"rmse": 3.0})
    assert not judge(TASK, Gate(max_ratio=0.9), GOOD, {"rmse": 3.4})


def test_a_perfect_champion_is_compared_without_dividing_by_zero() -> None:
    assert judge(TASK, Gate(), GOOD, {"rmse": 0.0})
    assert judge(TASK, Gate(), {**GOOD, "rmse": 0.0}, {"rmse": 0.0}) == []


def test_every_reason_is_given_at_once() -> None:
    worse = measured(rmse=9.0, mae=9.0, mean_prediction=20.0, mean_label=11.0)
    assert len(judge(TASK, ALL_LIMITS, worse, {"rmse": 3.0})) == 4


SLICED = Gate(
    slices={"hour": Slices(of="hour", max_ratio=1.1), "far": Slices(of="x", limits={"bias": 0.4})},
    min_slice_rows=100,
)


def slices_of(
    candidate: dict[SliceKey, dict[str, float]], champion: dict[SliceKey, dict[str, float]] | None = None
) -> dict[str, Slice]:
    return {one.name: one for one in judge_slices(TASK, SLICED, candidate, champion)}


def test_slices_stand_in_the_order_of_the_configuration_and_then_of_their_numbers() -> None:
    keys = [("far", "a"), ("hour", "10"), ("hour", "missing"), ("hour", "below -2"), ("hour", "-2 to 5"), ("hour", "9")]
    found = slices_of({key: {**GOOD, "rows": 100} for key in keys})
    assert list(found) == ["hour below -2", "hour -2 to 5", "hour 9", "hour 10", "hour missing", "far a"]


@pytest.mark.parametrize(
    ("rows", "rmse", "verdict"), [(100, 3.0, "passed"), (100, 3.4, "refused"), (99, 30.0, "small"), (99, 3.0, "small")]
)
def test_a_slice_is_held_against_the_champions_from_the_minimum_of_rows_on(
    rows: int, rmse: float, verdict: str
) -> None:
    one = slices_of(
        {("hour", "3"): {**GOOD, "rmse": rmse, "rows": rows}}, {("hour", "3"): {**GOOD, "rmse": 3.0, "rows": rows}}
    )["hour 3"]
    assert (one.verdict, one.small) == (verdict, rows < 100)
    assert bool(one.reasons) is (verdict == "refused")
    if one.reasons:
        assert one.reasons[0].startswith("slice hour 3 (100 rows): RMSE 3.4 is more than gate.slices.hour.max_ratio")


def test_without_a_champion_only_the_absolute_limits_of_a_slice_hold() -> None:
    found = slices_of({("hour", "3"): {**GOOD, "rows": 100}, ("far", "b"): {**GOOD, "rows": 100}})
    assert found["hour 3"].verdict == "no limit"
    assert found["far b"].verdict == "refused"
    assert found["far b"].reasons == (
        "slice far b (100 rows): bias -0.5 is further than gate.slices.far.limits.bias 0.4 from 0",
    )


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_slice_without_finite_errors_is_refused(value: float) -> None:
    bad = {**GOOD, "mean_prediction": value, "rmse": value, "rows": 100}
    assert slices_of({("far", "b"): bad})["far b"].verdict == "refused"
    assert slices_of({("hour", "3"): bad}, {("hour", "3"): {**GOOD, "rows": 100}})["hour 3"].verdict == "refused"


def test_calibration_is_prediction_over_label_and_can_be_limited() -> None:
    (reason,) = judge(TASK, Gate(limits={"calibration": 0.04}), GOOD, None)
    assert reason == "calibration 0.9565 is further than gate.limits.calibration 0.04 from 1"
    assert judge(TASK, Gate(limits={"calibration": 0.05}), GOOD, None) == []
    assert judge(TASK, Gate(limits={"calibration": 0.05}), measured(mean_label=0.0), None)


def test_shares_of_the_labels_spread_become_numbers_in_its_unit_and_numbers_stay() -> None:
    slices = {"hour": Slices(of="hour", limits={"mae": "0.5 sd", "bias": 2.0})}
    gate = Gate(limits={"rmse": "0.25 sd", "mae": 3.0}, slices=slices, max_ratio=1.5)
    found = in_label_units(gate, 1e4)
    assert found.limits == {"rmse": 2500, "mae": 3}
    assert found.slices["hour"].limits == {"mae": 5000, "bias": 2}
    assert (found.max_ratio, found.slices["hour"].of) == (1.5, "hour")
    assert gate.limits["rmse"] == "0.25 sd"


@pytest.mark.parametrize("scale", [1e-4, 1, 1e5])
def test_a_limit_in_shares_of_the_spread_gives_the_same_verdict_whatever_the_unit(scale: float) -> None:
    seen = {name: value * scale for name, value in {**GOOD, "rmse": 3.1}.items()}
    lenient, strict = (in_label_units(Gate(limits={"rmse": share}), 5 * scale) for share in ("0.65 sd", "0.6 sd"))
    assert judge(TASK, lenient, seen, None) == []
    assert len(judge(TASK, strict, seen, None)) == 1


def test_what_is_stored_says_the_rule_and_is_json_without_nan() -> None:
    bad = {**GOOD, "rmse": math.nan, "rows": 100}
    slices = judge_slices(TASK, SLICED, {("hour", "3"): bad}, None)
    told = as_json(SLICED, "", bad, None, ["bad"], slices, "nothing")
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["rule"] == "nothing"
    assert (told["overall"]["rows"], told["overall"]["verdict"]) == (100, "refused")
    assert told["slices"][0]["candidate"]["rmse"] is None


NO_LIMIT = Gate(min_skill=None, max_linear_ratio=None)
ONE_SLICE = Gate(slices={"hour": Slices(of="hour", limits={"mae": 1.0})}, min_skill=None)


@pytest.mark.parametrize(
    ("gate", "told", "sentence"),
    [
        (NO_LIMIT, {"version": ""}, "no limit is set; no version is live"),
        (NO_LIMIT, {"version": "000003"}, "the live version 000003"),
        (
            NO_LIMIT,
            {"version": "000003", "compared": False},
            "no limit is set; the live version 000003 could not be compared",
        ),
        (ALL_LIMITS, {"version": ""}, "absolute limits; no version is live"),
        (ALL_LIMITS, {"version": "000003"}, "absolute limits and the live version 000003"),
        (
            ALL_LIMITS,
            {"version": "", "baselines": TASK.baselines.values()},
            "absolute limits, the mean of the training rows and the linear model; no version is live",
        ),
        (
            ONE_SLICE,
            {"version": "", "baselines": TASK.baselines.values()},
            "absolute limits and the linear model; no version is live",
        ),
        (
            Gate(),
            {"version": "000003", "baselines": TASK.baselines.values()},
            "the mean of the training rows, the linear model and the live version 000003",
        ),
    ],
)
def test_the_rule_names_what_is_set_and_nothing_else(gate: Gate, told: dict[str, Any], sentence: str) -> None:
    assert rule(gate, **told) == sentence


@pytest.mark.parametrize(
    ("scale", "reason"),
    [
        (1e5, "RMSE 310,000 is above gate.limits.rmse 300,000"),
        (1e-4, "RMSE 0.00031 is above gate.limits.rmse 0.0003"),
    ],
)
def test_a_reason_says_the_figures_of_a_label_of_any_scale(scale: float, reason: str) -> None:
    seen = {name: value * scale for name, value in {**GOOD, "rmse": 3.1}.items()}
    assert judge(TASK, Gate(limits={"rmse": 3 * scale}), seen, None) == [reason]
