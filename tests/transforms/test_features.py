import pydantic
import pytest

from data.spec import Dataset
from transforms.features import NO_NUMBER, Buckets, Cross, Features, Plan, Reducer, embedding_width, id_key
from transforms.settings import Fixed

DATA = {
    "source": "-",
    "label": {"column": "fare"},
    "points": {
        "pickup": {"latitude": "from_lat", "longitude": "from_lon"},
        "dropoff": {"latitude": "to_lat", "longitude": "to_lon"},
    },
    "time": {"column": "at"},
    "numeric": ["passengers"],
}


def plan(data=DATA, **features):
    return Plan(dataset=Dataset.model_validate(data), features=Features.model_validate(features))


def test_the_block_is_coordinates_diagonals_distances_time_parts_numbers_and_flags_in_this_order():
    named = plan(distances=["haversine_km", "bearing"], time_parts=["hour", "year", "weekday"]).block_names()
    assert named == [
        *["from_lat", "from_lon", "to_lat", "to_lon"],
        *["pickup_northeast", "pickup_southeast", "dropoff_northeast", "dropoff_southeast"],
        *["haversine_km", "bearing_sin", "bearing_cos"],
        *["hour_sin", "weekday_sin", "hour_cos", "weekday_cos", "year"],
        *["passengers", "passengers_missing"],
    ]


def test_coordinates_may_stay_out_of_the_block_while_distances_are_taken():
    found = plan(coordinates=False, diagonals=False, distances=["north_km"], time_parts=[])
    assert found.block_names() == ["north_km", "passengers", "passengers_missing"]


def test_two_legs_prefix_their_distances():
    data = {**DATA, "points": {**DATA["points"], "home": {"latitude": "home_lat", "longitude": "home_lon"}}}
    found = plan(data, coordinates=False, diagonals=False, distances=["haversine_km"], time_parts=[])
    assert found.legs() == [("pickup", "dropoff"), ("dropoff", "home")]
    assert found.block_names()[:2] == ["pickup_dropoff_haversine_km", "dropoff_home_haversine_km"]


def test_without_a_time_no_part_of_one_is_offered():
    found = plan({**DATA, "time": None})
    assert (found.cyclic_parts(), found.plain_parts()) == ([], [])
    assert found.discrete_sizes() == {}
    assert not any(name.startswith("hour") for name in found.block_names())


def test_widths_follow_from_the_buckets():
    found = plan(
        buckets={
            "near": {"feature": "euclidean_km", "quantiles": 16},
            "grid": {"feature": "from_lat", "boundaries": [41, 42, 43]},
            "row": {"feature": "to_lat", "quantiles": 4, "wide": False},
        },
        crosses={
            "cell": {"of": ["row", "grid"]},
            "when": {"of": ["weekday", "hour"]},
            "all": {"of": ["row", "month"], "hash_buckets": 10},
        },
    )
    assert list(found.wide_buckets()) == ["near", "grid"]
    assert found.wide_width() == 15 + 3
    assert found.buckets_by_size() == {(16, True): ["near"], (4, True): ["grid"], (4, False): ["row"]}
    basic = {"near": 16, "grid": 4, "row": 4, "hour": 24, "weekday": 7, "month": 12}
    assert found.discrete_sizes() == {**basic, "cell": 16, "when": 168, "all": 10}
    assert {name: found.cross_size(name) for name in found.features.crosses} == {"cell": 16, "when": 168, "all": 10}


@pytest.mark.parametrize("components", [1, 1.0, 0.99, 3])
def test_a_plan_survives_the_way_through_json(components):
    whole = plan(reducer={"components": components}, buckets={"b": {"feature": "to_lat", "boundaries": [1, 2]}})
    back = Plan.model_validate_json(whole.model_dump_json())
    assert back == whole
    # 1 is one component, 1.0 all of the variance.
    assert type(back.features.reducer.components) is type(components)


def test_a_bucket_of_an_unknown_number_lists_the_numbers():
    with pytest.raises(
        pydantic.ValidationError,
        match=r"features.buckets.far is of 'distance', which is no number here; numbers are from_lat, .*passengers",
    ):
        plan(buckets={"far": {"feature": "distance", "quantiles": 4}})


def test_a_cross_of_something_unknown_lists_what_is_discrete():
    with pytest.raises(
        pydantic.ValidationError,
        match=r"features.crosses.c is of year, from_lat, which is neither a bucket nor a cyclic time part nor a cross "
        r"above it; did you mean near\?; discrete features are near, hour, weekday, month",
    ):
        plan(
            buckets={"near": {"feature": "euclidean_km", "quantiles": 4}},
            crosses={"c": {"of": ["near", "year", "from_lat"]}},
        )


