"""Where the points of the training rows lie, coarsely, for a map without tiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components.examples import Columns
from components.scoring.device_rows import load_raw
from data import grid
from data.vocabulary import Input, Places

MIN_ROWS = 5
"""A cell of fewer rows is left out: a place that hardly anybody goes to may tell who went there."""
MOST_CELLS = 400
ACROSS = 50


def read_cells(
    split_dir: str,
    inputs: Sequence[Input],
    label: str,
    points: Mapping[str, Mapping[str, str]],
    at_most: int | None,
) -> Places | None:
    """`cells` of the rows of a split; None for data without points. See `load_raw` for the arguments."""
    coordinates = [one for one in inputs if one.role in ("latitude", "longitude")]
    if not coordinates:
        return None
    columns, _ = load_raw(split_dir, coordinates, label, at_most)
    return cells({one.source_column: columns[one.name] for one in coordinates}, points)


def cells(columns: Columns, points: Mapping[str, Mapping[str, str]]) -> Places | None:
    """Rows by cell of each point; None where no point has a cell of `MIN_ROWS` rows.

    Args:
        columns: coordinates of the training rows, float32 `[rows]`, degrees; NaN is passed over.
        points: names of the columns `latitude` and `longitude`, by point.

    Returns:
        the fullest cells first.
    """
    size = grid.size_deg(columns.values(), ACROSS)
    if size is None:
        return None
    found = {name: _counted(columns[one["latitude"]], columns[one["longitude"]], size) for name, one in points.items()}
    return Places(cell_deg=size, points=found) if any(found.values()) else None


def _counted(latitude: Any, longitude: Any, size: float) -> list[tuple[float, float, int]]:
    places = np.stack([latitude, longitude], axis=1).astype(np.float64)
    corners = np.floor(places[np.isfinite(places).all(axis=1)] / size).astype(np.int64)
    unique, rows = np.unique(corners, axis=0, return_counts=True)
    fullest = [place for place in np.argsort(-rows, kind="stable")[:MOST_CELLS] if rows[place] >= MIN_ROWS]
    corner = [[grid.edge(one, size) for one in place] for place in unique]
    return [(*corner[place], int(rows[place])) for place in fullest]
