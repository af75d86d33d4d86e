"""Piecewise-linear encoding: both ways to tell a place among quantiles agree, also in a file of builtin operators."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from hypothesis import given
from hypothesis import strategies as st

from components.device import kernels
from transforms import piecewise
from transforms.piecewise import BEYOND, PARTS

RNG = np.random.default_rng(0)
STEPS = np.arange(PARTS + 1) / PARTS


def quantiles(column: Any) -> Any:
    return np.quantile(np.asarray(column, np.float32), STEPS, method="higher")


SKEWED, FEW, FLAG = RNG.lognormal(0, 2, 2000), RNG.integers(1, 6, 2000), RNG.integers(0, 2, 2000)
EDGES = piecewise.table([piecewise.boundaries(quantiles(one), 8) for one in (SKEWED, FEW, FLAG)])
ROWS = np.stack(
    [RNG.lognormal(0, 3, 500), RNG.uniform(-1, 9, 500), RNG.integers(0, 2, 500)], axis=1, dtype=np.float64
).astype(np.float32)
ROWS[:9] = EDGES.T[:9].clip(-1e6, 1e6)  # boundaries themselves


def between(x: Any, edges: Any) -> Any:
    """Codes of `[rows]` by the textbook, in float64."""
    edges = edges[edges < BEYOND].astype(np.float64)
    return np.clip((np.asarray(x, np.float64)[:, None] - edges[:-1]) / np.diff(edges), 0, 1)


def by_place(x: Any, edges: Any, values: Any) -> Any:
    """A function with those values at the boundaries, float32 `[n, b]`, from place and share."""
    row, share = piecewise.place(tf.constant(x), edges)
    low, high = (tf.gather(values.reshape(-1), at) for at in (row, row + 1))
    return (low + (high - low) * share[:, 0]).numpy().reshape(x.shape)


def by_codes(x: Any, edges: Any, values: Any) -> Any:
    """The same from codes and the rises between boundaries."""
    return values[:, 0] + np.sum(piecewise.codes(tf.constant(x), edges) * np.diff(values), axis=2)


def random_values(edges: Any) -> Any:
    return RNG.normal(size=edges.shape).astype(np.float32)


def test_boundaries_are_quantiles_at_equal_steps_of_rank() -> None:
    found = piecewise.boundaries(quantiles(SKEWED), 8)
    np.testing.assert_array_equal(found, quantiles(SKEWED)[::32])
    assert (found[0], found[-1]) == (np.float32(SKEWED.min()), np.float32(SKEWED.max()))


def test_a_number_of_few_values_has_a_boundary_at_each() -> None:
    assert piecewise.boundaries(quantiles(FEW), 8).tolist() == [1, 2, 3, 4, 5]
    assert piecewise.boundaries(quantiles(FLAG), 8).tolist() == [0, 1]


def test_a_value_that_most_rows_have_is_one_boundary_and_the_others_rise_strictly() -> None:
    mostly = np.where(RNG.random(2000) < 0.7, 0, RNG.uniform(1, 2, 2000))
    found = piecewise.boundaries(quantiles(mostly), 10)
    assert found[0] == 0
    assert 2 <= len(found) <= 11
    assert (np.diff(found) > 0).all()


def test_a_constant_has_no_two_boundaries() -> None:
    assert piecewise.boundaries(quantiles(np.full(50, 7)), 8).tolist() == [7]


@given(st.lists(st.floats(-(2.0**90), 2.0**90, width=32), min_size=1, max_size=60), st.integers(2, PARTS))
def test_there_are_never_more_boundaries_than_asked_and_they_rise(values: list[float], bins: int) -> None:
    found = piecewise.boundaries(quantiles(values), bins)
    assert 1 <= len(found) <= bins + 1
    assert (np.diff(found) > 0).all()


def test_shorter_columns_are_filled_up_behind_their_last_boundary() -> None:
    assert EDGES.shape == (3, 9)
    assert EDGES.dtype == np.float32
    assert EDGES[1].tolist() == [1, 2, 3, 4, 5, *[BEYOND] * 4]


def test_codes_rise_from_0_to_1_between_neighbouring_boundaries() -> None:
    codes = piecewise.codes(tf.constant(ROWS), EDGES).numpy()
    assert codes.shape == (500, 3, 8)
    for column in range(3):
        expected = between(ROWS[:, column], EDGES[column])
        np.testing.assert_allclose(codes[:, column, : expected.shape[1]], expected, atol=1e-5)
        assert not codes[:, column, expected.shape[1] :].any()


def test_the_place_and_the_codes_make_the_same_function() -> None:
    values = random_values(EDGES)
    np.testing.assert_allclose(by_place(ROWS, EDGES, values), by_codes(ROWS, EDGES, values), atol=1e-5)


@pytest.mark.parametrize("column", [0, 1, 2])
def test_the_function_is_linear_interpolation_and_constant_outside(column: int) -> None:
    edges, values = EDGES[[column]], random_values(EDGES[[column]])
    known = edges[0] < BEYOND
    x = np.append(ROWS[:, column], [-1e30, 1e30, -np.inf]).astype(np.float32)
    expected = np.interp(x, edges[0][known], values[0][known])
    np.testing.assert_allclose(by_place(x[:, None], edges, values)[:, 0], expected, atol=1e-5)


def test_nothing_jumps_where_a_number_crosses_a_boundary() -> None:
    inside = EDGES[0, 1:-1]
    below, above = np.nextafter(inside, np.float32(-1)), np.nextafter(inside, np.float32(1e9))
    values = random_values(EDGES[[0]])
    at = [by_place(one[:, None], EDGES[[0]], values) for one in (below, inside, above)]
    # One step of float32 is at most this share of a bin.
    share = np.max((above - below) / np.diff(EDGES[0])[:-1])
    assert abs(at[2] - at[0]).max() <= np.ptp(values) * max(share, 1e-5) * 4
    np.testing.assert_allclose(at[1][:, 0], values[0, 1:-1], atol=1e-6)


def test_places_count_through_the_table_and_end_before_the_last_boundary() -> None:
    x = np.array([[-1, -1, -1], [1e9, 1e9, 1e9], [EDGES[0, 3], 3.25, 1]], np.float32)
    row, share = piecewise.place(tf.constant(x), EDGES)
    assert row.dtype == tf.int32
    np.testing.assert_array_equal(row, [0, 9, 18, 7, 9 + 3, 18, 3, 9 + 2, 18])
    np.testing.assert_array_equal(share[:, 0], [0, 0, 0, 1, 1, 1, 0, 0.25, 1])


def test_nan_is_at_the_first_boundary_and_nan_far() -> None:
    row, share = piecewise.place(tf.constant([[np.nan, 2, np.nan]], tf.float32), EDGES)
    np.testing.assert_array_equal(row, [0, 10, 18])
    np.testing.assert_array_equal(np.isnan(share[:, 0]), [True, False, True])


@pytest.fixture(scope="module")
def file() -> bytes:
    """Places of one row, as the front of a model has them."""

    @tf.function(input_signature=[tf.TensorSpec([1, 3], tf.float32, name="x")])
    def place(x: tf.Tensor) -> dict[str, tf.Tensor]:
        row, share = piecewise.place(x, EDGES)
        return {"row": row, "share": share}

    converter = tf.lite.TFLiteConverter.from_concrete_functions([place.get_concrete_function()], tf.Module())
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    return bytes(converter.convert())


def test_a_file_of_builtin_operators_gives_the_same_places(file: bytes) -> None:
    engine = Interpreter(model_content=file)
    operators = {one["op_name"] for one in engine._get_ops_details()}
    assert not {one for one in operators if "Flex" in one or "Custom" in one}
    runner = engine.get_signature_runner()
    found = [runner(x=ROWS[[row]]) for row in range(60)]
    row, share = piecewise.place(tf.constant(ROWS[:60]), EDGES)
    np.testing.assert_array_equal(np.concatenate([one["row"] for one in found]), row)
    np.testing.assert_allclose(np.concatenate([one["share"] for one in found]), share, atol=1e-6)
    # And both as NumPy finds them in the sorted boundaries.
    last = (EDGES < BEYOND).sum(axis=1) - 2
    places = [np.searchsorted(edges, ROWS[:60, n], side="right") - 1 for n, edges in enumerate(EDGES)]
    np.testing.assert_array_equal(row, (np.stack(places, axis=1).clip(0, last) + 9 * np.arange(3)).reshape(-1))


def test_the_files_tables_are_looked_up_by_indices_of_one_dimension_as_graphics_cards_want_it(file: bytes) -> None:
    assert kernels.lacking(file) == {"litert": [], "micro": [], "webgpu": []}
