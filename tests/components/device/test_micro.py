"""The file on TensorFlow Lite for Microcontrollers, run for real where the package is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from components.conversion.convert import of_function, slim
from components.device import micro, targets

here = pytest.mark.skipif(not micro.is_here(), reason=micro.MISSING)
NUMBERS = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
COLUMNS = {"a": NUMBERS[:, 0], "b": NUMBERS[:, 1]}


def build(formula: Callable[..., Any]) -> bytes:
    module = tf.Module()
    spec = {name: tf.TensorSpec([1], tf.float32, name=name) for name in "ab"}
    function = tf.function(lambda a, b: {"prediction": formula(a, b)}).get_concrete_function(**spec)
    module.serve = function
    return slim(of_function(function, module))


@here
def test_rows_go_in_by_the_order_of_the_file_and_what_the_arena_takes_is_told() -> None:
    found = micro.run(build(lambda a, b: a - 2 * b), ["a", "b"], COLUMNS)
    np.testing.assert_allclose(found.predictions, NUMBERS[:, 0] - 2 * NUMBERS[:, 1], rtol=1e-6)
    assert 500 < found.arena_bytes < 5000


@here
def test_shares_of_classes_come_out_row_by_row() -> None:
    model = build(lambda a, b: tf.nn.softmax(tf.stack([a, b, a - b], axis=1)))
    found = micro.run(model, ["a", "b"], COLUMNS).predictions
    logits = np.stack([NUMBERS[:, 0], NUMBERS[:, 1], NUMBERS[:, 0] - NUMBERS[:, 1]], axis=1)
    np.testing.assert_allclose(found, np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), atol=1e-5)
    told = targets.measured(model, ["a", "b"], COLUMNS, found, 5)
    assert told["micro"].runs is True
    assert told["micro"].max_difference_rows == 0


@here
def test_what_the_runtime_says_of_an_operator_it_lacks_is_passed_on() -> None:
    with pytest.raises(micro.MicroError, match="ATAN2"):
        micro.run(build(tf.atan2), ["a", "b"], COLUMNS)


@here
def test_targets_are_told_with_their_largest_difference_on_rows_and_on_vectors() -> None:
    model, off = build(lambda a, b: a * b), NUMBERS[:, 0] * NUMBERS[:, 1]
    off[3] += 0.5
    off[-1] += 0.25
    told = targets.measured(model, ["a", "b"], COLUMNS, off, 5)
    for name in ("litert", "micro"):
        assert told[name].runs is True
        assert told[name].max_difference_vectors == pytest.approx(0.25, abs=1e-5)
        assert told[name].max_difference_rows == pytest.approx(0.5, abs=1e-5)
    assert told["micro"].operators == ["MUL"]
    assert told["webgpu"].runs is None
    assert targets.tolerance(told, 1.0) == pytest.approx(0.625, abs=1e-4)


def test_a_target_that_lacks_an_operator_refuses_if_it_is_wanted_and_is_told_if_not() -> None:
    model = build(tf.atan2)
    told = targets.measured(model, ["a", "b"], COLUMNS, np.arctan2(*NUMBERS.T), 5)
    assert told["micro"].runs is False
    assert "ATAN2" in str(told["micro"].why)
    assert targets.refusals(model, ["litert"], told) == []
    (said,) = targets.refusals(model, ["litert", "micro"], told)
    assert "ATAN2" in said


def test_a_number_where_the_file_gives_nan_is_refused() -> None:
    model = build(lambda a, b: a + b)
    told = targets.measured(model, ["a", "b"], COLUMNS, np.where(NUMBERS[:, 0] > 1, np.nan, NUMBERS.sum(axis=1)), 5)
    assert any("NaN" in one for one in targets.refusals(model, ["litert"], told))
