"""How sure a classifier may be: the temperature that validation rows call for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from components.task.logits import EXPECTED, Logits
from components.task.settings import Loss


def unused() -> Any:
    raise AssertionError("these predictions are not needed")


def calibrated(rows: int, sure: float, right: bool = False, smoothing: float = 0.0) -> Logits:
    """For a network whose logits are so many times what the labels, or only right answers, bear out."""
    chance = np.random.default_rng(5)
    logits = chance.normal(0, 2, (rows, 3))
    true = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    label = logits.argmax(axis=1) if right else np.array([chance.choice(3, p=one) for one in true])
    told = np.exp(sure * logits)
    predicted = (told / told.sum(axis=1, keepdims=True)).astype(np.float32)
    encoding = Logits((0.0, 0.0, 0.0), lambda *_: {"chosen_by": "likeliest class"})
    return encoding.corrected(unused, lambda: (predicted, label.astype(np.float32)), Loss(label_smoothing=smoothing))


@pytest.mark.parametrize("sure", [0.5, 1.0, 2.5])
def test_many_rows_decide_the_temperature(sure: float) -> None:
    found = calibrated(20_000, sure)
    assert found.temperature == pytest.approx(sure, rel=0.03)
    scaling = found.of_output()["temperature_scaling"]
    assert scaling["log_loss"] <= scaling["log_loss_before"]


@pytest.mark.parametrize(("rows", "least"), [(20, 0.9), (70, 0.5)])
def test_few_rows_that_are_all_right_make_no_network_sure_without_bound(rows: int, least: float) -> None:
    """The lowest log loss of such rows is at a temperature of zero."""
    assert least < calibrated(rows, 1.0, right=True).temperature < np.exp(EXPECTED)


def test_without_evidence_a_temperature_is_what_is_usual() -> None:
    assert calibrated(1, 1e-4).temperature == pytest.approx(np.exp(EXPECTED), rel=1e-3)
    assert calibrated(1, 1e-4, smoothing=0.1).temperature == pytest.approx(1, rel=1e-3)


def test_a_temperature_comes_on_top_of_an_earlier_one() -> None:
    """Equal shares tell nothing of it."""
    once = calibrated(20_000, 2.0)
    assert once.temperature == pytest.approx(2, rel=0.03)
    shares = np.full((400, 3), 1 / 3, np.float32)
    again = once.corrected(unused, lambda: (shares, np.arange(400, dtype=np.float32) % 3), Loss())
    assert again.temperature == pytest.approx(once.temperature * np.exp(EXPECTED), rel=0.01)
