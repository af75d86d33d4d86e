"""The vocabulary: which features there are, what they are called, their units, and how a configuration picks them.

Read this first. Raw columns carry the names of the dataset description. Engineered features are named here and
nowhere else. The model sees three kinds of input: the *block* (scaled numbers, reduced), the *wide* part
(thermometer-coded buckets) and *ids* (crosses and categories, each looked up in an embedding).
"""

from __future__ import annotations

import difflib
import itertools
import math
from collections.abc import Iterable
from typing import Literal

from pydantic import Field, model_validator

from data.settings import Settings
from data.spec import Dataset
from data.tensor_names import tensor_name
from transforms.settings import EXACT, Buckets, Category, Cross, Fixed, Missing, Reducer, ScalingKind

Distance = Literal[
    "euclidean_deg",
    "euclidean_km",
    "haversine_km",
    "manhattan_km",
    "east_km",
    "north_km",
    "northeast_km",
    "southeast_km",
    "bearing",
]
TimePart = Literal[
    "hour", "weekday", "month", "year", "years", "hour_of_day", "hour_of_week", "day_of_week", "day_of_year"
]

CYCLES: dict[str, int] = {"hour": 24, "weekday": 7, "month": 12}
"""Time parts that come round again, with the number of their values: hour 0-23, weekday 0 (Monday)-6, month 0-11.

`year` is the calendar year, `years` the smooth number of years since 1970. `hour_of_day`, `hour_of_week` and
`day_of_year` are smooth, in hours, hours since Monday and days; `day_of_week` is `weekday` as a plain number.
"""

BLOCK = "block"
NO_NUMBER = "no_number"
"""The block's only column where all inputs are categories: always 0."""
NUMBERS = "numbers"
"""The block before it is scaled and reduced; a teacher may learn from it, the shipped file does not hold it."""

WIDE = "wide"
LABEL = "label"
LEARNED_FILE = "learned.json"
"""Asset of the transform graph that holds what was learned, for reports and for the trainer."""


def id_key(name: str) -> str:
    """The name under which the ids of a cross or category leave the Transform step."""
    return f"id_{tensor_name(name)}"


def is_id(key: str) -> bool:
    """Whether a transformed feature holds ids to look up."""
    return key.startswith("id_")


class Features(Settings):
    """Everything that the Transform step does.

    Attributes:
        coordinates: keep latitudes and longitudes themselves in the block.
        diagonals: and how far to the northeast and southeast each point lies.
        distances: taken between each point and the next.
        time_parts: `hour`, `weekday` and `month` enter as sine and cosine, the others as numbers.
        missing: what stands in for missing numbers.
        scaling: of every number in the block.
        scaling_of: numbers that are scaled otherwise: a kind of scaling, or `centre` and `spread`.
        buckets, crosses: by name; a cross may be of buckets, cyclic time parts and crosses above it.
        categories: how categorical columns are coded.
        reducer: of the block.
    """

    coordinates: bool = True
    diagonals: bool = True
    distances: tuple[Distance, ...] = (
        "euclidean_km",
        "manhattan_km",
        "east_km",
        "north_km",
        "northeast_km",
        "southeast_km",
        "bearing",
    )
    time_parts: tuple[TimePart, ...] = ("hour_of_day", "day_of_week", "hour_of_week", "day_of_year", "years")
    missing: Missing = Missing()
    scaling: ScalingKind = "smooth_clip"
    scaling_of: dict[str, ScalingKind | Fixed] = Field(default_factory=dict)
    buckets: dict[str, Buckets] = Field(default_factory=dict)
    crosses: dict[str, Cross] = Field(default_factory=dict)
    categories: Category = Category()
    reducer: Reducer = Reducer()


