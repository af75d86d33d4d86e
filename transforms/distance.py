"""Distances and direction between two places, in operators that TensorFlow Lite has built in."""

from __future__ import annotations

import math

import tensorflow as tf

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the earth (IUGG)."""

_RADIANS = math.pi / 180


def euclidean_deg(lat1: tf.Tensor, lon1: tf.Tensor, lat2: tf.Tensor, lon2: tf.Tensor) -> tf.Tensor:
    """Straight line on the map, as the case study has it: float32 `[batch]`, degrees, at least 0."""
    return tf.sqrt(tf.square(lat2 - lat1) + tf.square(lon2 - lon1))


def haversine_km(lat1: tf.Tensor, lon1: tf.Tensor, lat2: tf.Tensor, lon2: tf.Tensor) -> tf.Tensor:
    """Great-circle distance: float32 `[batch]`, kilometres, at least 0.

    2 R atan2(sqrt(a), sqrt(1 - a)) with a = sin^2(dlat/2) + cos(lat1) cos(lat2) sin^2(dlon/2)
    (R. W. Sinnott, "Virtues of the Haversine", 1984). The usual arcsine is no built-in operator.
    """
    a = tf.square(tf.sin((lat2 - lat1) * (_RADIANS / 2))) + tf.cos(lat1 * _RADIANS) * tf.cos(
        lat2 * _RADIANS
    ) * tf.square(tf.sin((lon2 - lon1) * (_RADIANS / 2)))
    a = tf.clip_by_value(a, 0.0, 1.0)
    return 2 * EARTH_RADIUS_KM * tf.atan2(tf.sqrt(a), tf.sqrt(1 - a))


def north_km(lat1: tf.Tensor, lon1: tf.Tensor, lat2: tf.Tensor, lon2: tf.Tensor) -> tf.Tensor:
    """How far north the second place lies: float32 `[batch]`, kilometres, negative to the south."""
    return (lat2 - lat1) * (_RADIANS * EARTH_RADIUS_KM)


def east_km(lat1: tf.Tensor, lon1: tf.Tensor, lat2: tf.Tensor, lon2: tf.Tensor) -> tf.Tensor:
    """How far east it lies, along the parallel halfway between: float32 `[batch]`, kilometres, negative to the west."""
    return (lon2 - lon1) * tf.cos((lat1 + lat2) * (_RADIANS / 2)) * (_RADIANS * EARTH_RADIUS_KM)


def manhattan_km(lat1: tf.Tensor, lon1: tf.Tensor, lat2: tf.Tensor, lon2: tf.Tensor) -> tf.Tensor:
    """Way along a grid of north-south and east-west streets: float32 `[batch]`, kilometres, at least 0."""
    return tf.abs(north_km(lat1, lon1, lat2, lon2)) + tf.abs(east_km(lat1, lon1, lat2, lon2))


def bearing(
    lat1: tf.Tensor, lon1: tf.Tensor, lat2: tf.Tensor, lon2: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Sine and cosine of the initial course, clockwise from north: float32 `[batch]` each, both 0 for no distance."""
    y = tf.sin((lon2 - lon1) * _RADIANS) * tf.cos(lat2 * _RADIANS)
    x = tf.cos(lat1 * _RADIANS) * tf.sin(lat2 * _RADIANS) - tf.sin(lat1 * _RADIANS) * tf.cos(
        lat2 * _RADIANS
    ) * tf.cos((lon2 - lon1) * _RADIANS)
    # 1e-6 radians are six metres: below that the direction is rounding noise, and goes to 0.
    length = tf.sqrt(tf.square(x) + tf.square(y)) + 1e-6
    return y / length, x / length


DISTANCES = {
    "euclidean_deg": euclidean_deg,
    "haversine_km": haversine_km,
    "manhattan_km": manhattan_km,
    "east_km": east_km,
    "north_km": north_km,
}
"""By name; `bearing` gives two columns and stands apart."""
