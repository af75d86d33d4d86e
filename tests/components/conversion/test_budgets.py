from __future__ import annotations

from typing import Any

import pytest

from components.conversion.budgets import worse_than_float
from components.settings import Push
from components.task import task_of
from data.vocabulary import Compared


def said(kind: str, file: dict[str, Any], float_: dict[str, Any], **increases: float) -> list[str]:
    compared = Compared(rows=100, file=file, float=float_, baselines={})
    return worse_than_float(task_of({"kind": kind}), compared, Push(max_increase=increases), spread=10.0)


@pytest.mark.parametrize(
    ("file", "float_", "refused"),
    [
        (0.0087, 0.0082, False),  # 6 % of nothing
        (0.0199, 0.01, False),
        (0.0201, 0.01, True),
        (0.52, 0.5, False),
        (0.53, 0.5, True),
        (None, 0.5, True),
    ],
)
def test_a_log_loss_may_grow_by_its_share_or_by_next_to_nothing(file: Any, float_: float, refused: bool) -> None:
    found = said("classes", {"log_loss": file, "accuracy": 1.0}, {"log_loss": float_, "accuracy": 1.0})
    assert len(found) == refused
    assert all(one.startswith("log loss of the file is") for one in found)


def test_an_accuracy_has_its_share_alone() -> None:
    (reason,) = said("classes", {"log_loss": 1.0, "accuracy": 0.29}, {"log_loss": 1.0, "accuracy": 0.3})
    assert reason == (
        "accuracy of the file is 0.29, -3.33% against the float model's 0.3; push.max_increase.accuracy allows +2.00%"
    )


def test_a_limit_that_was_asked_for_is_kept_to_the_letter() -> None:
    right = {"accuracy": 1.0}
    assert said("classes", {"log_loss": 0.0087, **right}, {"log_loss": 0.0082, **right}, log_loss=0.05)


def test_an_error_in_label_units_may_grow_by_a_hundredth_of_the_spread() -> None:
    exact = {"rmse": 0.01, "mae": 0.01}
    assert said("number", {"rmse": 0.1, "mae": 0.1}, exact) == []
    assert len(said("number", {"rmse": 0.2, "mae": 0.2}, exact)) == 2
