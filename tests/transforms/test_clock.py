from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
import tensorflow as tf

from transforms import clock

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
START, END = -(2**31), 2**31 - 1
BEFORE = (-1, -86400, -3 * 86400, -3 * 86400 - 1, -604800, -604801, START, START + 1)


def column(seconds):
    return tf.constant(np.array(seconds, np.int32)[:, None])


def moments():
    """Random seconds of the whole range, and both sides of every week and of the ends of February and of the year."""
    edges = [
        int((datetime(year, month, day, tzinfo=timezone.utc) - EPOCH).total_seconds()) + offset
        for year in range(1902, 2038)
        for month, day in [(1, 1), (2, 28), (3, 1), (12, 31)]
        for offset in (-1, 0, 86399, 86400)
    ]
    weeks = [week * 604800 + offset for week in range(START // 604800 + 1, END // 604800) for offset in (-1, 0, 3600)]
    drawn = np.random.default_rng(0).integers(START, END, 3000).tolist()
    return [START, -1, 0, END, *edges, *weeks, *drawn]


@pytest.fixture(scope="module")
def seconds():
    return moments()


@pytest.fixture(scope="module")
def calendar(seconds):
    return [EPOCH + timedelta(seconds=s) for s in seconds]


def test_the_hour_is_pythons(seconds, calendar):
    assert clock.hour(column(seconds)).numpy()[:, 0].tolist() == [moment.hour for moment in calendar]


def test_the_weekday_is_pythons_with_monday_first(seconds, calendar):
    assert clock.weekday(column(seconds)).numpy()[:, 0].tolist() == [moment.weekday() for moment in calendar]


def test_year_and_month_are_pythons_through_leap_years(seconds, calendar):
    assert clock.year(column(seconds)).numpy()[:, 0].tolist() == [moment.year for moment in calendar]
    assert clock.month(column(seconds)).numpy()[:, 0].tolist() == [moment.month - 1 for moment in calendar]


def test_years_run_evenly_from_1970(seconds, calendar):
    found = clock.years(column(seconds)).numpy()[:, 0]
    np.testing.assert_allclose(found, np.array(seconds) / (365.2425 * 86400), rtol=1e-6)
    fractional = [moment.year - 1970 + (moment.timetuple().tm_yday - 1) / 365.25 for moment in calendar]
    np.testing.assert_allclose(found, fractional, atol=0.01)


@pytest.fixture(scope="module")
def since_monday(seconds):
    """Whole seconds since Monday, midnight, by Python's calendar; also of seconds before 1970."""
    return np.array([(EPOCH + timedelta(seconds=s)).weekday() * 86400 + s % 86400 for s in [*seconds, *BEFORE]])


@pytest.fixture(scope="module")
def week(seconds):
    return clock.second_of_week(column([*seconds, *BEFORE]))


def test_the_second_of_the_week_is_exact_from_1901_to_2038(week, since_monday):
    assert week.dtype == tf.float32
    np.testing.assert_array_equal(week[:, 0], since_monday)


def test_hours_of_week_and_day_run_through_their_hours_and_days_of_the_week_are_whole(week, since_monday):
    parts = [part(week).numpy()[:, 0] for part in (clock.hour_of_week, clock.hour_of_day, clock.day_of_week)]
    np.testing.assert_allclose(parts[0], since_monday / 3600, atol=1e-5)
    np.testing.assert_allclose(parts[1], since_monday % 86400 / 3600, atol=2e-6)
    np.testing.assert_array_equal(parts[2], since_monday // 86400)


def test_wall_clock_time_knows_no_summer_time_so_that_each_day_has_24_hours():
    # 2021-03-14 and 2021-11-07, when the clocks of New York were put forward and back.
    for start in (1615680000, 1636243200):
        hours = clock.hour_of_day(clock.second_of_week(column(np.arange(start, start + 86400, 1800))))
        np.testing.assert_allclose(hours[:, 0], np.arange(48) / 2, atol=1e-6)


def test_the_day_of_the_year_is_within_two_of_the_calendars_and_between_new_years(seconds, calendar):
    found = clock.day_of_year(column(seconds)).numpy()[:, 0]
    exact = np.array([moment.timetuple().tm_yday - 1 + moment.hour / 24 + moment.minute / 1440 for moment in calendar])
    off = (found - exact + 182) % 365.2425 - 182  # New Year itself may fall on either side
    assert abs(off).max() < 2
    assert (found >= 0).all()
    assert (found <= np.float32(365.2425)).all()


def test_cycles_are_sine_and_cosine_of_each_columns_own_period():
    values = np.array([[0, 0], [6, 1], [12, 3], [23, 6]], np.float32)
    sines, cosines = clock.cycles(tf.constant(values), [24, 7])
    angles = 2 * np.pi * values / np.array([24, 7])
    np.testing.assert_allclose(sines, np.sin(angles), atol=1e-6)
    np.testing.assert_allclose(cosines, np.cos(angles), atol=1e-6)


def test_the_last_hour_is_as_close_to_the_first_as_the_first_to_the_second():
    sines, cosines = clock.cycles(tf.constant([[23.0], [0.0], [1.0]]), [24])
    points = np.concatenate([sines, cosines], axis=1)
    assert np.linalg.norm(points[0] - points[1]) == pytest.approx(np.linalg.norm(points[1] - points[2]), rel=1e-5)


@pytest.mark.parametrize("part", [clock.hour, clock.weekday, clock.month, clock.year])
def test_parts_are_whole_numbers_in_float32_in_the_shape_of_the_seconds(part):
    found = part(column([0, 1, 2]))
    assert (found.dtype, found.shape) == (tf.float32, (3, 1))