def test_more_components_than_features_are_refused_with_both_numbers_the_features_and_what_to_give():
    alone = {"coordinates": False, "diagonals": False, "distances": ["north_km"], "time_parts": []}
    with pytest.raises(
        pydantic.ValidationError,
        match=r"features.reducer.components is 3, but the block has 2 features: north_km, passengers; give at most 2, "
        r"or a share such as 0.99",
    ):
        plan(**alone, reducer={"kind": "pca", "components": 3})


def test_a_cross_may_be_of_crosses_above_it_and_one_of_width_0_serves_others_only():
    found = plan(
        buckets={"row": {"feature": "from_lat", "quantiles": 4}, "column": {"feature": "from_lon", "quantiles": 3}},
        crosses={
            "pickup": {"of": ["row", "column"], "embedding": 0},
            "folded": {"of": ["pickup", "hour"], "hash_buckets": 50},
            "trip": {"of": ["pickup", "folded"]},
        },
    )
    assert [found.cross_size(name) for name in ("pickup", "folded", "trip")] == [12, 50, 600]
    assert list(found.model_crosses()) == ["folded", "trip"]


def test_a_cross_of_one_below_it_is_unknown():
    with pytest.raises(pydantic.ValidationError, match=r"features.crosses.a is of b, which is neither a bucket nor"):
        plan(crosses={"a": {"of": ["b"]}, "b": {"of": ["hour"]}})


@pytest.mark.parametrize(("name", "other"), [("hour", "data.time"), ("near", "features.buckets.near")])
def test_a_cross_has_a_name_of_its_own(name, other):
    with pytest.raises(pydantic.ValidationError, match=f"called '{name}' by {other} and by features.crosses.{name}"):
        plan(buckets={"near": {"feature": "to_lat", "quantiles": 4}}, crosses={name: {"of": ["weekday"]}})


def test_a_cross_of_more_combinations_than_float32_can_number_is_refused():
    buckets = {name: {"feature": "to_lat", "quantiles": 256} for name in "abcd"}
    with pytest.raises(
        pydantic.ValidationError,
        match=r"features.crosses.x has 4,294,967,296 combinations, more than the 16,777,216 that float32 can number",
    ):
        plan(buckets=buckets, crosses={"x": {"of": list("abcd")}})


def test_an_empty_block_is_refused_with_what_fills_it():
    with pytest.raises(pydantic.ValidationError, match=r"the block is empty: turn on features.coordinates, or name"):
        plan({**DATA, "numeric": []}, coordinates=False, diagonals=False, distances=[], time_parts=[])


def test_where_all_inputs_are_categories_the_block_holds_nothing_but_a_zero():
    found = Plan(dataset={"source": "-", "label": {"column": "y"}, "categorical": ["a", "b"]}, features={})
    assert found.block_names() == [NO_NUMBER]


def test_a_scaling_of_an_unknown_number_names_the_nearest():
    with pytest.raises(
        pydantic.ValidationError,
        match=r"features.scaling_of.from_latt names no number of the block; did you mean from_lat\?; numbers are from_",
    ):
        plan(scaling_of={"from_latt": "robust"})


def test_a_spread_of_nothing_is_refused():
    with pytest.raises(pydantic.ValidationError, match="greater than 0"):
        Fixed(centre=0, spread=0)


def test_nmf_names_the_features_whose_scaling_goes_below_zero():
    with pytest.raises(
        pydantic.ValidationError,
        match=r"features.reducer.kind is nmf, which takes no negative values, but the scaling of from_lon, passengers "
        r"gives some; set features.scaling to min_max",
    ):
        plan(
            distances=["haversine_km"],
            time_parts=[],
            scaling="min_max",
            scaling_of={"from_lon": "z_score", "passengers": "robust"},
            reducer={"kind": "nmf", "components": 2},
        )


@pytest.mark.parametrize("kind", ["nmf", "random"])
def test_reducers_without_a_share_take_a_whole_number(kind):
    with pytest.raises(pydantic.ValidationError, match=f"components is 0.99; {kind} has no share to reach, so give a"):
        Reducer(kind=kind)


def test_lda_with_one_class_is_refused():
    with pytest.raises(
        pydantic.ValidationError, match="classes is 1; lda separates classes of the label, so give 2 or"
    ):
        Reducer(kind="lda", classes=1)


