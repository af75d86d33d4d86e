"""Vectors hold the rows on which another runtime goes wrong first."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from components.conversion import vectors
from components.registry.soundness import interface_of


@pytest.fixture
def told(tiny_manifest: dict[str, Any]) -> tuple[Any, list[str | None], dict[str, Any]]:
    inputs = interface_of(tiny_manifest).inputs
    drawn = np.random.default_rng(0)
    columns = {one.name: drawn.uniform(1, 2, 100).astype(one.dtype) for one in inputs}
    rows, odd = vectors.chosen(columns, 8, inputs)
    return rows, odd, {one.name: one for one in inputs}


def of(told: Any, name: str, what: str) -> float:
    rows, odd, _ = told
    return float(rows[name][odd.index(f"{name}: {what}")])


def test_every_number_is_missing_once_and_so_is_every_category(told: Any) -> None:
    for name, one in told[2].items():
        if one.dtype == "float32":
            assert np.isnan(of(told, name, "missing"))
    assert of(told, "company", "missing") == 0
    assert of(told, "company", "last of the vocabulary") == 2


def test_time_is_tried_at_both_ends_of_what_seconds_can_say(told: Any) -> None:
    assert of(told, "start", "1970 begins") == 0
    assert of(told, "start", "2037 ends") == np.datetime64("2037-12-31T23:59:59").astype(int)
    assert of(told, "start", "before 1970") == -1


def test_numbers_are_tried_one_step_outside_the_training_range(told: Any) -> None:
    assert 41.4999 < of(told, "pickup_lat", "just below the training range") < 41.5
    assert 42.5 < of(told, "pickup_lat", "just above the training range") < 42.50001


def test_numbers_that_bend_are_tried_at_boundaries_and_one_step_beside_them(tiny_manifest: dict[str, Any]) -> None:
    inputs = interface_of(tiny_manifest).inputs
    columns = {one.name: np.ones(9, one.dtype) for one in inputs}
    table = np.array([41.5, 41.75, 41.9, 42, 42.5], np.float32)  # ends with the latitude's training range
    rows, odd = vectors.chosen(columns, 2, inputs, [table, np.array([0, 1, 2], np.float32)])
    tried = {what: rows["pickup_lat"][row] for row, what in enumerate(odd) if what and "boundary" in what}
    assert {what.split(":")[0] for what in tried} == {"pickup_lat", "dropoff_lat"}
    for at in table[1:4]:
        assert tried[f"pickup_lat: boundary {at:g}"] == at
        assert tried[f"pickup_lat: below boundary {at:g}"] == np.nextafter(at, np.float32(0))
        assert tried[f"pickup_lat: above boundary {at:g}"] == np.nextafter(at, np.float32(99))


def test_rows_in_one_place_and_values_of_many_rows_are_tried(tiny_manifest: dict[str, Any]) -> None:
    inputs = interface_of(tiny_manifest).inputs
    columns = {one.name: np.arange(9).astype(one.dtype) for one in inputs}
    columns["passengers"] = np.array([5, 1, 1, 1, 2, 2, 3, 4, 6], np.float32)
    rows, odd = vectors.chosen(columns, 2, inputs)
    assert rows["passengers"][odd.index("passengers: most frequent")] == 1
    assert "pickup_lat: most frequent" not in odd
    row = odd.index("all points in one place")
    assert rows["pickup_lat"][row] == rows["dropoff_lat"][row]
    assert rows["pickup_lon"][row] == rows["dropoff_lon"][row]


def test_few_inputs_have_every_corner_and_many_have_each_end(told: Any) -> None:
    rows, odd, inputs = told
    corners = {
        tuple(float(rows[name][row]) for name, one in inputs.items() if one.training_range)
        for row, what in enumerate(odd)
        if what == "corner of the training range"
    }
    assert len(corners) == 14  # of six inputs: all low, all high, each alone at its other end
    assert len(list(vectors._corners(3))) == 8
    assert all(rows[name].dtype == one.dtype for name, one in inputs.items())


def test_unknown_texts_have_the_first_and_the_last_of_their_ids(tiny_manifest: dict[str, Any]) -> None:
    (company,) = [one for one in interface_of(tiny_manifest).inputs if one.vocabulary]
    found = dict(vectors._values(company.model_copy(update={"oov_buckets": 101})))
    assert (found["unknown, first id"], found["unknown, last id"]) == (3, 103)


def test_nan_is_null_in_json_in_and_out() -> None:
    rows = {"a": np.array([1, np.nan], np.float32)}
    text = json.dumps(
        vectors.as_json(rows, np.array([2, np.nan], np.float32), [None, "a: missing"], 0.5), allow_nan=False
    )
    assert json.loads(text)["rows"] == [
        {"inputs": {"a": 1.0}, "prediction": 2.0},
        {"inputs": {"a": None}, "prediction": None, "what": "a: missing"},
    ]
