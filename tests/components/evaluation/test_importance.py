"""Importances against what the formula of the model says they must be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from components.evaluation import importance
from components.evaluation.importance import Columns, parts_of, permutation_importance
from components.task import task_of
from data.vocabulary import Input

ROWS = 4000
CHANCE = np.random.default_rng(3)
COLUMNS: dict[str, Any] = {
    name: CHANCE.normal(0, spread, ROWS).astype(np.float32)
    for name, spread in (("lat", 1.0), ("lon", 1.0), ("size", 2.0), ("noise", 1.0))
}


def number(name: str, role: Any = "numeric") -> Input:
    return Input(name=name, role=role, dtype="float32", meaning="", source_column=name)


INPUTS = [number("lat", "latitude"), number("size"), number("lon", "longitude"), number("noise")]
PARTS = parts_of(INPUTS, {"home": {"latitude": "lat", "longitude": "lon"}})


def model(columns: Columns) -> Any:
    return 3 * columns["size"] + columns["lat"] + columns["lon"]


def test_the_coordinates_of_a_point_are_one_part_and_keep_the_place_of_the_first() -> None:
    assert [(one.name, [member.name for member in one.inputs]) for one in PARTS] == [
        ("home", ["lat", "lon"]),
        ("size", ["size"]),
        ("noise", ["noise"]),
    ]


def test_a_point_that_has_the_name_of_a_column_stays_apart_from_it() -> None:
    inputs = [number("home"), number("lat", "latitude"), number("lon", "longitude")]
    parts = parts_of(inputs, {"home": {"latitude": "lat", "longitude": "lon"}})
    assert [len(one.inputs) for one in parts] == [1, 2]


def test_of_a_perfect_linear_model_an_importance_is_its_spread_times_the_root_of_two() -> None:
    # Shuffled, x becomes an independent x'; the squared error is E[(w x - w x')^2] = 2 w^2 var(x).
    label = model(COLUMNS)
    rises = permutation_importance(model, COLUMNS, label, PARTS, task_of({}).primary, repeats=4)
    assert rises.shape == (3, 4)
    expected = [np.sqrt(2 * 2 * 1.0), np.sqrt(2 * 9 * 4.0), 0.0]
    np.testing.assert_allclose(rises.mean(axis=1), expected, rtol=0.05)
    assert (rises[2] == 0).all()


def test_coordinates_that_only_tell_together_are_shuffled_together() -> None:
    # The distance of lat and lon is 0 in every row, and stays 0 in a row that takes both from another.
    columns = {**COLUMNS, "lon": COLUMNS["lat"]}

    def apart(given: Columns) -> Any:
        return given["lat"] - given["lon"]

    rises = permutation_importance(apart, columns, np.zeros(ROWS), PARTS, task_of({}).primary, repeats=1)
    assert (rises == 0).all()


@pytest.mark.parametrize("kind", ["binary", "classes"])
def test_of_probabilities_the_log_loss_rises(kind: str) -> None:
    truth = (COLUMNS["size"] > 0).astype(np.float32)

    def sure(given: Columns) -> Any:
        yes = np.where(given["size"] > 0, 0.9, 0.1)
        return yes if kind == "binary" else np.stack([1 - yes, yes], axis=1)

    task = task_of({"kind": kind, "classes": ["no", "yes"]})
    rises = permutation_importance(sure, COLUMNS, truth, PARTS, task.primary, repeats=3)
    # Half of the rows change sides, each from -ln 0.9 to -ln 0.1.
    np.testing.assert_allclose(rises.mean(axis=1), [0, 0.5 * np.log(9), 0], atol=0.03)


def test_two_models_measured_with_one_seed_get_the_same_rows() -> None:
    seen: list[Any] = []

    def watched(given: Columns) -> Any:
        seen.append(given["size"])
        return model(given)

    for _ in range(2):
        permutation_importance(watched, COLUMNS, model(COLUMNS), PARTS, task_of({}).primary, repeats=2)
    np.testing.assert_array_equal(*seen)
    # Every row untouched, then each of three parts shuffled twice.
    by_row = seen[0].reshape(ROWS, 7)
    np.testing.assert_array_equal(by_row[:, [0, 1, 2, 5, 6]], np.tile(COLUMNS["size"][:, None], 5))
    np.testing.assert_array_equal(np.sort(by_row[:, 3]), np.sort(COLUMNS["size"]))
    assert (by_row[:, 3] != by_row[:, 4]).mean() > 0.99


def test_a_wide_table_is_handed_over_in_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    def counted(given: Columns) -> Any:
        nonlocal calls
        calls += 1
        return model(given)

    label, metric = COLUMNS["lat"], task_of({}).primary
    whole = permutation_importance(counted, COLUMNS, label, PARTS, metric, repeats=2)
    assert calls == 1
    monkeypatch.setattr(importance, "_CELLS", ROWS * 7)
    np.testing.assert_array_equal(permutation_importance(counted, COLUMNS, label, PARTS, metric, repeats=2), whole)
    assert calls == 1 + 5
