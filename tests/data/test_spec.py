import pydantic
import pytest

from data.spec import Dataset, Label, Point, Range, Split, Time

TRIPS = {
    "source": "trips.csv",
    "label": {"column": "fare"},
    "points": {
        "pickup": {"latitude": "from_lat", "longitude": "from_lon"},
        "dropoff": {"latitude": "to_lat", "longitude": "to_lon"},
    },
    "time": {"column": "at"},
    "numeric": ["passengers"],
    "categorical": ["company"],
}


def test_columns_are_the_inputs_in_a_stable_order_and_then_the_label():
    dataset = Dataset.model_validate(TRIPS)
    assert dataset.inputs() == ["from_lat", "from_lon", "to_lat", "to_lon", "at", "passengers", "company"]
    assert dataset.columns() == [*dataset.inputs(), "fare"]


def test_each_coordinate_knows_its_axis():
    assert Dataset.model_validate(TRIPS).coordinates() == {
        "from_lat": "latitude",
        "from_lon": "longitude",
        "to_lat": "latitude",
        "to_lon": "longitude",
    }


def test_a_description_survives_the_way_through_json():
    dataset = Dataset.model_validate({**TRIPS, "header": list(Dataset.model_validate(TRIPS).columns())})
    assert Dataset.model_validate_json(dataset.model_dump_json()) == dataset


def test_a_description_cannot_be_changed():
    dataset = Dataset.model_validate(TRIPS)
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        dataset.source = "other.csv"


def test_an_unknown_key_is_an_error_and_not_ignored():
    with pytest.raises(pydantic.ValidationError, match="delimeter"):
        Dataset.model_validate({**TRIPS, "delimeter": ";"})


def test_a_column_plays_one_role():
    with pytest.raises(pydantic.ValidationError, match="passengers has more than one role; a column plays one role"):
        Dataset.model_validate({**TRIPS, "categorical": ["passengers"]})


def test_the_label_is_no_input():
    with pytest.raises(pydantic.ValidationError, match="fare has more than one role"):
        Dataset.model_validate({**TRIPS, "numeric": ["fare"]})


def test_a_label_alone_is_no_dataset():
    with pytest.raises(pydantic.ValidationError, match="no input: name at least one of points, time, numeric or"):
        Dataset(source="x.csv", label=Label(column="fare"))


def test_a_filter_on_a_column_without_a_role_lists_the_roles():
    with pytest.raises(pydantic.ValidationError, match=r"tolls, which has no role; roles: from_lat, .*company, fare"):
        Dataset.model_validate({**TRIPS, "filters": {"tolls": {"low": 0, "high": 1}}})


def test_a_key_needs_no_role_but_is_read():
    dataset = Dataset.model_validate({**TRIPS, "split": {"key": ["trip_id", "fare"]}})
    assert "trip_id" not in dataset.columns()
    assert dataset.read_columns() == [*dataset.columns(), "trip_id"]


def test_a_split_by_time_needs_a_time():
    with pytest.raises(pydantic.ValidationError, match=r"split.by is time, but no column has the role time"):
        Dataset.model_validate({**TRIPS, "time": None, "split": {"by": "time"}})


@pytest.mark.parametrize(
    ("split", "message"),
    [
        ({"test_from": "2015-06-01"}, "test_from is of no use unless by is time"),
        ({"by": "time", "test_source": "other.csv"}, "by is time, but test_source already says what test is"),
        ({"by": "time", "test_from": "2015-06-01T00:00:00+02:00"}, "write wall-clock time without a zone"),
    ],
)
def test_contradictions_of_a_split_are_refused(split, message):
    with pytest.raises(pydantic.ValidationError, match=message):
        Split.model_validate(split)


def test_a_header_must_name_every_column():
    with pytest.raises(pydantic.ValidationError, match="header lacks company; it names fare, at"):
        Dataset.model_validate(
            {**TRIPS, "header": ["fare", "at", "from_lat", "from_lon", "to_lat", "to_lon", "passengers"]}
        )


def test_a_range_with_its_ends_swapped_says_which_are_seen():
    with pytest.raises(pydantic.ValidationError, match=r"low is 5.0 and high is 1.0: low must not be above high"):
        Range(low=5, high=1)


def test_a_range_may_be_one_value():
    assert Range(low=3, high=3).low == 3


@pytest.mark.parametrize("field", ["time_zone", "source_time_zone"])
def test_an_unknown_time_zone_is_refused_with_an_example(field):
    with pytest.raises(
        pydantic.ValidationError, match="'Chicago' is no IANA time zone; write one such as 'America/Chi"
    ):
        Time(column="at", **{field: "Chicago"})


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5])
def test_split_fractions_lie_strictly_between_0_and_1(fraction):
    with pytest.raises(pydantic.ValidationError, match="test_fraction"):
        Split(test_fraction=fraction)


@pytest.mark.parametrize("delimiter", ["", "||"])
def test_a_delimiter_is_one_character(delimiter):
    with pytest.raises(pydantic.ValidationError, match="delimiter"):
        Dataset.model_validate({**TRIPS, "delimiter": delimiter})


def test_points_need_both_axes():
    with pytest.raises(pydantic.ValidationError, match="longitude"):
        Point(latitude="from_lat")
