"""Partial dependence along numbers, categories and the clock."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import numpy as np
import pytest

from components.evaluation.dependence import POINTS, Grid, grids, partial_dependence
from components.evaluation.importance import Columns, Part
from data.vocabulary import Input


def part(role: Any = "numeric", dtype: Any = "float32", **more: Any) -> Part:
    return Part("x", (Input(name="x", role=role, dtype=dtype, meaning="", source_column="x", **more),))


TIME = part("time", "int32", format="unix", time_zone="UTC", source_time_zone="UTC")


def of(part_: Part, values: Any) -> list[Grid]:
    return list(grids(part_, {"x": values}, {"x": values}))


def seconds(*texts: str) -> Any:
    moments = [datetime.fromisoformat(text).replace(tzinfo=timezone.utc) for text in texts]
    return np.array([moment.timestamp() for moment in moments], np.int32)


def shown(values: Any) -> list[str]:
    return [datetime.fromtimestamp(one, timezone.utc).isoformat(" ")[:19] for one in values.tolist()]


def test_the_curve_of_a_formula_is_the_formula_plus_the_mean_of_the_rest() -> None:
    columns = {"x": np.array([0, 1, 2, 3], np.float32), "y": np.array([10, 20, 30, 40], np.float32)}
    (grid,) = grids(part(), columns, columns)
    assert grid.at == (0, 1, 2, 3)
    found = partial_dependence(lambda given: given["x"] ** 2 + given["y"], columns, grid)
    np.testing.assert_allclose(found, [25, 26, 29, 34])


def test_of_classes_there_is_one_curve_each() -> None:
    columns = {"x": np.array([0, 1], np.float32)}
    (grid,) = grids(part(), columns, columns)
    found = partial_dependence(lambda given: np.stack([given["x"], 1 - given["x"]], axis=1), columns, grid)
    np.testing.assert_allclose(found, [[0, 1], [1, 0]])


def test_many_values_are_thinned_to_percentiles_without_the_missing_ones() -> None:
    values = np.concatenate([np.arange(1001, dtype=np.float32), np.full(50, np.nan, np.float32)])
    (grid,) = of(part(), values)
    assert len(grid.at) == POINTS
    assert (grid.at[0], grid.at[-1]) == (50, 950)


@pytest.mark.parametrize("values", [[np.nan, np.nan], [5.0, 5.0], [5.0, np.nan]])
def test_what_never_differs_has_no_curve(values: list[float]) -> None:
    assert of(part(), np.array(values, np.float32)) == []


def test_categories_are_told_by_their_texts_the_rare_ones_left_out() -> None:
    several = part("categorical", "int32", vocabulary=["Blue", "Red"], oov_buckets=2)
    (grid,) = of(several, np.array([2, 2, 1, 0, 3], np.int32))
    assert grid.at == ("missing or unknown", "Blue", "Red", "unknown, id 3")
    many = part("categorical", "int32", vocabulary=[f"c{n}" for n in range(1, 40)])
    (grid,) = of(many, np.repeat(np.arange(40, dtype=np.int32), np.arange(1, 41)))
    assert grid.at == tuple(f"c{n}" for n in range(40 - POINTS, 40))


def test_values_that_few_rows_do_not_have_come_from_the_others() -> None:
    few, seen = {"x": np.array([1, 1], np.float32)}, {"x": np.array([1, 1, 7], np.float32)}
    (grid,) = grids(part(), few, seen)
    assert grid.at == (1, 7)
    assert partial_dependence(lambda given: given["x"], few, grid).tolist() == [1, 7]


def test_a_point_has_a_curve_for_each_coordinate() -> None:
    home = Part(
        "home",
        tuple(
            Input(name=name, role=name, dtype="float32", meaning="", source_column=name)  # type: ignore[arg-type]
            for name in ("latitude", "longitude")
        ),
    )
    columns: Columns = {name: np.array([1, 2], np.float32) for name in ("latitude", "longitude")}
    assert [(one.part, one.of, one.tensor) for one in grids(home, columns, columns)] == [
        ("home", "latitude", "latitude"),
        ("home", "longitude", "longitude"),
    ]


def test_an_hour_is_set_and_the_day_and_the_minutes_stay() -> None:
    _, hour, weekday, month = of(TIME, seconds("2016-01-31 17:05:09", "1969-12-31 00:30:00"))
    assert (hour.of, hour.at) == ("hour", tuple(range(24)))
    assert shown(hour.values[3]) == ["2016-01-31 03:05:09", "1969-12-31 03:30:00"]
    assert (weekday.of, month.of) == ("weekday", "month")


def test_a_weekday_is_set_within_the_week_from_monday() -> None:
    _, _, weekday, _ = of(TIME, seconds("2026-11-29 17:05:00", "2026-11-23 00:00:00", "2026-10-01 12:00:00"))
    assert shown(weekday.values[0]) == ["2026-11-23 17:05:00", "2026-11-23 00:00:00", "2026-09-28 12:00:00"]
    assert shown(weekday.values[6]) == ["2026-11-29 17:05:00", "2026-11-29 00:00:00", "2026-10-04 12:00:00"]


def test_a_month_is_set_and_the_31st_of_a_shorter_one_is_its_last_day() -> None:
    month = of(TIME, seconds("2016-01-31 17:05:00", "2015-12-31 01:00:00", "2015-06-30 00:00:00"))[-1]
    assert shown(month.values[1]) == ["2016-02-29 17:05:00", "2015-02-28 01:00:00", "2015-02-28 00:00:00"]
    assert shown(month.values[11]) == ["2016-12-31 17:05:00", "2015-12-31 01:00:00", "2015-12-30 00:00:00"]


def test_a_clock_that_shows_dates_alone_has_no_curve_of_hours() -> None:
    assert [one.of for one in of(TIME, seconds("2026-11-23 00:00:00", "2026-11-24 00:00:00"))] == ["date", "weekday"]


def test_a_date_is_set_and_the_time_of_day_stays() -> None:
    date = of(TIME, seconds("2016-01-31 17:05:09", "2024-12-31 00:30:00"))[0]
    assert (date.of, shown(np.array(date.at))) == ("date", ["2016-01-31 00:00:00", "2024-12-31 00:00:00"])
    assert [shown(one) for one in date.values] == [
        ["2016-01-31 17:05:09", "2016-01-31 00:30:00"],
        ["2024-12-31 17:05:09", "2024-12-31 00:30:00"],
    ]
    assert len(of(TIME, np.arange(0, 10**9, 86_400, dtype=np.int32))[0].at) == POINTS
    assert of(TIME, seconds("2016-01-31 17:05:09", "2016-01-31 18:00:00"))[0].of == "hour"


def test_the_end_of_the_clock_is_not_passed() -> None:
    date, last, *_ = of(TIME, np.array([2**31 - 1, 3600 * 23], np.int32))
    assert date.values[1].tolist() == [2**31 - 1, 2**31 - 1]
    assert last.values[23].tolist() == [2**31 - 1, 23 * 3600]
