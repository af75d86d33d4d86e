"""Distances and direction between two places, in operators that TensorFlow Lite has built in.

Latitudes and longitudes are float32 `[batch]`, degrees. So is every result, and it is NaN where a coordinate is.
"""

import math

import tensorflow as tf

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the earth (IUGG)."""

_RADIANS = math.pi / 180
_KM_PER_DEGREE = _RADIANS * EARTH_RADIUS_KM


def euclidean_deg(lat1: tf.Tensor, lon1: tf.Tensor, lat2: tf.Tensor, lon2: tf.Tensor) -> tf.Tensor:
    """Straight line on the map, as the case study has it: degrees, at least 0."""
    return tf.sqrt(tf.square(lat2 - lat1) + tf.square(lon2 - lon1))


def haversine_km(lat1: tf.Tensor, lon1: tf.Tensor, lat2: tf.Tensor, lon2: tf.Tensor) -> tf.Tensor:
    """Great-circle distance: kilometres, at least 0.

    2 R arcsin(sqrt(a)) with a = sin^2(dlat/2) + cos(lat1) cos(lat2) sin^2(dlon/2)
    (R. W. Sinnott, "Virtues of the Haversine", 1984). The product of cosines is taken as cos^2((lat1 + lat2)/2) -
    sin^2(dlat/2), which `east_km` has half of.
    """
    high = tf.square(tf.sin((lat2 - lat1) * (_RADIANS / 2)))
    wide = tf.square(tf.sin((lon2 - lon1) * (_RADIANS / 2)))
    a = high + (tf.square(_cos_halfway(lat1, lat2)) - high) * wide
    return _angle(tf.sqrt(a), tf.sqrt(tf.nn.relu(1 - a))) * (2 * EARTH_RADIUS_KM)


def north_km(lat1: tf.Tensor, lon1: tf.Tensor, lat2: tf.Tensor, lon2: tf.Tensor) -> tf.Tensor:
    """How far north the second place lies: kilometres, negative to the south."""
    return (lat2 - lat1) * _KM_PER_DEGREE


def east_km(lat1: tf.Tensor, lon1: tf.Tensor, lat2: tf.Tensor, lon2: tf.Tensor) -> tf.Tensor:
    """How far east it lies, along the parallel halfway between: kilometres, negative to the west."""
    return (lon2 - lon1) * (_cos_halfway(lat1, lat2) * _KM_PER_DEGREE)


def northeast_km(lat1: tf.Tensor, lon1: tf.Tensor, lat2: tf.Tensor, lon2: tf.Tensor) -> tf.Tensor:
    """How far northeast it lies: kilometres, negative to the southwest."""
    return (north_km(lat1, lon1, lat2, lon2) + east_km(lat1, lon1, lat2, lon2)) * math.sqrt(0.5)


def southeast_km(lat1: tf.Tensor, lon1: tf.Tensor, lat2: tf.Tensor, lon2: tf.Tensor) -> tf.Tensor:
    """How far southeast it lies: kilometres, negative to the northwest."""
    return (east_km(lat1, lon1, lat2, lon2) - north_km(lat1, lon1, lat2, lon2)) * math.sqrt(0.5)


def euclidean_km(lat1: tf.Tensor, lon1: tf.Tensor, lat2: tf.Tensor, lon2: tf.Tensor) -> tf.Tensor:
    """Straight line on a plane that is true halfway between: kilometres, at least 0.

    Within a city this is the great-circle distance to a few metres, for a third of its operators.
    """
    north, east = north_km(lat1, lon1, lat2, lon2), east_km(lat1, lon1, lat2, lon2)
    return tf.sqrt(tf.square(north) + tf.square(east))


def manhattan_km(lat1: tf.Tensor, lon1: tf.Tensor, lat2: tf.Tensor, lon2: tf.Tensor) -> tf.Tensor:
    """Way along a grid of north-south and east-west streets: kilometres, at least 0."""
    return tf.abs(north_km(lat1, lon1, lat2, lon2)) + tf.abs(east_km(lat1, lon1, lat2, lon2))


def bearing(lat1: tf.Tensor, lon1: tf.Tensor, lat2: tf.Tensor, lon2: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Sine and cosine of the course, clockwise from north; both 0 for no distance.

    By mid-latitude sailing (N. Bowditch, "The American Practical Navigator"): tan(course) = dlon cos((lat1 + lat2)/2)
    / dlat. It is the one course that leads from here to there, and within a city a fraction of a degree from that on
    which a great circle starts. Of coordinates it takes differences only, so that short rides have a direction too.
    """
    north, east = north_km(lat1, lon1, lat2, lon2), east_km(lat1, lon1, lat2, lon2)
    # Below some metres a direction is rounding noise, and goes to 0.
    length = euclidean_km(lat1, lon1, lat2, lon2) + 0.006
    return east / length, north / length


def _angle(sine: tf.Tensor, cosine: tf.Tensor) -> tf.Tensor:
    """The angle between 0 and pi / 2 of this sine and cosine: no arc function is an operator of every device.

    A guess from the tangent t of half the angle, (pi/2 + 0.546 (1 - t)) t, is off by 0.008 at most (S. Rajan and
    others, "Efficient approximations for the arctangent function", 2006). The sine of what it is off by then makes it
    exact to float32: e - sin(e) is below 1e-7.
    """
    tangent = sine / (1 + cosine)
    guess = tangent * ((math.pi / 2 + 0.546) - 0.546 * tangent)
    return guess + (sine * tf.cos(guess) - cosine * tf.sin(guess))


def _cos_halfway(lat1: tf.Tensor, lat2: tf.Tensor) -> tf.Tensor:
    """Cosine of the mean latitude."""
    return tf.cos((lat1 + lat2) * (_RADIANS / 2))


DISTANCES = {
    "euclidean_deg": euclidean_deg,
    "euclidean_km": euclidean_km,
    "haversine_km": haversine_km,
    "manhattan_km": manhattan_km,
    "east_km": east_km,
    "north_km": north_km,
    "northeast_km": northeast_km,
    "southeast_km": southeast_km,
    "bearing": bearing,
}
"""By name; `bearing` gives two results."""
