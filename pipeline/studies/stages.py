"""The ladder of an ablation: raw columns first, then one group of features after another up to the configuration."""

from dataclasses import dataclass
from typing import Any

from pipeline.config import Config
from transforms.features import Features, Plan
from transforms.settings import Cross, Missing

EMBEDDINGS = "embeddings"


@dataclass(frozen=True)
class Stage:
    """One rung.

    Attributes:
        name: of the group that it adds.
        adds: that group in words.
        features: everything up to and with it.
    """

    name: str
    adds: str
    features: Features

    def config(self, whole: Config) -> Config:
        """The configuration with these features in place of its own."""
        return whole.model_copy(update={"features": self.features})


def stages(config: Config) -> list[Stage]:
    """Rungs in order; groups that the configuration does not use are left out.

    Raw columns are the coordinates, the time in years and the numeric columns as they are; a category is one learned
    number a value. Crosses enter with one learned number an id too, and get their embeddings on a rung of their own.
    """
    wanted = config.features
    narrow = {name: one.model_copy(update={"embedding": _narrow(one)}) for name, one in wanted.crosses.items()}
    groups: list[tuple[str, str, dict[str, Any]]] = [
        ("scaling", wanted.scaling, {"scaling": wanted.scaling, "missing": wanted.missing}),
        ("time", ", ".join(wanted.time_parts), {"time_parts": wanted.time_parts}),
        ("distance", ", ".join(wanted.distances), {"distances": wanted.distances, **_places(wanted)}),
        ("buckets", ", ".join(wanted.buckets), {"buckets": wanted.buckets}),
        ("crosses", ", ".join(wanted.crosses), {"crosses": narrow}),
        (EMBEDDINGS, "an embedding for each id", {"crosses": wanted.crosses, "categories": wanted.categories}),
        ("reducer", wanted.reducer.kind, {"reducer": wanted.reducer}),
    ]
    found = [Stage("raw", "columns as they are", _raw(config))]
    for name, adds, changes in groups:
        features = _fitting(config, found[-1].features.model_copy(update=changes))
        if features != found[-1].features:
            found.append(Stage(name, adds, features))
    return found


def _places(wanted: Features) -> dict[str, bool]:
    return {"coordinates": wanted.coordinates, "diagonals": wanted.diagonals}


def _narrow(cross: Cross) -> int:
    return 0 if cross.embedding == 0 else 1


def _raw(config: Config) -> Features:
    wide = config.features.categories
    return Features(
        coordinates=True,
        diagonals=False,
        missing=Missing(flag=False),
        distances=(),
        time_parts=("years",) if config.data.time else (),
        scaling="none",
        categories=wide.model_copy(update={"embedding": 1}) if config.data.categorical else wide,
        reducer=config.features.reducer.model_copy(update={"kind": "none"}),
    )


def _fitting(config: Config, features: Features) -> Features:
    """The features as far as the data has what they are made of; scalings of single numbers wait for their number."""
    if not config.data.time:
        features = features.model_copy(update={"time_parts": ()})
    if not config.data.points:
        features = features.model_copy(update={"diagonals": False})
    if len(config.data.points) < 2:
        features = features.model_copy(update={"distances": ()})
    if features.scaling == "none" and config.features.scaling != "none":
        return features
    known = Plan(dataset=config.data, features=features.model_copy(update={"scaling_of": {}})).block_names()
    chosen = {name: one for name, one in config.features.scaling_of.items() if name in known}
    return features.model_copy(update={"scaling_of": chosen})
