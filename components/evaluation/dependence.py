"""Partial dependence: the mean prediction when one input is set to one value in all rows, over a grid of values.

J. H. Friedman, Greedy Function Approximation, Annals of Statistics 29, 2001. The other inputs stay as they are in each
row, so inputs that go together in the data are torn apart; where they do so strongly, a curve shows rows that nobody
has seen. scikit-learn's `partial_dependence` wants an estimator, and its grids know neither clocks nor categories by
id.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from components.evaluation.importance import Columns, Part, Predict
from data.vocabulary import Input

Array = npt.NDArray[Any]

POINTS = 16
"""Values of a number, and of a category, at most."""
_DAY, _WEEK = 86_400, 7 * 86_400
_MONDAY = 4 * _DAY
"""The first Monday of 1970, in seconds."""


@dataclass(frozen=True)
class Grid:
    """Values that one input of the file is set to.

    Attributes:
        part: name of what it belongs to.
        of: which of its aspects: `latitude`, `longitude`; `date`, `hour`, `weekday` (0 is Monday) or `month` (0 is
            January) of a time, the rest of which stays; empty for the value itself.
        tensor: name of the input.
        at: what the curve shows along: numbers, or texts of a category.
        values: for each of them what the input is set to, `[rows]`, or one value for all.
    """

    part: str
    of: str
    tensor: str
    at: tuple[float | str, ...]
    values: tuple[Array, ...]


def grids(part: Part, columns: Columns, seen: Columns) -> Iterator[Grid]:
    """One for each aspect of a part that differs among rows.

    Args:
        part: of the file's inputs.
        columns: rows to set it in, `[rows]` by name.
        seen: more rows, which tell the values to set.
    """
    for one in part.inputs:
        values = seen[one.name]
        if one.role == "time":
            yield from _dates(part, one, columns[one.name], values)
            yield from _clock(part, one, columns[one.name])
            continue
        found = _frequent(one, values) if one.role == "categorical" else _quantiles(values)
        if len(found) > 1:
            of = one.role if one.role in ("latitude", "longitude") else ""
            at, set_to = zip(*found, strict=True)
            yield Grid(part.name, of, one.name, at, tuple(np.asarray(value, values.dtype) for value in set_to))


def _quantiles(values: Array) -> list[tuple[float, float]]:
    """Between the 5th and the 95th percentile, as many values as differ, `POINTS` of them at most."""
    there = values[np.isfinite(values)]
    if not len(there):
        return []
    distinct = np.unique(there)
    if len(distinct) > POINTS:
        distinct = np.unique(np.quantile(there, np.linspace(0.05, 0.95, POINTS), method="nearest"))
    return [(float(one), float(one)) for one in distinct]


def _frequent(one: Input, ids: Array) -> list[tuple[str, int]]:
    """The most frequent values, each by its text."""
    found, rows = np.unique(ids, return_counts=True)
    texts = dict(enumerate(one.vocabulary or (), start=1))
    most = sorted(found[np.argsort(-rows, kind="stable")[:POINTS]].tolist())
    return [(texts.get(place, "missing or unknown" if place == 0 else f"unknown, id {place}"), place) for place in most]


def _dates(part: Part, one: Input, seconds: Array, seen: Array) -> Iterator[Grid]:
    """The day itself, as what has changed over the years; the time of day stays."""
    days = [int(day) for day, _ in _quantiles(seen.astype(np.int64) // _DAY)]
    if len(days) > 1:
        moved = (np.clip(day * _DAY + seconds.astype(np.int64) % _DAY, 0, np.iinfo(np.int32).max) for day in days)
        values = tuple(one.astype(seconds.dtype) for one in moved)
        yield Grid(part.name, "date", one.name, tuple(float(day * _DAY) for day in days), values)


def _clock(part: Part, one: Input, seconds: Array) -> Iterator[Grid]:
    """Hours, weekdays and months of seconds on the wall clock since 1970."""
    time = seconds.astype(np.int64)
    in_week = (time - _MONDAY) % _WEEK
    moments = time.astype("datetime64[s]")
    month, year = moments.astype("datetime64[M]"), moments.astype("datetime64[Y]")
    in_month = (moments - month).astype(np.int64)
    number = (month - year.astype("datetime64[M]")).astype(np.int64)

    def to_month(wanted: int) -> Array:
        begin = year.astype("datetime64[M]") + wanted
        length = ((begin + 1).astype("datetime64[s]") - begin.astype("datetime64[s]")).astype(np.int64)
        # The 31st of a shorter month is its last day.
        return begin.astype("datetime64[s]").astype(np.int64) + np.where(
            in_month < length, in_month, length - _DAY + in_month % _DAY
        )

    aspects: list[tuple[str, Array, list[Array]]] = [
        ("hour", time % _DAY // 3600, [time - time % _DAY + hour * 3600 + time % 3600 for hour in range(24)]),
        ("weekday", in_week // _DAY, [time - in_week + day * _DAY + in_week % _DAY for day in range(7)]),
        ("month", number, [to_month(wanted) for wanted in range(12)]),
    ]
    ends = np.iinfo(seconds.dtype)
    for of, seen, moved in aspects:
        if len(np.unique(seen)) > 1:
            values = tuple(np.clip(values, ends.min, ends.max).astype(seconds.dtype) for values in moved)
            yield Grid(part.name, of, one.name, tuple(map(float, range(len(values)))), values)


def partial_dependence(predict: Predict, columns: Columns, grid: Grid) -> npt.NDArray[np.float64]:
    """Mean prediction over the rows at each value of a grid, `[values]`, or `[values, classes]`, in output units.

    Args:
        predict: the model; it is called once, with every value in each row in turn.
        columns: its inputs `[rows]`.
        grid: of one of them.
    """
    rows, count = len(columns[grid.tensor]), len(grid.at)
    every = {name: np.repeat(values, count) for name, values in columns.items()}
    every[grid.tensor] = np.stack([np.broadcast_to(values, rows) for values in grid.values], axis=1).reshape(-1)
    predicted = np.asarray(predict(every), np.float64)
    return np.asarray(predicted.reshape(rows, count, *predicted.shape[1:]).mean(axis=0))
