"""Evaluation rows with their predictions, as the pusher left them, and where the errors lie."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import parquet

from components.task.task import Task
from data import grid

FloatArray = npt.NDArray[np.float64]
SMALL = 30
"""Fewer rows than this say little; such a mark is hollow, such a line of a table greyed."""

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
EARTH_KM = 6371.0088


@dataclass(frozen=True)
class Rows:
    """Columns of equal length.

    Attributes:
        inputs: float64 by name; NaN where missing.
        label: in label units.
        predicted: by model: `file`, `float` and the baselines; in label units.
    """

    inputs: dict[str, FloatArray]
    label: FloatArray
    predicted: dict[str, FloatArray]

    def residual(self) -> FloatArray:
        """Prediction of the file minus label, in label units."""
        with np.errstate(invalid="ignore"):
            return self.predicted["file"] - self.label


@dataclass(frozen=True)
class Bin:
    """Residuals in one stretch of something.

    Attributes:
        place: middle of the stretch.
        quantiles: of the residual, as in `QUANTILES`.
        errors: metrics by name, as `Task.of_part`.
    """

    place: float
    name: str
    rows: int
    quantiles: tuple[float, ...]
    errors: dict[str, float]


def read_rows(path: Path) -> Rows:
    """Reads what `components.pusher.rows_file` has written."""
    table = parquet.read_table(path)
    columns = {name: _numbers(table[name]) for name in table.column_names}

    def group(prefix: str) -> dict[str, FloatArray]:
        return {name.removeprefix(prefix): one for name, one in columns.items() if name.startswith(prefix)}

    return Rows(group("input."), columns["label"], group("predicted."))


def _numbers(column: Any) -> FloatArray:
    """float64 `[rows]`, or `[rows, classes]` of lists."""
    if not pa.types.is_fixed_size_list(column.type):
        return np.asarray(column.to_numpy().astype(np.float64))
    flat = column.combine_chunks().flatten().to_numpy().astype(np.float64)
    return np.asarray(flat.reshape(len(column), -1))


def distance_km(rows: Rows, points: Mapping[str, Mapping[str, str]]) -> FloatArray | None:
    """Great-circle distance between the first two points of the configuration (haversine, R. W. Sinnott, 1984).

    Returns:
        float64 `[rows]` in km, NaN where a coordinate is; None with fewer than two points.
    """
    if len(points) < 2:
        return None
    start, end = list(points.values())[:2]
    lat1, lon1, lat2, lon2 = (
        np.radians(_or_nan(rows.inputs[one[axis]])) for one in (start, end) for axis in ("latitude", "longitude")
    )
    half = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1)))


def _or_nan(values: FloatArray) -> FloatArray:
    return np.where(np.isfinite(values), values, np.nan)


def along(task: Task, values: FloatArray, residual: FloatArray, stretches: int = 12) -> list[Bin]:
    """Stretches of about equal numbers of rows along a value; fewer where many rows share one value."""
    sound = np.isfinite(values) & np.isfinite(residual)
    values, residual = values[sound], residual[sound]
    if not len(values):
        return []
    edges = np.unique(np.quantile(values, np.linspace(0, 1, stretches + 1)))
    if len(edges) == 1:
        edges = np.array([edges[0], edges[0]])
    index = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    found = []
    for one in range(len(edges) - 1):
        inside = index == one
        if inside.any():
            name = f"{edges[one]:.4g} to {edges[one + 1]:.4g}"
            found.append(_bin(task, float(np.median(values[inside])), name, residual[inside]))
    return found


def by_hour(task: Task, seconds: FloatArray, residual: FloatArray) -> list[Bin]:
    """One stretch for each hour of the wall clock that has rows. `seconds` count from an hour 0."""
    sound = np.isfinite(seconds) & np.isfinite(residual)
    hours, residual = (seconds[sound] // 3600) % 24, residual[sound]
    return [
        _bin(task, float(hour), f"{hour:02d}:00", residual[hours == hour])
        for hour in range(24)
        if (hours == hour).any()
    ]


def _bin(task: Task, place: float, name: str, residual: FloatArray) -> Bin:
    quantiles = tuple(float(one) for one in np.quantile(residual, QUANTILES))
    return Bin(place, name, len(residual), quantiles, task.measure(residual, np.zeros(len(residual)), task.of_part))


@dataclass(frozen=True)
class Cells:
    """Mean residual by cell of `data.grid`, over the middle 98 % of the places.

    Attributes:
        north, east: edges of the cells in degrees.
        mean: `[north, east]` in label units, NaN for a cell without rows.
        rows: `[north, east]`.
    """

    north: FloatArray
    east: FloatArray
    mean: FloatArray
    rows: FloatArray


def by_cell(latitude: FloatArray, longitude: FloatArray, residual: FloatArray, cells: int = 11) -> Cells | None:
    """None where no place is known."""
    sound = np.isfinite(latitude) & np.isfinite(longitude) & np.isfinite(residual)
    if not sound.any():
        return None
    latitude, longitude, residual = latitude[sound], longitude[sound], residual[sound]
    size = grid.size_deg((latitude, longitude), cells)
    assert size is not None  # some place is known
    edges = []
    for axis in (latitude, longitude):
        first, last = (grid.number(one, size) for one in np.quantile(axis, [0.01, 0.99]))
        edges.append(np.array([grid.edge(one, size) for one in range(first, last + 2)]))
    rows, north, east = np.histogram2d(latitude, longitude, bins=edges)
    total, _, _ = np.histogram2d(latitude, longitude, bins=edges, weights=residual)
    with np.errstate(invalid="ignore", divide="ignore"):
        return Cells(north, east, np.where(rows > 0, total / rows, np.nan), rows)


def points_of(config: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Points of a configuration by name, in its order."""
    return dict((config.get("data") or {}).get("points") or {})


def time_of(config: Mapping[str, Any]) -> str | None:
    """Column of the time of a configuration."""
    return ((config.get("data") or {}).get("time") or {}).get("column")


def largest(residual: FloatArray, count: int) -> Sequence[int]:
    """Rows with the largest errors, worst first; above all those that have none."""
    size = np.where(np.isnan(residual), np.inf, np.abs(residual))
    return [int(one) for one in np.argsort(-size, kind="stable")[:count]]
