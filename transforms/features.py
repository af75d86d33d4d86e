"""The vocabulary: which features there are, what they are called, their units, and how a configuration picks them.

Read this first. Raw columns carry the names of the dataset description. Engineered features are named here and
nowhere else. The model sees three kinds of input: the *block* (scaled numbers, reduced), the *wide* part
(thermometer-coded buckets) and *ids* (crosses and categories, each looked up in an embedding).
"""

from __future__ import annotations

import itertools
from typing import Literal

from pydantic import Field, model_validator

from data.settings import Settings
from data.spec import Dataset

Distance = Literal["euclidean_deg", "haversine_km", "manhattan_km", "east_km", "north_km", "bearing"]
TimePart = Literal["hour", "weekday", "month", "year", "years"]

CYCLES: dict[str, int] = {"hour": 24, "weekday": 7, "month": 12}
"""Time parts that come round again, with the number of their values: hour 0-23, weekday 0 (Monday)-6, month 0-11.

`year` is the calendar year, `years` the smooth number of years since 1970.
"""

BLOCK = "block"
WIDE = "wide"
LABEL = "label"
LEARNED_FILE = "learned.json"
"""Asset of the transform graph that holds what was learned, for reports and for the trainer."""


def id_key(name: str) -> str:
    """The name under which the ids of a cross or category leave the Transform step."""
    return f"id_{name}"


def is_id(key: str) -> bool:
    """Whether a transformed feature holds ids to look up."""
    return key.startswith("id_")


class Buckets(Settings):
    """Intervals of one number.

    Attributes:
        feature: an engineered or raw number.
        quantiles: so many buckets of about equal count, learned from training rows.
        boundaries: or a given, strictly increasing grid; bucket i holds `boundaries[i-1] <= x < boundaries[i]`.
        wide: feed the thermometer code to the model; otherwise the bucket serves crosses only.
    """

    feature: str
    quantiles: int | None = Field(default=None, ge=2, le=256)
    boundaries: tuple[float, ...] | None = None
    wide: bool = True

    @model_validator(mode="after")
    def _one_kind(self) -> Buckets:
        if (self.quantiles is None) == (self.boundaries is None):
            raise ValueError("give either quantiles or boundaries, and only one of them")
        if self.boundaries is not None:
            pairs = zip(self.boundaries, self.boundaries[1:], strict=False)
            if not self.boundaries or any(a >= b for a, b in pairs):
                raise ValueError(f"boundaries must be strictly increasing, got {list(self.boundaries)}")
        return self

    @property
    def size(self) -> int:
        """Number of buckets."""
        if self.boundaries is not None:
            return len(self.boundaries) + 1
        assert self.quantiles is not None  # one of the two is given
        return self.quantiles


class Cross(Settings):
    """Joint ids of several discrete features, looked up in one embedding.

    Attributes:
        of: names of buckets, or cyclic time parts (`hour`, `weekday`, `month`).
        hash_buckets: fold the joint ids into so many; None keeps them exact.
        embedding: width of the embedding; None takes the fourth root of the number of ids.
    """

    of: tuple[str, ...] = Field(min_length=1)
    hash_buckets: int | None = Field(default=None, ge=2, le=4093)
    embedding: int | None = Field(default=None, ge=1, le=64)


class Category(Settings):
    """How categorical columns are coded.

    Attributes:
        min_count: values seen less often in training are unknown.
        max_size: at most so many values, the most frequent ones.
        embedding: width; None takes the fourth root of the vocabulary's size.
    """

    min_count: int = Field(default=20, ge=1)
    max_size: int = Field(default=256, ge=1, le=100_000)
    embedding: int | None = Field(default=None, ge=1, le=64)


class Reducer(Settings):
    """Dimension reduction of the block.

    Attributes:
        kind: `pca`, or `none`.
        components: a whole number of components, or the share of variance to keep, such as 0.99.
        whiten: scale components to unit variance.
    """

    kind: Literal["pca", "none"] = "pca"
    components: int | float = 0.99
    whiten: bool = True

    @model_validator(mode="after")
    def _sensible(self) -> Reducer:
        whole = isinstance(self.components, int) and self.components >= 1
        share = isinstance(self.components, float) and 0 < self.components <= 1
        if not (whole or share):
            raise ValueError(
                f"components is {self.components}; give a whole number from 1, or a share of variance in (0, 1]"
            )
        return self


