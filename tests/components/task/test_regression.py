"""Regression's metrics by arithmetic of their own, and what the room asks of every task."""

from __future__ import annotations

import math

import numpy as np
import pytest

from components.task import task_of
from components.task.metric import Metric
from components.task.words import in_brief

TASK = task_of({})
PREDICTED = np.array([1.0, 2.0, 6.0], np.float32)
LABEL = np.array([2.0, 2.0, 2.0], np.float32)


def test_metrics_are_those_of_the_textbook() -> None:
    found = TASK.measure(PREDICTED, LABEL, TASK.metrics)
    assert found == pytest.approx({"rmse": math.sqrt(17 / 3), "mae": 5 / 3, "bias": 1.0, "calibration": 1.5})


def test_calibration_of_labels_whose_mean_is_zero_is_not_a_number() -> None:
    assert math.isnan(TASK.metrics["calibration"].of(PREDICTED, np.zeros(3)))


def test_what_tfma_measures_is_told_as_numpy_tells_it() -> None:
    judged = TASK.judged(PREDICTED, LABEL)
    theirs = {
        "root_mean_squared_error": judged["rmse"],
        "mean_absolute_error": judged["mae"],
        "mean_prediction": 3.0,
        "mean_label": 2.0,
        "example_count": 3.0,
    }
    assert TASK.from_tfma(theirs) == pytest.approx(judged)


def test_a_record_of_before_without_means_stays_as_it_is() -> None:
    assert TASK.completed({"rmse": 1.0}) == {"rmse": 1.0}
    assert TASK.completed({"rmse": 1.0, "mean_label": None, "mean_prediction": 2.0})["rmse"] == 1.0


@pytest.mark.parametrize("name", TASK.brief)
def test_a_brief_metric_is_a_function_of_the_mean_over_rows(name: str) -> None:
    metric = TASK.metrics[name]
    assert metric.mean_of is not None
    assert metric.from_mean(metric.mean_of(PREDICTED, LABEL).mean()) == pytest.approx(metric.of(PREDICTED, LABEL))


@pytest.mark.parametrize(
    ("name", "value", "limit", "keeps"),
    [
        ("rmse", 2.0, 2.0, True),
        ("rmse", 2.1, 2.0, False),
        ("bias", -0.5, 0.5, True),
        ("bias", -0.6, 0.5, False),
        ("calibration", 0.9, 0.05, False),
        ("calibration", 1.04, 0.05, True),
    ],
)
def test_a_limit_is_kept_from_below_or_around_the_ideal(name: str, value: float, limit: float, keeps: bool) -> None:
    assert TASK.metrics[name].keeps(value, limit) is keeps


@pytest.mark.parametrize("name", TASK.metrics)
def test_what_is_no_number_keeps_no_limit_and_keeps_up_with_nobody(name: str) -> None:
    metric = TASK.metrics[name]
    assert not metric.keeps(math.nan, 1e9)
    assert not metric.keeps_up(math.nan, 1.0, 9.0)
    assert not metric.keeps_up(1.0, math.nan, 9.0)


def test_where_more_is_better_limits_and_comparisons_turn_round() -> None:
    share = Metric("auc", "AUC", "area", lambda p, y: 0.0, better="higher", in_label_units=False)
    assert share.keeps(0.9, 0.8)
    assert not share.keeps(0.7, 0.8)
    assert share.keeps_up(0.79, 0.8, 1.02)
    assert not share.keeps_up(0.78, 0.8, 1.02)
    assert share.loss(0.9) < share.loss(0.8)
    assert share.beyond(0.7, 0.8, "gate.limits.auc") == "AUC 0.7 is below gate.limits.auc 0.8"
    assert (share.heading("min"), TASK.primary.heading("min")) == ("AUC", "RMSE (min)")


def test_a_model_surpasses_another_by_more_than_one_standard_error_on_the_same_rows() -> None:
    label = np.zeros(100)
    other = np.tile([2.0, 2.0, 2.0, 1.0], 25)  # squares 4, 4, 4, 1
    slightly, clearly = np.tile([1.0, 3.0, 1.0, 1.0], 25), np.tile([1.0, 2.0, 2.0, 1.0], 25)
    rmse = TASK.metrics["rmse"]
    assert rmse.of(slightly, label) < rmse.of(other, label)
    assert not rmse.surpasses(slightly, other, label)  # gains 3, -5, 3, 0: mean 0.25, standard error 0.33
    assert rmse.surpasses(clearly, other, label)  # gains 3, 0, 0, 0: mean 0.75, standard error 0.13
    assert not rmse.surpasses(other, clearly, label)
    share = Metric("auc", "AUC", "area", lambda p, y: float(p.mean()), better="higher")  # of no mean over rows
    assert share.surpasses(other, clearly, label)
    assert not share.surpasses(clearly, other, label)


def test_names_that_the_task_gives_are_of_its_metrics() -> None:
    given = {*TASK.shown, *TASK.brief, *TASK.of_part, TASK.selects, TASK.primary.name, *TASK.increases}
    assert given <= set(TASK.metrics)
    assert set(TASK.brief) <= set(TASK.shown), "history is read from manifests"


def test_the_brief_metrics_are_said_with_their_titles() -> None:
    assert in_brief(TASK, {"rmse": 3.9561, "mae": 1.62, "bias": 9.0}) == "RMSE 3.956, MAE 1.620"


def test_the_skill_of_the_mean_is_nothing_and_of_a_perfect_model_one() -> None:
    assert (TASK.skill(2.0, 2.0), TASK.skill(0.0, 2.0), TASK.skill(1.0, 2.0)) == (0.0, 1.0, 0.75)
    assert TASK.skill(0.0, 0.0) == -math.inf
