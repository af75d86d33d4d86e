"""Parts of a wall-clock time, in int32 arithmetic that TensorFlow Lite has built in."""

from __future__ import annotations

import math

import tensorflow as tf

_DAY = 86400


def hour(seconds: tf.Tensor) -> tf.Tensor:
    """int32 `[batch]`, 0 to 23, of int32 seconds of local time since 1970."""
    return tf.math.floormod(tf.math.floordiv(seconds, 3600), 24)


def weekday(seconds: tf.Tensor) -> tf.Tensor:
    """int32 `[batch]`, 0 (Monday) to 6; 1970-01-01 was a Thursday."""
    return tf.math.floormod(tf.math.floordiv(seconds, _DAY) + 3, 7)


def year_and_month(seconds: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Calendar year and month (0 to 11), int32 `[batch]` each.

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


def cycle(value: tf.Tensor, period: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Sine and cosine of a value that comes round after `period`: float32 `[batch]` each."""
    angle = tf.cast(value, tf.float32) * (2 * math.pi / period)
    return tf.sin(angle), tf.cos(angle)
