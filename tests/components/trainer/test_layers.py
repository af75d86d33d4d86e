"""Embeddings of numbers and ids: what was learned, and the tables of bytes that a file has of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from components.trainer import layers
from components.trainer.layers import BakedBends, BakedLookup, Bends, Lookup, ToSpan, rounded
from tests.components.trainer.designs import bent
from transforms.piecewise import BEYOND

RNG = np.random.default_rng(0)
NUMBERS = np.stack(
    [RNG.lognormal(0, 1, 800), RNG.integers(0, 4, 800), RNG.normal(5, 2, 800), RNG.normal(size=800)], axis=1
).astype(np.float32)
COLUMNS = [0, 1, 3]
BENT = bent(NUMBERS, COLUMNS, bins=12, width=3)
IDS = tf.constant(RNG.integers(0, 20, (50, 1)), tf.int32)


@pytest.fixture(autouse=True)
def _same_draws() -> None:
    """First values are drawn; bounds are of tables as a whole, tests look at some of their rows."""
    tf.random.set_seed(0)


def bends(eight_bit: bool = False) -> Any:
    """With rises as training might leave them, of another size for each number."""
    layer = Bends(COLUMNS, BENT.edges, 3, eight_bit, "bends")
    layer(NUMBERS)
    sizes = np.array([0.1, 1, 10], np.float32)[:, None, None]
    layer.rises.assign(sizes * RNG.normal(size=layer.rises.shape))
    layer.start.assign(sizes[:, 0] * RNG.normal(size=layer.start.shape))
    return layer


def lookup(eight_bit: bool = False) -> Any:
    layer = Lookup(20, 3, eight_bit, "lookup")
    layer(IDS)
    return layer


def levels(table: Any) -> Any:
    """In steps of 1/127 of the largest."""
    return 127 * table / abs(table).max()


def test_a_function_is_linear_between_its_boundaries_and_constant_outside() -> None:
    layer = bends()
    found = layer(NUMBERS).numpy().reshape(-1, 3, 3)
    table = layer.table().numpy().reshape(3, -1, 3)
    for place, column in enumerate(COLUMNS):
        known = BENT.edges[place] < BEYOND
        for function in range(3):
            values = table[place, known, function]
            expected = np.interp(NUMBERS[:, column], BENT.edges[place, known], values)
            np.testing.assert_allclose(found[:, place, function], expected, atol=2e-5 * abs(values).max())


@pytest.mark.parametrize("bins", [2, 12, 200])
def test_new_functions_lie_around_zero_and_are_of_about_unit_size(bins: int) -> None:
    tf.random.set_seed(1)
    layer = Bends([0], bent(NUMBERS, [0], bins, 64).edges, 64, False, "bends")
    layer(NUMBERS)
    ends = layer.table().numpy()[[0, -1]]
    np.testing.assert_allclose(ends[0], -ends[1], atol=1e-5)
    assert (ends[1] - ends[0]).std() == pytest.approx(1, abs=0.35)


def test_rises_behind_a_numbers_last_boundary_count_for_nothing() -> None:
    layer = bends()
    before, few = layer(NUMBERS), int((BENT.edges[1] < BEYOND).sum())
    assert few == 4
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(layer(NUMBERS)))
    assert not tape.gradient(loss, layer.rises)[1, few - 1 :].numpy().any()
    changed = layer.rises.numpy()
    changed[1, few - 1 :] = 99
    layer.rises.assign(changed)
    np.testing.assert_array_equal(layer(NUMBERS), before)


def test_rounding_gives_each_stretch_of_rows_127_steps_to_its_largest_value() -> None:
    table = RNG.normal(size=(6, 4)).astype(np.float32) * np.repeat([0.01, 100, 0], 2)[:, None].astype(np.float32)
    found = rounded(tf.constant(table), 3).numpy()
    for stretch, exact in zip(np.split(found, 3)[:2], np.split(table, 3)[:2], strict=True):
        np.testing.assert_allclose(levels(stretch), np.round(levels(stretch)), atol=1e-3)
        assert abs(stretch - exact).max() <= abs(exact).max() / 254 * 1.001
    np.testing.assert_array_equal(found[4:], np.zeros((2, 4)))


def test_gradients_pass_rounding_as_if_nothing_had_happened() -> None:
    table, factors = (tf.constant(RNG.normal(size=(6, 4)), tf.float32) for _ in range(2))
    with tf.GradientTape() as tape:
        tape.watch(table)
        loss = tf.reduce_sum(factors * rounded(table, 2))
    np.testing.assert_array_equal(tape.gradient(loss, table), factors)


def test_a_table_of_bytes_holds_int8_and_a_step_for_each_number() -> None:
    layer = bends()
    table = layers.baked(layer.table(), 3, eight_bit=True)
    assert table.values.dtype == np.int8
    assert table.step is not None
    assert table.step.shape == (3, 1)
    assert (abs(table.values.reshape(3, -1)).max(axis=1) == 127).all()
    plain = layers.baked(layer.table(), 3, eight_bit=False)
    assert (plain.values.dtype, plain.step) == (np.float32, None)


@pytest.mark.parametrize("eight_bit", [False, True])
def test_bends_in_a_file_are_what_was_learned(eight_bit: bool) -> None:
    layer = bends(eight_bit)
    made = BakedBends(COLUMNS, BENT.edges, layers.baked(layer.table(), 3, eight_bit), "made")
    wanted = layer(NUMBERS).numpy()
    np.testing.assert_allclose(made(NUMBERS), wanted, atol=1e-5 * abs(wanted).max())


def test_bends_rounded_to_bytes_are_within_half_a_step_of_the_floats() -> None:
    layer = bends()
    made = BakedBends(COLUMNS, BENT.edges, layers.baked(layer.table(), 3, eight_bit=True), "made")
    off = abs(made(NUMBERS) - layer(NUMBERS)).numpy().reshape(-1, 3, 3).max(axis=(0, 2))
    largest = abs(layer.table().numpy()).reshape(3, -1).max(axis=1)
    assert (off <= largest / 254 * 1.01).all()
    assert (off > 0).all()


def test_bends_of_all_numbers_need_no_choice_of_columns() -> None:
    whole = bent(NUMBERS, [0, 1, 2, 3], 6, 2)
    layer = Bends([0, 1, 2, 3], whole.edges, 2, False, "whole")
    wanted = layer(NUMBERS)
    made = BakedBends([0, 1, 2, 3], whole.edges, layers.baked(layer.table(), 4, False), "made")
    np.testing.assert_allclose(made(tf.constant(NUMBERS)), wanted, atol=1e-5)


@pytest.mark.parametrize("eight_bit", [False, True])
def test_ids_in_a_file_have_the_rows_that_were_learned(eight_bit: bool) -> None:
    layer = lookup(eight_bit)
    wanted = layer(IDS).numpy()
    exact = layer.rows.numpy()[IDS.numpy()[:, 0]]
    np.testing.assert_allclose(wanted, exact, atol=abs(exact).max() / 200 if eight_bit else 0)
    made = BakedLookup(layers.baked(layer.table(), 1, eight_bit), "made")
    np.testing.assert_allclose(made(IDS), wanted, atol=1e-6)


def test_numbers_are_scaled_and_clipped_to_the_span() -> None:
    found = ToSpan(np.array([1, 0.5], np.float32), 4.0, "span")(tf.constant([[3.0, 3.0], [9.0, -9.0], [-5.0, 7.0]]))
    np.testing.assert_array_equal(found, [[3, 1.5], [4, -4], [-4, 3.5]])
