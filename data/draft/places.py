"""Pairs of columns that hold a place, and the time zone of where the places lie."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files

import numpy as np

from data.draft.names import plain
from data.draft.notation import MOSTLY
from data.draft.seen import Seen
from data.values import LIMITS

FAR_KM = 500.0
"""Half of the places farther from their middle than this lie in no one zone."""
_SMALL = 4
_KM_PER_DEG = 111.2
_COORDINATES = re.compile(r"([+-])(\d{2})(\d{2})(\d{2})?([+-])(\d{3})(\d{2})(\d{2})?")
"""As ISO 6709 has them: +DDMM-DDDMM or +DDMMSS-DDDMMSS."""
_PAIRS = (("latitude", "longitude"), ("lat", "lon"), ("lat", "lng"), ("lat", "long"))


def pairs(columns: Mapping[str, Seen]) -> Iterator[tuple[str, str, str]]:
    """Name of the point, latitude and longitude of each pair of columns named alike whose numbers are degrees."""
    lower = {name.lower(): name for name in columns}
    taken: set[str] = set()
    for name in columns:
        for latitude, longitude in _PAIRS:
            for hit in re.finditer(latitude, name.lower()):
                other = lower.get(f"{name.lower()[: hit.start()]}{longitude}{name.lower()[hit.end() :]}")
                if other is None or taken & {name, other}:
                    continue
                if _are_degrees(columns[name], "latitude") and _are_degrees(columns[other], "longitude"):
                    taken |= {name, other}
                    rest = f"{name[: hit.start()]} {name[hit.end() :]}"
                    yield plain(rest, "place").replace("-", "_"), name, other


def _are_degrees(column: Seen, axis: str) -> bool:
    known = column.values
    if column.kind != "number" or column.distinct < 2:
        return False
    return float(np.mean((known >= LIMITS[axis].low) & (known <= LIMITS[axis].high))) >= MOSTLY


def zone_of(latitudes: Sequence[Seen], longitudes: Sequence[Seen]) -> tuple[str, float] | None:
    """The time zone whose city lies nearest to the middle of the places, and its distance in kilometres.

    None where there are no places, or they lie too far apart.
    """
    if not latitudes:
        return None
    north = np.concatenate([one.numbers for one in latitudes])
    east = np.concatenate([one.numbers for one in longitudes])
    known = ~np.isnan(north) & ~np.isnan(east) & ((north != 0) | (east != 0))
    north, east = north[known], east[known]
    if not len(north):
        return None
    middle = float(np.median(north)), float(np.median(east))
    reach = np.hypot(north - middle[0], (east - middle[1]) * math.cos(math.radians(middle[0]))) * _KM_PER_DEG
    if np.median(reach) > FAR_KM:
        return None
    near = ((zone, _km(middle, place)) for zone, place in _cities())
    # Zones within a country's part, such as America/Indiana/Knox, are those of a few counties.
    return min(near, key=lambda one: one[1] * (_SMALL if one[0].count("/") > 1 else 1))


def _km(one: tuple[float, float], other: tuple[float, float]) -> float:
    east = (other[1] - one[1] + 180) % 360 - 180
    return math.hypot(other[0] - one[0], east * math.cos(math.radians(one[0]))) * _KM_PER_DEG


def _cities() -> Iterator[tuple[str, tuple[float, float]]]:
    """Zones with their principal city's degrees north and east, from the time zone database's own table."""
    for line in files("tzdata").joinpath("zoneinfo/zone.tab").read_text().splitlines():
        if not line.startswith("#"):
            _, place, zone, *_ = line.split("\t")
            hit = _COORDINATES.fullmatch(place)
            assert hit is not None  # the table keeps to the format
            parts = hit.groups()
            yield zone, (_degrees(*parts[:4]), _degrees(*parts[4:]))


def _degrees(sign: str, degrees: str, minutes: str, seconds: str | None) -> float:
    return (int(degrees) + int(minutes) / 60 + int(seconds or 0) / 3600) * (-1 if sign == "-" else 1)
