"""What a file must show beside the mean and the linear model, and on how many rows."""

from __future__ import annotations

import pytest

from components.evaluation.plain_models import few_rows, judge_baselines
from components.settings import Gate
from components.task import task_of


def judged(file: float, mean: float, linear: float, rows: int = 1000, **settings: float | None) -> list[str]:
    gate = Gate.model_validate(settings)
    return judge_baselines(task_of({}), gate, {"rmse": file, "rows": float(rows)}, {"rmse": mean}, {"rmse": linear})


def test_a_file_better_than_both_passes() -> None:
    assert judged(3.0, 8.0, 3.5) == []


@pytest.mark.parametrize("rmse", [8.0, 8.1, float("nan"), float("inf")])
def test_a_file_no_better_than_the_mean_is_refused(rmse: float) -> None:
    (reason,) = judged(rmse, 8.0, 8.0, max_linear_ratio=None)
    assert "of the mean of the training rows, on the same rows, is a skill of" in reason
    assert reason.endswith("gate.min_skill asks for more than 0")


def test_where_least_squares_learn_something_they_are_advised() -> None:
    (reason,) = judged(2.244, 2.223, 2.166)
    advice = "by squared errors, which follow rare large labels as huber does not: try training.loss.kind: mse"
    assert reason.endswith(f"; the linear model reaches 2.166 {advice}")
    (of_noise,) = judged(2.244, 2.223, 2.223)
    assert "mse" not in of_noise


def test_skill_is_one_minus_the_ratio_of_squared_errors() -> None:
    assert judged(6.0, 10.0, 6.0, min_skill=0.63) == []
    (reason,) = judged(6.0, 10.0, 6.0, min_skill=0.64)
    assert "is a skill of 0.64;" in reason


def test_of_a_label_that_never_varies_no_skill_can_be_shown() -> None:
    (reason,) = judged(0.0, 0.0, 0.0)
    assert "skill of -inf" in reason


def test_a_file_far_behind_the_linear_model_is_refused() -> None:
    assert judged(5.0, 10.0, 4.0) == []
    (reason,) = judged(5.01, 10.0, 4.0)
    assert reason == (
        "RMSE 5.01 is more than gate.max_linear_ratio 1.25 times that of the linear model on the same features, 4, on "
        "the same rows"
    )


def test_beside_an_exact_linear_model_a_twentieth_of_the_means_error_is_excused() -> None:
    assert judged(0.49, 10.0, 1e-6) == []
    assert len(judged(0.51, 10.0, 1e-6)) == 1


def test_null_compares_nothing() -> None:
    assert judged(50.0, 10.0, 4.0, min_skill=None, max_linear_ratio=None) == []


def test_too_few_rows_refuse_and_few_rows_warn() -> None:
    assert judged(3.0, 8.0, 3.5, rows=30) == []
    (reason,) = judged(3.0, 8.0, 3.5, rows=29)
    assert reason.startswith("29 test rows are too few to judge a model, gate.min_rows asks for 30")
    assert judged(3.0, 8.0, 3.5, rows=3, min_rows=3) == []
    assert few_rows(task_of({}), Gate(), 200) == []
    (warning,) = few_rows(task_of({}), Gate(), 50)
    assert warning == (
        "all errors are of 50 test rows only, so RMSE is known to 10% or so at best (gate.warn_below_rows is 200)"
    )
