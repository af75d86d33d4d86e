import pytest

from data.draft.places import pairs, zone_of
from data.draft.seen import look


def columns(tmp_path, header, north="41.9", east="-87.6"):
    file = tmp_path / "t.csv"
    file.write_text(f"{header}\n{north},{east},1\n{north}1,{east}1,2\n")
    return look(str(file)).columns


@pytest.mark.parametrize(
    ("header", "point"),
    [
        ("pickup_latitude,pickup_longitude,x", ("pickup", "pickup_latitude", "pickup_longitude")),
        ("Lat,Lng,x", ("place", "Lat", "Lng")),
        ("start station lat,start station long,x", ("start_station", "start station lat", "start station long")),
        ("latDrop,lonDrop,x", ("drop", "latDrop", "lonDrop")),
    ],
)
def test_columns_named_alike_are_a_point(tmp_path, header, point):
    assert list(pairs(columns(tmp_path, header))) == [point]


def test_numbers_that_are_no_degrees_are_no_point(tmp_path):
    assert not list(pairs(columns(tmp_path, "lat,lon,x", north="4190")))
    assert not list(pairs(columns(tmp_path, "plate,rate,x")))


@pytest.mark.parametrize(
    ("north", "east", "zone"),
    [("41.9", "-87.6", "America/Chicago"), ("40.7", "-74.0", "America/New_York"), ("47.4", "8.5", "Europe/Zurich")],
)
def test_the_zone_is_that_of_the_nearest_city(tmp_path, north, east, zone):
    found = columns(tmp_path, "lat,lon,x", north, east)
    named, km = zone_of([found["lat"]], [found["lon"]])
    assert named == zone
    assert km < 50


def test_places_all_over_the_world_have_no_zone(tmp_path):
    file = tmp_path / "t.csv"
    rows = [f"{north},{east}" for north in range(-60, 61, 15) for east in range(-170, 171, 40)]
    file.write_text("\n".join(["lat,lon", *rows]) + "\n")
    found = look(str(file)).columns
    assert zone_of([found["lat"]], [found["lon"]]) is None
    assert zone_of([], []) is None