class Features(Settings):
    """Everything that the Transform step does.

    Attributes:
        coordinates: keep latitudes and longitudes themselves in the block.
        distances: taken between each point and the next.
        time_parts: cyclic ones enter as sine and cosine, `year` as a number.
        scaling: of every number in the block.
        buckets, crosses: by name.
        categories: how categorical columns are coded.
        reducer: of the block.
    """

    coordinates: bool = True
    distances: tuple[Distance, ...] = ("euclidean_deg", "haversine_km", "manhattan_km", "east_km", "north_km")
    time_parts: tuple[TimePart, ...] = ("hour", "weekday", "years")
    scaling: Literal["z_score", "min_max", "none"] = "z_score"
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
    def _known_names(self) -> Plan:
        numbers, discrete = self.block_names(), self.discrete_sizes()
        for name, bucket in self.features.buckets.items():
            if bucket.feature not in numbers:
                raise ValueError(
                    f"features.buckets.{name} is of {bucket.feature!r}, which is no number here; "
                    f"numbers are {', '.join(numbers)}"
                )
        for name, cross in self.features.crosses.items():
            unknown = [part for part in cross.of if part not in discrete]
            if unknown:
                raise ValueError(
                    f"features.crosses.{name} is of {', '.join(unknown)}, which is neither a bucket nor a cyclic "
                    f"time part; discrete features are {', '.join(discrete)}"
                )
        wanted = self.features.reducer.components
        if self.features.reducer.kind != "none" and isinstance(wanted, int) and wanted > len(numbers):
            raise ValueError(
                f"features.reducer.components is {wanted}, but the block has {len(numbers)} features: "
                f"{', '.join(numbers)}"
            )
        return self

    def legs(self) -> list[tuple[str, str]]:
        """Pairs of consecutive points, in the order of the description."""
        names = list(self.dataset.points)
        return list(itertools.pairwise(names))

    def leg_prefix(self, leg: tuple[str, str]) -> str:
        """What to put before the names of a leg's distances; nothing where there is only one leg."""
        return "" if len(self.legs()) == 1 else f"{leg[0]}_{leg[1]}_"

    def block_names(self) -> list[str]:
        """Names of the block's columns, in order."""
        names = [*self.dataset.coordinates()] if self.features.coordinates else []
        for leg in self.legs():
            for distance in self.features.distances:
                parts = ("bearing_sin", "bearing_cos") if distance == "bearing" else (distance,)
                names += [self.leg_prefix(leg) + part for part in parts]
        names += [f"{part}_sin" for part in self.cyclic_parts()] + [f"{part}_cos" for part in self.cyclic_parts()]
        names += self.plain_parts()
        return [*names, *self.dataset.numeric]

    def _time_parts(self) -> tuple[str, ...]:
        return self.features.time_parts if self.dataset.time else ()

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

    def discrete_sizes(self) -> dict[str, int]:
        """Number of values of every feature that a cross may use."""
        cycles = CYCLES if self.dataset.time else {}
        return {**{name: bucket.size for name, bucket in self.features.buckets.items()}, **cycles}

    def wide_buckets(self) -> dict[str, Buckets]:
        """The buckets that the model sees as thermometers."""
        return {name: bucket for name, bucket in self.features.buckets.items() if bucket.wide}

    def wide_width(self) -> int:
        """Columns of the wide part: one less than buckets, for each."""
        return sum(bucket.size - 1 for bucket in self.wide_buckets().values())

    def cross_size(self, name: str) -> int:
        """Number of ids of a cross."""
        cross = self.features.crosses[name]
        if cross.hash_buckets is not None:
            return cross.hash_buckets
        size = 1
        for part in cross.of:
            size *= self.discrete_sizes()[part]
        return size


def embedding_width(size: int, wanted: int | None) -> int:
    """The wanted width, else the fourth root of the number of ids (a rule of thumb of TensorFlow's guides)."""
    return wanted if wanted is not None else max(1, round(size**0.25))
