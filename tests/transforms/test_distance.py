import numpy as np
import pytest
import tensorflow as tf

from transforms import distance

CHICAGO = (41.88, -87.63)
NEW_YORK = (40.71, -74.01)
RADIUS_KM = 6371.0088


def places(*pairs):
    return np.array(pairs, np.float32)


def context(centre, spread, rows=500, seed=0):
    return (np.array(centre) + np.random.default_rng(seed).normal(size=(rows, 2)) * spread).astype(np.float32)


def between(name, start, end):
    """The distance by name of float32 `[rows, 2]` places, as an array."""
    columns = [tf.constant(place[:, axis]) for place in (start, end) for axis in (0, 1)]
    found = distance.DISTANCES[name](*columns)
    return np.stack(found, axis=1) if isinstance(found, tuple) else found.numpy()[:, np.newaxis]


def arcsine_haversine_km(start, end):
    """The textbook form, in float64."""
    (lat1, lon1), (lat2, lon2) = np.radians(start.astype(np.float64)).T, np.radians(end.astype(np.float64)).T
    a = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return 2 * RADIUS_KM * np.arcsin(np.sqrt(a))[:, None]


@pytest.mark.parametrize("spread", [0.01, 0.1, 5])
def test_haversine_agrees_with_the_arcsine_form(spread):
    start, end = context(CHICAGO, spread), context(CHICAGO, spread, seed=1)
    np.testing.assert_allclose(
        between("haversine_km", start, end), arcsine_haversine_km(start, end), rtol=2e-6, atol=1e-5
    )


def test_haversine_agrees_all_over_the_globe():
    rng = np.random.default_rng(2)
    start, end = (
        np.stack([rng.uniform(-90, 90, 2000), rng.uniform(-180, 180, 2000)], axis=1).astype(np.float32)
        for _ in range(2)
    )
    np.testing.assert_allclose(
        between("haversine_km", start, end), arcsine_haversine_km(start, end), rtol=1e-5, atol=0.05
    )


def test_half_way_round_the_earth_is_half_its_circumference():
    km = between("haversine_km", places((0, 0), (90, 0)), places((0, 180), (-90, 0)))
    np.testing.assert_allclose(km, np.full((2, 1), np.pi * RADIUS_KM), rtol=1e-6)


def test_chicago_to_new_york_is_about_1145_km():
    np.testing.assert_allclose(between("haversine_km", places(CHICAGO), places(NEW_YORK)), [[1145]], atol=3)


def test_euclidean_is_the_straight_line_in_degrees():
    np.testing.assert_allclose(between("euclidean_deg", places((1, 2), (5, 5)), places((4, 6), (5, 4.5))), [[5], [0.5]])


def test_north_and_east_have_the_sign_of_the_direction():
    start = places((41, -87), (41, -87))
    end = places((41.5, -87.5), (40.5, -86.5))
    np.testing.assert_array_equal(np.sign(between("north_km", start, end)), [[1], [-1]])
    np.testing.assert_array_equal(np.sign(between("east_km", start, end)), [[-1], [1]])


def test_north_is_along_the_meridian_and_east_along_the_parallel_halfway():
    start, end = context(CHICAGO, 0.1), context(CHICAGO, 0.1, seed=1)
    s, e = start.astype(np.float64), end.astype(np.float64)
    per_degree = 2 * np.pi * RADIUS_KM / 360
    north = (e[:, :1] - s[:, :1]) * per_degree
    east = (e[:, 1:] - s[:, 1:]) * per_degree * np.cos(np.radians((s[:, :1] + e[:, :1]) / 2))
    np.testing.assert_allclose(between("north_km", start, end), north, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(between("east_km", start, end), east, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(between("manhattan_km", start, end), abs(north) + abs(east), rtol=1e-5, atol=1e-5)


def test_no_way_is_shorter_than_the_great_circle_within_a_city():
    start, end = context(CHICAGO, 0.1), context(CHICAGO, 0.1, seed=1)
    great_circle = between("haversine_km", start, end)
    assert (between("manhattan_km", start, end) >= great_circle * (1 - 1e-5)).all()
    np.testing.assert_allclose(between("euclidean_km", start, end), great_circle, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("end", "degrees"), [((42, -87), 0), ((41, -86), 90), ((40, -87), 180), ((41, -88), 270), ((41.1, -86.8676), 45)]
)
def test_bearing_is_clockwise_from_north(end, degrees):
    sine, cosine = between("bearing", places((41, -87)), places(end))[0]
    off = (np.degrees(np.arctan2(sine, cosine)) - degrees + 180) % 360 - 180
    assert abs(off) < 0.1
    assert sine**2 + cosine**2 == pytest.approx(1, abs=1e-3)


def test_bearing_is_within_a_city_that_on_which_a_great_circle_starts():
    start, end = context(CHICAGO, 0.1), context(CHICAGO, 0.1, seed=1)
    (lat1, lon1), (lat2, lon2) = np.radians(start.astype(np.float64)).T, np.radians(end.astype(np.float64)).T
    y = np.sin(lon2 - lon1) * np.cos(lat2)
    x = np.cos(lat1) * np.sin(lat2) - np.sin(lat1) * np.cos(lat2) * np.cos(lon2 - lon1)
    sine, cosine = between("bearing", start, end).T
    off = (np.degrees(np.arctan2(sine, cosine) - np.arctan2(y, x)) + 180) % 360 - 180
    assert abs(off).max() < 0.3


def test_the_way_back_has_the_opposite_bearing():
    start, end = context(CHICAGO, 0.1), context(CHICAGO, 0.1, seed=1)
    np.testing.assert_allclose(between("bearing", start, end), -between("bearing", end, start), atol=1e-6)


def test_a_ride_of_two_hundred_metres_has_its_direction_to_a_degree():
    start = np.repeat(places(CHICAGO), 36, axis=0)
    degrees = np.arange(36) * 10
    way = np.stack([np.cos(np.radians(degrees)), np.sin(np.radians(degrees)) / np.cos(np.radians(CHICAGO[0]))], axis=1)
    sine, cosine = between("bearing", start, (start + 0.002 * way).astype(np.float32)).T
    off = (np.degrees(np.arctan2(sine, cosine)) - degrees + 180) % 360 - 180
    assert abs(off).max() < 1


@pytest.mark.parametrize("name", distance.DISTANCES)
def test_from_a_place_to_itself_every_distance_is_zero(name):
    here = context(CHICAGO, 3)
    found = between(name, here, here)
    assert abs(found).max() == 0


@pytest.mark.parametrize("name", distance.DISTANCES)
def test_an_unknown_place_gives_nan_and_spoils_no_other_row(name):
    start = places(CHICAGO, (np.nan, np.nan), CHICAGO, CHICAGO)
    end = places(NEW_YORK, NEW_YORK, (np.nan, np.nan), NEW_YORK)
    found = between(name, start, end)
    assert np.isnan(found[1:3]).all()
    assert np.isfinite(found[[0, 3]]).all()


@pytest.mark.parametrize("name", distance.DISTANCES)
def test_every_distance_is_a_column_of_float32(name):
    found = between(name, places(CHICAGO), places(NEW_YORK))
    assert found.dtype == np.float32
    assert found.shape == (1, 2 if name == "bearing" else 1)
