"""Both models side by side: order, change and correlation of what they listen to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from components.evaluation import influence
from components.evaluation.importance import Columns, Part
from components.evaluation.influence import measure, rank_correlation
from components.task import task_of
from data.vocabulary import Input


def parts(count: int) -> list[Part]:
    names = [f"x{n}" for n in range(count)]
    inputs = [Input(name=one, role="numeric", dtype="float32", meaning="", source_column=f"{one}!") for one in names]
    return [Part(one.source_column, (one,)) for one in inputs]


def columns(count: int, rows: int = 1000) -> dict[str, Any]:
    return {f"x{n}": np.random.default_rng(n).normal(0, 1, rows).astype(np.float32) for n in range(count)}


def weighted(*weights: float) -> Any:
    return lambda given: sum(weight * given[f"x{n}"] for n, weight in enumerate(weights))


def test_the_file_s_order_counts_and_the_change_is_named() -> None:
    rows = columns(3)
    file, before = weighted(1, 4, 2), weighted(1, 2, 3)
    found = measure(task_of({}), parts(3), rows, before(rows), {"file": file, "float": before})
    assert [one.name for one in found.inputs] == ["x1!", "x2!", "x0!"]
    assert (found.rank_correlation, found.metric) == (pytest.approx(0.5), "rmse")
    # Of the float model, which is perfect: the root of two times its weight.
    assert [one.float for one in found.inputs] == pytest.approx([2 * 2**0.5, 3 * 2**0.5, 2**0.5], rel=0.1)
    assert found.largest_change.name == "x2!"
    assert found.largest_change.change == pytest.approx(found.inputs[1].file - found.inputs[1].float, abs=1e-3)
    assert 0 < found.largest_change.spread < 0.2
    # Each curve is a line of its weight, and the two lie apart by the difference of weights times the furthest value.
    first = found.curves[0]
    assert (first.name, first.of, first.of_class) == ("x1!", "", None)
    slope = np.diff(np.array(first.file)) / np.diff(np.array(first.at))
    np.testing.assert_allclose(slope, 4, rtol=0.01)
    assert first.apart == pytest.approx(np.max(np.abs(np.array(first.file) - np.array(first.float))), rel=0.01)


def test_of_several_classes_all_curves_are_of_the_one_that_the_inputs_move_most() -> None:
    def three(given: Columns) -> Any:
        """The first input moves c more than a, the second a alone and less."""
        one, other = (1 / (1 + np.exp(-given[name])) for name in ("x0", "x1"))
        return np.stack([one / 4 + other / 8, np.full_like(one, 0.1), 0.9 - one], axis=1)

    rows = columns(2)
    task = task_of({"kind": "classes", "classes": ["a", "b", "c"]})
    found = measure(task, parts(2), rows, np.zeros(1000, np.float32), {"file": three, "float": three})
    assert sorted((one.name, one.of_class, one.apart) for one in found.curves) == [("x0!", "c", 0.0), ("x1!", "c", 0.0)]


@pytest.mark.parametrize(("inputs", "rows"), [(1, 5000), (20, 5000), (100, 5000), (1000, 300), (3, 1)])
def test_the_cost_is_bounded_whatever_the_table(inputs: int, rows: int) -> None:
    asked = 0

    def counted(given: Columns) -> Any:
        nonlocal asked
        asked += len(given["x0"])
        return given["x0"]

    given = columns(inputs, rows)
    found = measure(task_of({}), parts(inputs), given, given["x0"], {"file": counted, "float": weighted(1)})
    # Shuffles, the same rows untouched, and eight curves.
    least = influence.FEWEST_ROWS * inputs
    assert asked <= max(influence.PREDICTIONS, least) + influence.ROWS + influence.CURVES * 16 * influence.CURVE_ROWS
    assert found.rows <= min(rows, influence.ROWS)
    assert found.repeats <= influence.REPEATS


def test_the_same_rows_give_the_same_figures() -> None:
    rows = columns(2, 5000)
    models = {"file": weighted(1, 2), "float": weighted(1, 2.1)}
    one, other = (measure(task_of({}), parts(2), rows, weighted(1, 2)(rows), models) for _ in range(2))
    assert one == other


def test_a_prediction_that_is_no_number_is_told_as_none() -> None:
    rows = columns(2)
    models = {"file": lambda given: np.full(len(given["x0"]), np.nan), "float": weighted(1, 1)}
    found = measure(task_of({}), parts(2), rows, rows["x0"], models)
    assert [one.file for one in found.inputs] == [None, None]
    assert (found.rank_correlation, found.curves[0].apart) == (None, None)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([1, 2, 3, 4], [10, 20, 30, 40], 1.0),
        ([1, 2, 3, 4], [4, 3, 2, 1], -1.0),
        # 1 - 6 * sum of squared differences of ranks / (n (n^2 - 1)) = 1 - 6 * 2 / 60.
        ([1, 2, 3, 4], [1, 3, 2, 4], 0.8),
        ([1, 2], [1, 1], None),
        ([1], [1], None),
        ([1, np.nan, 3], [1, 2, 3], None),
    ],
)
def test_rank_correlation_is_spearman_s(one: list[float], other: list[float], expected: float | None) -> None:
    found = rank_correlation(np.array(one, float), np.array(other, float))
    assert found == (None if expected is None else pytest.approx(expected))