class Plan(Settings):
    """Features settled for one dataset: what is computed, in which order, how wide.

    Attributes:
        dataset, features: what the plan was made from.
    """

    dataset: Dataset
    features: Features

    @model_validator(mode="after")
    def _names_are_told_apart(self) -> Plan:
        crosses = [(f"features.crosses.{name}", name) for name in self.features.crosses]
        parts = [("data.time", part) for part in CYCLES if self.dataset.time]
        parts += [(f"features.buckets.{name}", name) for name in self.features.buckets]
        refuse_twins(self._block(), "number of the block")
        refuse_twins([*parts, *crosses], "discrete feature")
        refuse_twins([*(("data.categorical", name) for name in self.dataset.categorical), *crosses], "embedding")
        return self

    @model_validator(mode="after")
    def _block_is_sound(self) -> Plan:
        numbers, reducer = self.block_names(), self.features.reducer
        if not numbers:
            raise ValueError(
                "the block is empty: turn on features.coordinates, or name distances, time_parts or numeric"
            )
        for name in self.features.scaling_of:
            if name not in numbers:
                raise ValueError(
                    f"features.scaling_of.{name} names no number of the block{_near(name, numbers)}; "
                    f"numbers are {', '.join(numbers)}"
                )
        wanted = reducer.components
        if reducer.kind != "none" and isinstance(wanted, int) and wanted > len(numbers):
            raise ValueError(
                f"features.reducer.components is {wanted}, but the block has {len(numbers)} features: "
                f"{', '.join(numbers)}; give at most {len(numbers)}, or a share such as 0.99"
            )
        below_zero = [name for name in numbers if self.scaling_of(name) in ("z_score", "robust", "smooth_clip")]
        if reducer.kind == "nmf" and below_zero:
            raise ValueError(
                f"features.reducer.kind is nmf, which takes no negative values, but the scaling of "
                f"{', '.join(below_zero)} gives some; set features.scaling to min_max"
            )
        return self

    @model_validator(mode="after")
    def _known_names(self) -> Plan:
        numbers = self.block_names()
        for name, bucket in self.features.buckets.items():
            if bucket.feature not in numbers:
                raise ValueError(
                    f"features.buckets.{name} is of {bucket.feature!r}, which is no number here"
                    f"{_near(bucket.feature, numbers)}; numbers are {', '.join(numbers)}"
                )
        sizes = self._basic_sizes()
        for name, cross in self.features.crosses.items():
            unknown = [part for part in cross.of if part not in sizes]
            if unknown:
                raise ValueError(
                    f"features.crosses.{name} is of {', '.join(unknown)}, which is neither a bucket nor a cyclic "
                    f"time part nor a cross above it{_near(unknown[0], [*sizes])}; "
                    f"discrete features are {', '.join(sizes)}"
                )
            combinations = math.prod(sizes[part] for part in cross.of)
            if combinations > EXACT:
                raise ValueError(
                    f"features.crosses.{name} has {combinations:,} combinations, more than the {EXACT:,} that float32 "
                    "can number; use fewer buckets, or cross hashed crosses"
                )
            sizes[name] = cross.hash_buckets or combinations
        return self

    def legs(self) -> list[tuple[str, str]]:
        """Pairs of consecutive points, in the order of the description."""
        return list(itertools.pairwise(self.dataset.points))

    def leg_prefix(self, leg: tuple[str, str]) -> str:
        """What to put before the names of a leg's distances; nothing where there is only one leg."""
        return "" if len(self.legs()) == 1 else f"{leg[0]}_{leg[1]}_"

    def block_names(self) -> list[str]:
        """Names of the block's columns, in order."""
        return [name for _, name in self._block()]

    def _block(self) -> list[tuple[str, str]]:
        """The block's columns in order: the key of the configuration that brings one in, and its name."""
        found = [("features.coordinates", name) for name in self.dataset.coordinates() if self.features.coordinates]
        if self.features.diagonals:
            ends = itertools.product(self.dataset.points, ("northeast", "southeast"))
            found += [("features.diagonals", f"{point}_{end}") for point, end in ends]
        for leg in self.legs():
            for distance in self.features.distances:
                parts = ("bearing_sin", "bearing_cos") if distance == "bearing" else (distance,)
                found += [("features.distances", self.leg_prefix(leg) + part) for part in parts]
        cycles = [f"{part}_{end}" for end in ("sin", "cos") for part in self.cyclic_parts()]
        found += [("features.time_parts", name) for name in cycles + self.plain_parts()]
        found += [("data.numeric", name) for name in self.dataset.numeric]
        if not found and self.dataset.inputs() == list(self.dataset.categorical):
            return [("data.categorical", NO_NUMBER)]
        return [*found, *(("features.missing.flag", f"{name}_missing") for name in self.flagged())]

    def flagged(self) -> tuple[str, ...]:
        """Numeric columns whose missing values have a column of the block of their own."""
        flag = self.features.missing.flag
        wanted = self.features.reducer.kind == "none" if flag == "auto" else flag
        return self.dataset.numeric if wanted else ()

    def bending(self) -> list[str]:
        """Numbers of the block that piecewise-linear encoding is for: all but sines, cosines and flags."""
        plain = {f"{part}_{end}" for part in self.cyclic_parts() for end in ("sin", "cos")}
        return [name for key, name in self._block() if name not in plain and key != "features.missing.flag"]

    def movable(self) -> set[str]:
        """Numeric columns that no other feature is made of."""
        return {*self.dataset.numeric} - {bucket.feature for bucket in self.features.buckets.values()}

    def block_width(self) -> int:
        """Columns of the block behind the reducer: as many as there may be components."""
        reducer = self.features.reducer
        if reducer.kind == "none" or isinstance(reducer.components, float):
            return len(self.block_names())
        return reducer.components

    def unknown_spreads(self) -> bool:
        """Whether a coordinate that is NaN makes the block NaN, and with it every linear model on the block."""
        # Where numbers may be missing, NaN is filled in; NMF clips it away.
        shown = self.features.coordinates or self.features.diagonals
        return shown and not self.dataset.numeric and self.features.reducer.kind != "nmf"

    def scaling_of(self, name: str) -> ScalingKind | Fixed:
        """How a number of the block is scaled."""
        return self.features.scaling_of.get(name, self.features.scaling)

    def scalings(self) -> list[ScalingKind | Fixed]:
        """How each number of the block is scaled."""
        return [self.scaling_of(name) for name in self.block_names()]

    def origin(self, name: str) -> str:
        """The key of the configuration that brings a number into the block."""
        return next(key for key, one in self._block() if one == name)

    def _time_parts(self) -> tuple[str, ...]:
        return self.features.time_parts if self.dataset.time else ()

    def time_parts(self) -> set[str]:
        """Time parts that enter the block or a cross."""
        crossed = {part for cross in self.features.crosses.values() for part in cross.of}
        return {*self._time_parts(), *crossed.intersection(CYCLES)}

    def cyclic_parts(self) -> list[str]:
        """Time parts that enter the block as sine and cosine."""
        return [part for part in self._time_parts() if part in CYCLES]

    def plain_parts(self) -> list[str]:
        """Time parts that enter the block as they are."""
        return [part for part in self._time_parts() if part not in CYCLES]

    def buckets_by_size(self) -> dict[tuple[int, bool], list[str]]:
        """Names of buckets of one size and use, which go through the same operators."""
        groups: dict[tuple[int, bool], list[str]] = {}
        for name, bucket in self.features.buckets.items():
            groups.setdefault((bucket.size, bucket.wide), []).append(name)
        return groups

    def _basic_sizes(self) -> dict[str, int]:
        cycles = CYCLES if self.dataset.time else {}
        return {**{name: bucket.size for name, bucket in self.features.buckets.items()}, **cycles}

    def discrete_sizes(self) -> dict[str, int]:
        """Number of values of every feature that a cross may use."""
        sizes = self._basic_sizes()
        for name, cross in self.features.crosses.items():
            sizes[name] = cross.hash_buckets or math.prod(sizes[part] for part in cross.of)
        return sizes

    def model_crosses(self) -> dict[str, Cross]:
        """The crosses that the model sees; the others only serve further crosses."""
        return {name: cross for name, cross in self.features.crosses.items() if cross.embedding != 0}

    def wide_buckets(self) -> dict[str, Buckets]:
        """The buckets that the model sees as thermometers."""
        return {name: bucket for name, bucket in self.features.buckets.items() if bucket.wide}

    def wide_width(self) -> int:
        """Columns of the wide part: one less than buckets, for each."""
        return sum(bucket.size - 1 for bucket in self.wide_buckets().values())

    def cross_size(self, name: str) -> int:
        """Number of ids of a cross."""
        return self.discrete_sizes()[name]


def _near(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def embedding_width(size: int, wanted: int | None) -> int:
    """The wanted width, else the fourth root of the number of ids (a rule of thumb of TensorFlow's guides)."""
    return wanted if wanted is not None else max(1, round(size**0.25))


def refuse_twins(named: Iterable[tuple[str, str]], what: str) -> None:
    """Nothing, if every name is there once.

    Raises:
        ValueError: two keys give one name, or one gives it twice; both are told.
    """
    known: dict[str, str] = {}
    for key, name in named:
        if name in known:
            both = f"{key} twice" if known[name] == key else f"{known[name]} and by {key}"
            raise ValueError(
                f"a {what} is called {name!r} by {both}; give one of them another name or leave it out, since one "
                "would hide the other"
            )
        known[name] = key
