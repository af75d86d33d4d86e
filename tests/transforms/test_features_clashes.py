"""Two things of one name work side by side, or the configuration is refused with both keys; neither hides the other."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pydantic
import pytest

from data.spec import Dataset
from transforms.features import CYCLES, Features, Plan, id_key

Told = dict[str, Any]
KINDS: dict[str, tuple[str, Callable[[Told, Told, str], Any]]] = {
    "label": ("data.label.column", lambda data, _, name: data["label"].update(column=name)),
    "latitude": ("data.points.a.latitude", lambda data, _, name: data["points"]["a"].update(latitude=name)),
    "longitude": ("data.points.b.longitude", lambda data, _, name: data["points"]["b"].update(longitude=name)),
    "point": ("data.points", lambda data, _, name: data["points"].update({name: data["points"].pop("b")})),
    "time": ("data.time.column", lambda data, _, name: data["time"].update(column=name)),
    "number": ("data.numeric", lambda data, _, name: data["numeric"].append(name)),
    "category": ("data.categorical", lambda data, _, name: data["categorical"].append(name)),
    "bucket": ("features.buckets", lambda _, made, name: made["buckets"].update({name: {**BUCKET}})),
    "cross": ("features.crosses", lambda _, made, name: made["crosses"].update({name: {"of": ["near", "month"]}})),
}
BUCKET = {"feature": "riders", "quantiles": 4}
COMPUTED = ("haversine_km", "bearing_sin", "east_km", "hour", "weekday", "hour_sin", "hour_cos", "year", "years")
COMPUTED += ("hour_of_week", "day_of_week", "a_northeast", "b_southeast", "riders_missing", "near", "pair", "a")
COMPUTED += ("block", "wide", "label", "numbers", "id_pair", "slice: x")


def build(*kinds_and_names: tuple[str, str]) -> Plan:
    data = {
        "source": "-",
        "label": {"column": "fare"},
        "points": {one: {"latitude": f"{one}_lat", "longitude": f"{one}_lon"} for one in ("a", "b")},
        "time": {"column": "start"},
        "numeric": ["riders"],
        "categorical": ["company"],
    }
    made = {
        "distances": ["haversine_km", "bearing", "east_km"],
        "time_parts": ["hour", "weekday", "year", "years", "hour_of_week", "day_of_week"],
        "missing": {"flag": True},
        "buckets": {"near": {"feature": "haversine_km", "quantiles": 4}},
        "crosses": {"pair": {"of": ["near", "hour"]}},
    }
    for kind, name in kinds_and_names:
        KINDS[kind][1](data, made, name)
    return Plan(dataset=Dataset.model_validate(data), features=Features.model_validate(made))


def check(*kinds_and_names: tuple[str, str]) -> None:
    """Everything that was asked for is there once, or the refusal has every key, that of what is computed excepted."""
    try:
        plan = build(*kinds_and_names)
    except pydantic.ValidationError as error:
        text = str(error)
        keys = [KINDS[kind][0] for kind, _ in kinds_and_names]
        # A coordinate is in the block by features.coordinates.
        assert all(key in text or ("points." in key and "features.coordinates" in text) for key in keys), text
        assert text.count("data.") + text.count("features.") >= 2, text
        return
    added = [kind for kind, _ in kinds_and_names]
    blocks, ids = plan.block_names(), [*plan.model_crosses(), *plan.dataset.categorical]
    # 4 coordinates, 4 diagonals, 4 of the distances, 8 time parts, a number and its flag.
    assert len(set(blocks)) == len(blocks) == 22 + 2 * added.count("number")
    assert len({id_key(name) for name in ids}) == len(ids) == 2 + added.count("cross") + added.count("category")
    discrete = len(CYCLES) + 2 + added.count("bucket") + added.count("cross")
    assert len(plan.discrete_sizes()) == discrete
    assert len(set(plan.dataset.columns())) == 8 + added.count("number") + added.count("category")


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(KINDS, 2)))
def test_two_things_of_one_name_work_or_both_keys_are_told(one: str, other: str) -> None:
    check((one, "twin"), (other, "twin"))


@pytest.mark.parametrize(("kind", "name"), list(itertools.product(KINDS, COMPUTED)))
def test_a_name_that_something_computed_has_works_or_both_keys_are_told(kind: str, name: str) -> None:
    if (kind, name) in (("bucket", "near"), ("cross", "pair"), ("point", "a")):  # one key of a mapping, given anew
        return
    check((kind, name))


def test_a_cross_and_a_category_of_one_name_are_refused() -> None:
    with pytest.raises(pydantic.ValidationError, match=r"data.categorical and by features.crosses.company"):
        build(("cross", "company"))


def test_a_number_named_like_a_distance_is_refused() -> None:
    with pytest.raises(pydantic.ValidationError, match=r"'haversine_km' by features.distances and by data.numeric"):
        build(("number", "haversine_km"))


def test_a_number_named_like_a_diagonal_is_refused() -> None:
    with pytest.raises(pydantic.ValidationError, match=r"'a_northeast' by features.diagonals and by data.numeric"):
        build(("number", "a_northeast"))


def test_a_bucket_named_like_a_time_part_is_refused() -> None:
    with pytest.raises(pydantic.ValidationError, match=r"'hour' by data.time and by features.buckets.hour"):
        build(("bucket", "hour"))


def test_one_column_for_two_axes_is_refused_with_both() -> None:
    with pytest.raises(pydantic.ValidationError, match=r"data.points.a.latitude and data.points.b.longitude"):
        build(("latitude", "twin"), ("longitude", "twin"))


def test_a_number_named_like_a_time_part_stands_beside_it() -> None:
    assert {"hour", "hour_sin"} <= set(build(("number", "hour")).block_names())
