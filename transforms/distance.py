"""Distances and direction between two places, in operators that TensorFlow Lite has built in.

A place is float32 `[batch, 2]`: latitude and longitude in degrees. Every result is float32 `[batch, 1]`, and NaN where
a coordinate is. Whole rows of coordinates go through one operator where they can, since every operator and tensor
costs some 60 bytes of the shipped file.
"""

from __future__ import annotations

import math

import tensorflow as tf

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the earth (IUGG)."""

_RADIANS = math.pi / 180
_KM_PER_DEGREE = _RADIANS * EARTH_RADIUS_KM


def euclidean_deg(start: tf.Tensor, end: tf.Tensor) -> tf.Tensor:
    """Straight line on the map, as the case study has it: degrees, at least 0."""
    return tf.sqrt(tf.reduce_sum(tf.math.squared_difference(end, start), axis=1, keepdims=True))


def haversine_km(start: tf.Tensor, end: tf.Tensor) -> tf.Tensor:
    """Great-circle distance: kilometres, at least 0.

    2 R atan2(sqrt(a), sqrt(1 - a)) with a = sin^2(dlat/2) + cos(lat1) cos(lat2) sin^2(dlon/2)
    (R. W. Sinnott, "Virtues of the Haversine", 1984). The usual arcsine is no built-in operator.
    """
    halves = tf.square(tf.sin((end - start) * (_RADIANS / 2)))
    a = halves[:, 0:1] + tf.cos(start[:, 0:1] * _RADIANS) * tf.cos(end[:, 0:1] * _RADIANS) * halves[:, 1:2]
    return 2 * EARTH_RADIUS_KM * tf.atan2(tf.sqrt(a), tf.sqrt(tf.nn.relu(1 - a)))


def north_km(start: tf.Tensor, end: tf.Tensor) -> tf.Tensor:
    """How far north the end lies: kilometres, negative to the south."""
    return (end[:, 0:1] - start[:, 0:1]) * _KM_PER_DEGREE


def east_km(start: tf.Tensor, end: tf.Tensor) -> tf.Tensor:
    """How far east it lies, along the parallel halfway between: kilometres, negative to the west."""
    parallel = tf.cos((start[:, 0:1] + end[:, 0:1]) * (_RADIANS / 2))
    return (end[:, 1:2] - start[:, 1:2]) * parallel * _KM_PER_DEGREE


def manhattan_km(start: tf.Tensor, end: tf.Tensor) -> tf.Tensor:
    """Way along a grid of north-south and east-west streets: kilometres, at least 0."""
    return tf.abs(north_km(start, end)) + tf.abs(east_km(start, end))


def bearing(start: tf.Tensor, end: tf.Tensor) -> tf.Tensor:
    """Sine and cosine of the initial course, clockwise from north: float32 `[batch, 2]`, both 0 for no distance."""
    latitudes = tf.concat([start[:, 0:1], end[:, 0:1]], axis=1) * _RADIANS
    turn = (end[:, 1:2] - start[:, 1:2]) * _RADIANS
    sines, cosines = tf.sin(latitudes), tf.cos(latitudes)
    y = tf.sin(turn) * cosines[:, 1:2]
    x = cosines[:, 0:1] * sines[:, 1:2] - sines[:, 0:1] * cosines[:, 1:2] * tf.cos(turn)
    course = tf.concat([y, x], axis=1)
    # 1e-6 radians are six metres: below that the direction is rounding noise, and goes to 0.
    return course / (tf.sqrt(tf.reduce_sum(tf.square(course), axis=1, keepdims=True)) + 1e-6)


DISTANCES = {
    "euclidean_deg": euclidean_deg,
    "haversine_km": haversine_km,
    "manhattan_km": manhattan_km,
    "east_km": east_km,
    "north_km": north_km,
    "bearing": bearing,
}
"""By name; `bearing` gives two columns."""
