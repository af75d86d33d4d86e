"""Cells of the training rides, as the demo's map draws them."""

from __future__ import annotations

import numpy as np

from components.pusher.cells import MIN_ROWS, MOST_CELLS, cells
from data.vocabulary import Places

POINTS = {"pickup": {"latitude": "lat", "longitude": "lon"}}


def test_every_ride_is_counted_in_the_cell_that_holds_it() -> None:
    chance = np.random.default_rng(3)
    columns = {"lat": chance.normal(41.9, 0.05, 50_000), "lon": chance.normal(-87.6, 0.05, 50_000)}
    told = cells(columns, POINTS)
    assert told is not None
    step = told.cell_deg
    for south, west, rows in told.points["pickup"]:
        inside = (columns["lat"] >= south) & (columns["lat"] < south + step)
        inside &= (columns["lon"] >= west) & (columns["lon"] < west + step)
        assert inside.sum() == rows
    assert len(told.points["pickup"]) == MOST_CELLS


def test_a_place_of_a_few_rides_is_left_out() -> None:
    lat = np.array([41.9] * MIN_ROWS + [42.3] * (MIN_ROWS - 1))
    told = cells({"lat": lat, "lon": np.full(len(lat), -87.6)}, POINTS)
    assert told == Places(cell_deg=0.01, points={"pickup": [(41.9, -87.6, MIN_ROWS)]})


def test_where_no_place_is_known_there_are_no_cells() -> None:
    nothing = np.full(20, np.nan)
    assert cells({"lat": nothing, "lon": nothing}, POINTS) is None
    assert cells({}, {}) is None