def test_lda_has_one_discriminant_less_than_classes():
    with pytest.raises(pydantic.ValidationError, match="components is 4; 4 classes have at most 3 discriminants: give"):
        Reducer(kind="lda", classes=4, components=4)


def test_missing_flags_join_the_block_and_every_number_knows_its_key():
    found = plan(missing={"flag": True}, distances=["bearing"], time_parts=["hour", "years"])
    assert found.block_names()[-2:] == ["passengers", "passengers_missing"]
    keys = {name: found.origin(name) for name in ("from_lat", "bearing_sin", "hour_cos", "years", "passengers")}
    assert keys == {
        "from_lat": "features.coordinates",
        "bearing_sin": "features.distances",
        "hour_cos": "features.time_parts",
        "years": "features.time_parts",
        "passengers": "data.numeric",
    }
    assert found.origin("passengers_missing") == "features.missing.flag"


def test_left_to_auto_missing_values_have_flags_unless_a_reducer_mixes_the_block():
    flagged = {kind: plan(reducer={"kind": kind, "components": 2}).flagged() for kind in ("none", "pca", "random")}
    assert flagged == {"none": ("passengers",), "pca": (), "random": ()}
    assert plan(missing={"flag": False}).flagged() == ()
    assert plan(missing={"flag": True}, reducer={"kind": "pca"}).flagged() == ("passengers",)


def test_all_numbers_bend_but_flags_and_the_sines_and_cosines_of_the_time():
    found = plan(diagonals=False, distances=["bearing"], time_parts=["hour", "years"])
    assert found.bending() == [
        *["from_lat", "from_lon", "to_lat", "to_lon", "bearing_sin", "bearing_cos"],
        *["years", "passengers"],
    ]


def test_a_whole_number_of_components_is_the_width_of_the_block_and_a_share_keeps_all():
    kept = [plan(reducer={"kind": "pca", "components": wanted}) for wanted in (3, 0.9)]
    assert [one.block_width() for one in kept] == [3, len(kept[1].block_names())]
    assert plan(reducer={"kind": "none"}).block_width() == len(plan().block_names())


def test_without_a_reducer_the_number_of_components_does_not_matter():
    assert plan(reducer={"kind": "none", "components": 500}).features.reducer.kind == "none"


@pytest.mark.parametrize("components", [0, -1, 0.0, 1.5, -0.2])
def test_components_are_a_whole_number_or_a_share(components):
    with pytest.raises(pydantic.ValidationError, match=f"components is {components}; give a whole number from 1, or a"):
        Reducer(components=components)


@pytest.mark.parametrize("kind", [{}, {"quantiles": 4, "boundaries": (1.0, 2.0)}])
def test_a_bucket_is_either_learned_or_given(kind):
    with pytest.raises(pydantic.ValidationError, match="give either quantiles or boundaries, and only one of them"):
        Buckets(feature="x", **kind)


@pytest.mark.parametrize("boundaries", [(), (2.0, 1.0), (1.0, 1.0)])
def test_given_boundaries_are_strictly_increasing(boundaries):
    with pytest.raises(
        pydantic.ValidationError, match=r"boundaries of x must be strictly increasing, got .*; sort them and drop"
    ):
        Buckets(feature="x", boundaries=boundaries)


@pytest.mark.parametrize("quantiles", [0, 1, 257])
def test_there_are_2_to_256_quantile_buckets(quantiles):
    with pytest.raises(pydantic.ValidationError, match="quantiles"):
        Buckets(feature="x", quantiles=quantiles)


def test_a_cross_of_nothing_is_refused():
    with pytest.raises(pydantic.ValidationError, match="of"):
        Cross(of=())


def test_a_cross_is_folded_into_no_more_ids_than_its_hash_tells_apart():
    with pytest.raises(pydantic.ValidationError, match="hash_buckets"):
        Cross(of=("hour",), hash_buckets=4094)


def test_a_misspelt_distance_is_refused_with_the_known_ones():
    with pytest.raises(pydantic.ValidationError, match="haversine_km"):
        plan(distances=["haversine"])


@pytest.mark.parametrize(("size", "width"), [(1, 1), (16, 2), (168, 4), (10_000, 10)])
def test_an_embedding_is_as_wide_as_the_fourth_root_unless_told(size, width):
    assert embedding_width(size, None) == width
    assert embedding_width(size, 5) == 5


def test_ids_leave_under_a_name_of_their_own():
    assert id_key("cell") == "id_cell"
