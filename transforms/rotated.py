"""Rotated axes of a place: streets and coasts run as often across the map's axes as along them."""

import tensorflow as tf

EAST_TO_NORTH = 0.75
"""Length of a degree of longitude in degrees of latitude, as at 41 degrees; elsewhere the axes are a few degrees off
45, which a model that bends at its own boundaries does not notice."""


def diagonals(latitude: tf.Tensor, longitude: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """How far to the northeast and to the southeast, float32 of the shape of both, in degrees; NaN where one is."""
    east = longitude * EAST_TO_NORTH
    return latitude + east, east - latitude
