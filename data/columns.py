"""The columns of a dataset as the vocabulary has them, and their dtypes in Arrow's words."""

import pyarrow as pa

from data.spec import Dataset, wall_clock
from data.vocabulary import ROLES, Column, Role, StoredDtype

ARROW: dict[StoredDtype, pa.DataType] = {"float32": pa.float32(), "int64": pa.int64(), "string": pa.binary()}


def described(dataset: Dataset) -> list[Column]:
    """Every column of a role: the inputs in their order, then the label."""
    found = [
        _column(dataset, getattr(point, axis), axis, f"{axis} of {name} (WGS 84); NaN if unknown", name)
        for name, point in dataset.points.items()
        for axis in ("latitude", "longitude")
    ]
    if dataset.time:
        start = f"start on the {wall_clock(dataset.time.time_zone)}"
        meaning = f"{start}: seconds since it showed 1970-01-01 00:00; ends in 2038"
        found.append(_column(dataset, dataset.time.column, "time", meaning))
    found += [_column(dataset, name, "numeric", "number; NaN if missing") for name in dataset.numeric]
    known = "1 + place in the vocabulary; 0 for missing or unknown"
    found += [_column(dataset, name, "categorical", known) for name in dataset.categorical]
    return [*found, _column(dataset, dataset.label.column, "label", "what is predicted")]


def inputs(dataset: Dataset) -> list[Column]:
    """Without the label."""
    return described(dataset)[:-1]


def _column(dataset: Dataset, name: str, role: Role, meaning: str, point: str | None = None) -> Column:
    unit = dataset.label.unit if role == "label" else ROLES[role].unit
    return Column(name=name, role=role, unit=unit, meaning=meaning, point=point)
