"""Parts of a wall-clock time, in int32 arithmetic that TensorFlow Lite has built in."""

from __future__ import annotations

import math
from collections.abc import Sequence

import tensorflow as tf

_DAY = 86400
_WEEK = 7 * _DAY


def hour(seconds: tf.Tensor) -> tf.Tensor:
    """int32 of the shape of `seconds`, 0 to 23, of int32 seconds of local time since 1970."""
    return tf.math.floormod(tf.math.floordiv(seconds, 3600), 24)


def weekday(seconds: tf.Tensor) -> tf.Tensor:
    """int32 of the shape of `seconds`, 0 (Monday) to 6; 1970-01-01 was a Thursday."""
    return tf.math.floormod(tf.math.floordiv(seconds, _DAY) + 3, 7)


def second_of_week(seconds: tf.Tensor) -> tf.Tensor:
    """float32 of the shape of int32 `seconds`, whole numbers 0 (Monday, midnight) to 604,799; exact.

    The quotient of a float division may be one off, and the remainder of int32 tells; all that follows is below 2**24.
    """
    weeks = tf.cast(tf.floor(tf.cast(seconds, tf.float32) * (1 / _WEEK)), tf.int32)
    rest = tf.cast(seconds - weeks * _WEEK, tf.float32)
    return tf.math.floormod(rest + 3.0 * _DAY, float(_WEEK))


def hour_of_week(week: tf.Tensor) -> tf.Tensor:
    """float32 hours since Monday, of `second_of_week`."""
    return week * (1 / 3600)


def hour_of_day(week: tf.Tensor) -> tf.Tensor:
    """float32 hours since midnight, of `second_of_week`."""
    return tf.math.floormod(week, float(_DAY)) * (1 / 3600)


def day_of_week(week: tf.Tensor) -> tf.Tensor:
    """float32 whole number, 0 (Monday) to 6, of `second_of_week`."""
    return tf.floor(week * (1 / _DAY))


def day_of_year(seconds: tf.Tensor) -> tf.Tensor:
    """float32 days since about New Year, of int32 `seconds`: the season, on mean Gregorian years of 365.2425 days."""
    elapsed = years(seconds)
    return (elapsed - tf.floor(elapsed)) * 365.2425


def year_and_month(seconds: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Calendar year and month (0 to 11), int32 of the shape of `seconds` each.

    H. Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`: counts from 1 March, so that the
    leap day ends a year. Exact over the range of int32 seconds.
    """
    days = tf.math.floordiv(seconds, _DAY) + 719468
    era = tf.math.floordiv(days, 146097)
    day_of_era = days - era * 146097
    year_of_era = tf.math.floordiv(
        day_of_era
        - tf.math.floordiv(day_of_era, 1460)
        + tf.math.floordiv(day_of_era, 36524)
        - tf.math.floordiv(day_of_era, 146096),
        365,
    )
    day_of_year = day_of_era - (
        365 * year_of_era + tf.math.floordiv(year_of_era, 4) - tf.math.floordiv(year_of_era, 100)
    )
    from_march = tf.math.floordiv(5 * day_of_year + 2, 153)
    month = tf.math.floormod(from_march + 2, 12)
    year = year_of_era + era * 400 + tf.cast(month < 2, tf.int32)
    return year, month


def years(seconds: tf.Tensor) -> tf.Tensor:
    """Time as a smooth number: float32, mean Gregorian years since 1970. Two operators, for a trend of prices."""
    return tf.cast(seconds, tf.float32) * (1 / 31556952)


def angle_factor(period: int) -> float:
    """What turns a value that comes round after `period` into radians."""
    return 2 * math.pi / period


def cycles(values: tf.Tensor, periods: Sequence[int]) -> tuple[tf.Tensor, tf.Tensor]:
    """Sines and cosines of float32 `[batch, n]`, shaped the same, whose column i repeats after `periods[i]`."""
    factors = tf.constant([angle_factor(period) for period in periods], tf.float32)
    return tf.sin(values * factors), tf.cos(values * factors)
