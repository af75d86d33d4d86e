"""What the test rows can be cut by, and what the slices are called."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.evaluation.slices import MISSING, Slicing, order, settle
from components.settings import Slices
from data.spec import Dataset
from transforms.features import Features, Plan

PLAN = Plan(
    dataset=Dataset.model_validate(
        {
            "source": "x.csv",
            "label": {"column": "fare"},
            "points": {name: {"latitude": f"{name}_lat", "longitude": f"{name}_lon"} for name in ("a", "b", "c")},
            "time": {"column": "start"},
            "numeric": ["riders"],
            "categorical": ["company"],
        }
    ),
    features=Features(),
)
TWO = Slicing(name="x", kind="number", columns=("x",), boundaries=(2.0, 5.5))
CELL = Slicing(name="x", kind="cell", columns=("lat", "lon"), cell_deg=0.05)


def settled(**one: object) -> Slicing:
    (slicing,) = settle({"mine": Slices.model_validate(one)}, PLAN)
    return slicing


def test_every_kind_of_cut_finds_its_columns() -> None:
    assert settled(of="weekday").columns == ("start",)
    assert settled(of="b_c_haversine_km", boundaries=[1]).columns == ("b_lat", "b_lon", "c_lat", "c_lon")
    assert settled(of="b", cell_deg=0.1).columns == ("b_lat", "b_lon")
    assert settled(of="riders", boundaries=[1]).kind == "number"
    assert settled(of="company").kind == "category"


@pytest.mark.parametrize(
    ("one", "said"),
    [
        ({"of": "speed"}, "gate.slices.mine.of is 'speed', which these data do not have; they have hour, weekday"),
        ({"of": "haversine_km", "boundaries": [1]}, "they have hour, weekday, month, a_b_euclidean_deg"),
        ({"of": "b"}, "gate.slices.mine is of the point 'b' and needs cell_deg"),
        ({"of": "hour", "cell_deg": 1}, "cell_deg is for points; 'hour' is none. Points: a, b, c"),
        ({"of": "riders"}, "is of the number 'riders' and needs boundaries"),
        ({"of": "company", "boundaries": [1]}, "boundaries is for numbers and times; 'company' is a category"),
    ],
)
def test_a_cut_that_cannot_be_made_is_answered_with_its_key_and_what_can(one: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        settled(**one)


def test_boundaries_must_increase() -> None:
    with pytest.raises(ValueError, match=r"boundaries must be strictly increasing, got \[2.0, 2.0\]"):
        Slices(of="hour", boundaries=(2, 2))


@pytest.mark.parametrize(
    ("value", "name"),
    [(1.99, "below 2"), (2.0, "2 to 5.5"), (5.49, "2 to 5.5"), (5.5, "from 5.5"), (math.nan, MISSING)],
)
def test_a_boundary_belongs_to_the_slice_above_it(value: float, name: str) -> None:
    assert TWO.interval(value) == name


def test_without_boundaries_each_value_is_a_slice() -> None:
    assert settled(of="hour").interval(17.0) == "17"


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_a_place_lies_within_the_cell_that_bears_its_name(latitude: float, longitude: float) -> None:
    south, north, west, east = order(CELL.cell(latitude, longitude))
    assert south - 1e-6 <= latitude <= north + 1e-6
    assert west - 1e-6 <= longitude <= east + 1e-6
    assert north - south == pytest.approx(0.05)


def test_neighbouring_cells_share_one_name_for_their_edge() -> None:
    edges = {
        part for step in range(-40, 40) for part in CELL.cell(step * 0.05 + 0.025, 10).split(", ")[0].split(" to ")
    }
    assert len(edges) == 81


def test_a_place_that_is_not_known_has_no_cell() -> None:
    assert CELL.cell(math.nan, 1.0) == CELL.cell(1.0, math.nan) == MISSING
