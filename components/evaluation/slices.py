"""Cuts of the test rows, settled for one dataset: which columns each needs, and what its slices are called."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, get_args

from components.settings import Slices
from data import grid
from data.settings import Settings
from transforms.features import CYCLES, Distance, Plan

Kind = Literal["time", "distance", "cell", "number", "category"]
MISSING = "missing"
"""The slice of rows that lack the value a cut goes by."""


class Slicing(Settings):
    """One cut.

    Attributes:
        name: as the configuration has it.
        kind: how a row's slice is found.
        columns: raw ones that it is found from; a distance takes latitude and longitude of two points.
        part: of the time, or the distance's name without its leg; empty for the rest.
        boundaries: between slices; None where each value is one.
        cell_deg: of a cell.
    """

    name: str
    kind: Kind
    columns: tuple[str, ...]
    part: str = ""
    boundaries: tuple[float, ...] | None = None
    cell_deg: float | None = None

    def interval(self, value: float) -> str:
        """Name of the slice that a number falls into: `below 2`, `2 to 5`, `from 5`, or the number itself."""
        if math.isnan(value):
            return MISSING
        if self.boundaries is None:
            return f"{value:g}"
        below = [one for one in self.boundaries if one <= value]
        if not below:
            return f"below {self.boundaries[0]:g}"
        above = self.boundaries[len(below) :]
        return f"{below[-1]:g} to {above[0]:g}" if above else f"from {below[-1]:g}"

    def cell(self, latitude: float, longitude: float) -> str:
        """Name of the cell that a place lies in: its south and north edge, then its west and east edge, in degrees."""
        if math.isnan(latitude) or math.isnan(longitude):
            return MISSING
        return f"{self._edges(latitude)}, {self._edges(longitude)}"

    def _edges(self, degrees: float) -> str:
        assert self.cell_deg is not None  # `settle` sees to it
        number = grid.number(degrees, self.cell_deg)
        return " to ".join(_short(grid.edge(one, self.cell_deg)) for one in (number, number + 1))


def _short(degrees: float) -> str:
    return f"{degrees:g}" if abs(degrees) < 1000 else str(degrees)


def order(value: str) -> tuple[float, ...]:
    """Sorts names of slices as their numbers do; texts without one, such as `missing`, go to the end."""
    numbers = tuple(float(one) for one in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", value))
    return numbers or (math.inf,)


def settle(slices: Mapping[str, Slices], plan: Plan) -> list[Slicing]:
    """The cuts of a configuration, in its order.

    Args:
        slices: by name.
        plan: of the dataset to cut.

    Raises:
        ValueError: there is nothing of that name to cut by, or boundaries or cells do not fit it; names the key.
    """
    return [_settled(name, one, _sources(plan)) for name, one in slices.items()]


class _Source(NamedTuple):
    """Something to cut by: the key of the configuration that brings it, its name, and what `Slicing` says of it."""

    key: str
    name: str
    kind: Kind
    columns: tuple[str, ...]
    part: str = ""


def _sources(plan: Plan) -> list[_Source]:
    data = plan.dataset
    found: list[_Source] = []
    if data.time:
        found += [_Source("data.time", part, "time", (data.time.column,), part) for part in CYCLES]
    for leg in plan.legs():
        columns = tuple(name for point in leg for name in (data.points[point].latitude, data.points[point].longitude))
        for distance in (name for name in get_args(Distance) if name != "bearing"):
            found.append(_Source("data.points", plan.leg_prefix(leg) + distance, "distance", columns, distance))
    for name, point in data.points.items():
        found.append(_Source(f"data.points.{name}", name, "cell", (point.latitude, point.longitude)))
    found += [_Source("data.points", name, "number", (name,)) for name in data.coordinates()]
    found += [_Source("data.numeric", name, "number", (name,)) for name in data.numeric]
    return found + [_Source("data.categorical", name, "category", (name,)) for name in data.categorical]


def _settled(name: str, one: Slices, sources: Sequence[_Source]) -> Slicing:
    """The cut; where several sources have the name, the one that the slice's other keys fit."""
    key = f"gate.slices.{name}"
    named = [source for source in sources if source.name == one.of]
    if not named:
        there = ", ".join(dict.fromkeys(source.name for source in sources))
        raise ValueError(f"{key}.of is {one.of!r}, which these data do not have; they have {there}")
    faults = [_fault(key, one, source, sources) for source in named]
    fitting = [source for source, fault in zip(named, faults, strict=True) if not fault]
    if not fitting:
        raise ValueError(faults[-1])
    if len(fitting) > 1:
        both = " and ".join(f"a {source.kind} of {source.key}" for source in fitting)
        raise ValueError(f"{key}.of is {one.of!r}, which is {both}; leave the slice out, or one of the two")
    (source,) = fitting
    return Slicing(
        name=name,
        kind=source.kind,
        columns=source.columns,
        part=source.part,
        boundaries=one.boundaries,
        cell_deg=one.cell_deg,
    )


def _fault(key: str, one: Slices, source: _Source, sources: Sequence[_Source]) -> str:
    """Why a slice cannot be of a source; empty where it can."""
    kind = source.kind
    if kind == "cell" and one.cell_deg is None:
        return f"{key} is of the point {one.of!r} and needs cell_deg, the size of its cells in degrees"
    if kind != "cell" and one.cell_deg is not None:
        points = ", ".join(other.name for other in sources if other.kind == "cell") or "none"
        return f"{key}.cell_deg is for points; {one.of!r} is none. Points: {points}"
    if kind in ("distance", "number") and one.boundaries is None:
        return f"{key} is of the number {one.of!r} and needs boundaries between its slices"
    if kind in ("cell", "category") and one.boundaries is not None:
        return f"{key}.boundaries is for numbers and times; {one.of!r} is a {kind}"
    return ""
