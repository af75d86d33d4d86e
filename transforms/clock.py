"""Parts of a wall-clock time, exact over the range of int32 seconds, in operators that every device has.

Microcontrollers divide whole numbers in float32 only, and that cannot hold all int32 seconds. So these are first cut
into weeks and a rest below 2**24, and from there on float32 is exact: the quotient of two such numbers is rounded
correctly, and lies further from the next whole number than that rounding moves it.
"""

import math
from collections.abc import Sequence

import tensorflow as tf

_DAY = 86400
_WEEK = 7 * _DAY
_FROM_1901 = 25202
"""Days from 1901-01-01 to 1970-01-01. From 1901 to 2099 every fourth year is a leap year, and int32 seconds lie
within. See H. Hinnant, "chrono-compatible low-level date algorithms", for the general calendar."""
_FROM_MARCH_1901 = _FROM_1901 + 306
"""The same from 1900-03-01, so that the leap day ends a year."""


def hour(seconds: tf.Tensor) -> tf.Tensor:
    """float32 of the shape of `seconds`, 0 to 23, of int32 seconds of local time since 1970."""
    return tf.math.floormod(tf.math.floordiv(_weeks_and_rest(seconds)[1], 3600.0), 24.0)


def weekday(seconds: tf.Tensor) -> tf.Tensor:
    """float32 of the shape of `seconds`, 0 (Monday) to 6; 1970-01-01 was a Thursday."""
    return tf.math.floormod(tf.math.floordiv(_weeks_and_rest(seconds)[1], float(_DAY)) + 3.0, 7.0)


def second_of_week(seconds: tf.Tensor) -> tf.Tensor:
    """float32 of the shape of int32 `seconds`, whole numbers 0 (Monday, midnight) to 604,799."""
    return tf.math.floormod(_weeks_and_rest(seconds)[1] + 3.0 * _DAY, float(_WEEK))


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


def year(seconds: tf.Tensor) -> tf.Tensor:
    """Calendar year, float32 of the shape of `seconds`."""
    return tf.math.floordiv((_days(seconds) + _FROM_1901) * 4.0 + 3.0, 1461.0) + 1901.0


def month(seconds: tf.Tensor) -> tf.Tensor:
    """float32 of the shape of `seconds`, 0 (January) to 11."""
    quarters = (_days(seconds) + _FROM_MARCH_1901) * 4.0 + 3.0
    day_of_year = tf.math.floordiv(tf.math.floormod(quarters, 1461.0), 4.0)
    return tf.math.floormod(tf.math.floordiv(day_of_year * 5.0 + 2.0, 153.0) + 2.0, 12.0)


def years(seconds: tf.Tensor) -> tf.Tensor:
    """Time as a smooth number: float32, mean Gregorian years since 1970. Two operators, for a trend of prices."""
    return tf.cast(seconds, tf.float32) * (1 / 31556952)


def _weeks_and_rest(seconds: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Whole weeks since 1970, int32, and what is left or, before 1970, too much: float32 within 605,000 of 0.

    The weeks may be one too many near their ends, where float32 rounds; the rest makes up for it.
    """
    weeks = tf.cast(tf.cast(seconds, tf.float32) * (1 / _WEEK), tf.int32)
    return weeks, tf.cast(seconds - weeks * _WEEK, tf.float32)


def _days(seconds: tf.Tensor) -> tf.Tensor:
    """Whole days since 1970, float32."""
    weeks, rest = _weeks_and_rest(seconds)
    return tf.cast(weeks, tf.float32) * 7.0 + tf.math.floordiv(rest, float(_DAY))


def angle_factor(period: int) -> float:
    """What turns a value that comes round after `period` into radians."""
    return 2 * math.pi / period


def cycles(values: tf.Tensor, periods: Sequence[int]) -> tuple[tf.Tensor, tf.Tensor]:
    """Sines and cosines of float32 `[batch, n]`, shaped the same, whose column i repeats after `periods[i]`."""
    factors = tf.constant([angle_factor(period) for period in periods], tf.float32)
    return tf.sin(values * factors), tf.cos(values * factors)
