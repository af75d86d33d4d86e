"""Test vectors: rows with the outputs to expect, among them those on which another runtime goes wrong first."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from components.examples import Columns
from data.vocabulary import Input

Row = dict[str, float]
CORNERS_UP_TO = 5
"""So many inputs have every corner of their training range among the vectors; of more, each end by itself and both
extremes of all."""
MOMENTS = {"1970 begins": 0, "before 1970": -1, "2037 ends": 2145916799, "the last second": 2**31 - 1}


def chosen(
    columns: Columns, count: int, inputs: Sequence[Input], tables: Sequence[npt.NDArray[np.float32]] = ()
) -> tuple[Columns, list[str | None]]:
    """Rows spread evenly over the test rows, then odd ones made from the first; and what is odd of each.

    Args:
        columns: the file's inputs `[rows]`.
        count: how many of the test rows.
        inputs: of the manifest.
        tables: boundaries that the file compares numbers with, rising; see `inspection.boundaries`.
    """
    rows = len(next(iter(columns.values())))
    spread = np.unique(np.linspace(0, rows - 1, min(count, rows)).astype(int))
    base = {name: values[spread[0]].item() for name, values in columns.items()}
    odd = [*_odd(base, inputs), *_alike(columns, base, inputs), *_at_boundaries(base, inputs, tables)]
    made = {
        name: np.concatenate([values[spread], np.array([row[name] for _, row in odd], values.dtype)])
        for name, values in columns.items()
    }
    return made, [None] * len(spread) + [what for what, _ in odd]


def _odd(base: Row, inputs: Sequence[Input]) -> Iterator[tuple[str, Row]]:
    for one in inputs:
        for what, value in _values(one):
            yield f"{one.source_column}: {what}", {**base, one.name: value}
    ranged = {one.name: one.training_range for one in inputs if one.training_range}
    for ends in _corners(len(ranged)):
        corner = {name: limits[end] for (name, limits), end in zip(ranged.items(), ends, strict=True)}
        yield "corner of the training range", {**base, **corner}


def _alike(columns: Columns, base: Row, inputs: Sequence[Input]) -> Iterator[tuple[str, Row]]:
    """The value that most rows have, of each number; and all points in one place, so that distances are zero."""
    for one in inputs:
        if one.dtype == "float32":
            values, times = np.unique(columns[one.name], return_counts=True)
            if times.max() > 1:
                yield f"{one.source_column}: most frequent", {**base, one.name: float(values[times.argmax()])}
    places = {role: [one.name for one in inputs if one.role == role] for role in ("latitude", "longitude")}
    if len(places["latitude"]) > 1:
        yield "all points in one place", {**base, **{name: base[of[0]] for of in places.values() for name in of}}


def _at_boundaries(
    base: Row, inputs: Sequence[Input], tables: Sequence[npt.NDArray[np.float32]]
) -> Iterator[tuple[str, Row]]:
    """Three boundaries of each number, and the next values below and above, where another rounding takes another row.

    The table of a number that enters as it stands begins and ends with its training range.
    """
    for one in inputs:
        ends = np.array(one.training_range or (), np.float32)
        own = [table for table in tables if len(table) > 2 and np.array_equal(table[[0, -1]], ends)]
        if one.dtype != "float32" or not own:
            continue
        for at in np.unique(own[0][len(own[0]) * np.arange(1, 4) // 4]):
            infinity = np.float32(np.inf)
            for what, value in (
                ("", at),
                ("below ", np.nextafter(at, -infinity)),
                ("above ", np.nextafter(at, infinity)),
            ):
                yield f"{one.source_column}: {what}boundary {at:g}", {**base, one.name: float(value)}


def _values(one: Input) -> Iterator[tuple[str, float]]:
    if one.role == "categorical":
        known = len(one.vocabulary or ())
        yield "missing", 0
        if known:
            yield "last of the vocabulary", known
        if one.oov_buckets:
            yield from (("unknown, first id", known + 1), ("unknown, last id", known + one.oov_buckets))
        return
    if one.dtype == "float32":
        yield "missing", np.nan
        yield "zero", 0.0
    if one.role == "time":
        yield from MOMENTS.items()
    elif one.training_range and one.dtype == "float32":
        low, high = (np.float32(end) for end in one.training_range)
        infinity = np.float32(np.inf)
        yield "just below the training range", float(np.nextafter(low, -infinity))
        yield "just above the training range", float(np.nextafter(high, infinity))


def _corners(inputs: int) -> Iterator[tuple[int, ...]]:
    if inputs <= CORNERS_UP_TO:
        yield from itertools.product((0, 1), repeat=inputs)
        return
    for end in (0, 1):
        yield (end,) * inputs
        yield from (tuple(end if place == one else 1 - end for place in range(inputs)) for one in range(inputs))


def as_json(
    columns: Columns, predicted: npt.NDArray[np.float32], odd: Sequence[str | None], tolerance: float
) -> dict[str, Any]:
    """What `test_vectors.json` holds; NaN is null."""
    return {
        "tolerance": tolerance,
        "rows": [
            {
                "inputs": {name: _plain(values[row]) for name, values in columns.items()},
                "prediction": _plain(predicted[row]),
                **({} if what is None else {"what": what}),
            }
            for row, what in enumerate(odd)
        ],
    }


def _plain(value: Any) -> Any:
    """A JSON number, or a list of them; null for NaN, which JSON cannot say."""
    if np.ndim(value):
        return [_plain(one) for one in value]
    number = value.item()
    return None if number != number else number
