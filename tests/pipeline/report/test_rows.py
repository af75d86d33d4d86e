"""Where the errors lie, against independent arithmetic."""

import math

import numpy as np
import pytest

from components.task import task_of
from pipeline.report import rows as measured

TASK = task_of({})


@pytest.fixture
def told(tmp_path, written_predictions):
    truth = written_predictions(tmp_path)
    return truth, measured.read_rows(tmp_path / "predictions.parquet")


def test_rows_come_back_as_they_were_written(told):
    truth, rows = told
    np.testing.assert_array_equal(rows.label, truth["label"])
    assert set(rows.predicted) == {"file", "float", "linear", "mean"}
    np.testing.assert_allclose(rows.residual(), truth["models"]["file"] - truth["label"].astype(float), atol=1e-5)


def test_the_distance_is_the_arc_between_the_two_unit_vectors(told):
    _, rows = told
    points = {
        side: {"latitude": f"{side}_latitude", "longitude": f"{side}_longitude"} for side in ("pickup", "dropoff")
    }
    found = measured.distance_km(rows, points)

    def vector(side: str, row: int) -> np.ndarray:
        lat, lon = (math.radians(rows.inputs[points[side][axis]][row]) for axis in ("latitude", "longitude"))
        return np.array([math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)])

    for row in range(0, 50):
        angle = math.atan2(
            np.linalg.norm(np.cross(vector("pickup", row), vector("dropoff", row))),
            vector("pickup", row) @ vector("dropoff", row),
        )
        assert found[row] == pytest.approx(6371.0088 * angle, abs=1e-6)


def test_without_two_points_there_is_no_distance(told):
    assert measured.distance_km(told[1], {"only": {"latitude": "pickup_latitude", "longitude": "x"}}) is None


def test_stretches_hold_every_row_once_and_their_own_quantiles(told):
    _, rows = told
    values, residual = rows.inputs["pickup_latitude"], rows.residual()
    bins = measured.along(TASK, values, residual, 8)
    assert sum(one.rows for one in bins) == len(values)
    assert max(one.rows for one in bins) <= 1.2 * len(values) / 8
    lowest = residual[np.argsort(values, kind="stable")][: bins[0].rows]
    assert bins[0].quantiles == pytest.approx(tuple(np.percentile(lowest, [10, 25, 50, 75, 90])), abs=0.2)
    assert sum(one.errors["bias"] * one.rows for one in bins) / len(values) == pytest.approx(residual.mean())


def test_one_value_for_all_rows_is_one_stretch():
    (only,) = measured.along(TASK, np.zeros(5), np.arange(5.0))
    assert (only.rows, only.errors["bias"]) == (5, 2.0)


def test_missing_values_are_in_no_stretch():
    found = measured.along(TASK, np.array([1.0, np.nan, 3.0, 2.0]), np.ones(4))
    assert sum(one.rows for one in found) == 3
    assert measured.along(TASK, np.array([np.nan]), np.ones(1)) == []


def test_hours_are_those_of_the_wall_clock():
    day = 24 * 3600
    bins = measured.by_hour(TASK, np.array([0.0, day + 3599, 17 * 3600 + 5 * day, 23 * 3600]), np.array([1.0, 3, 5, 7]))
    found = [(one.name, one.rows, one.errors["bias"]) for one in bins]
    assert found == [("00:00", 2, 2.0), ("17:00", 1, 5.0), ("23:00", 1, 7.0)]


def test_the_mean_of_a_cell_is_the_mean_of_its_rows(told):
    _, rows = told
    latitude, longitude, residual = rows.inputs["pickup_latitude"], rows.inputs["pickup_longitude"], rows.residual()
    cells = measured.by_cell(latitude, longitude, residual, 5)
    heights, widths = cells.mean.shape
    size = cells.north[1] - cells.north[0]
    assert 3 <= max(heights, widths) <= 6
    np.testing.assert_allclose(cells.north / size, np.round(cells.north / size), atol=1e-6)
    for north in range(heights):
        for east in range(widths):
            inside = (
                (latitude >= cells.north[north])
                & (latitude < cells.north[north + 1])
                & (longitude >= cells.east[east])
                & (longitude < cells.east[east + 1])
            )
            if north < heights - 1 and east < widths - 1 and inside.any():
                assert cells.mean[north, east] == pytest.approx(residual[inside].mean())
                assert cells.rows[north, east] == inside.sum()


def test_cells_without_a_known_place_are_none():
    assert measured.by_cell(np.array([np.nan]), np.array([1.0]), np.array([1.0])) is None
