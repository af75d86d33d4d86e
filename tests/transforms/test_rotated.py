import numpy as np
import tensorflow as tf

from transforms import rotated
from transforms.rotated import EAST_TO_NORTH

LATITUDE = np.array([40.7, 41.0, 41.0, 41.75, np.nan, 41.0], np.float32)
LONGITUDE = np.array([-74.0, -87.0, -86.0, -86.0, -87.0, np.nan], np.float32)
NORTHEAST, SOUTHEAST = (axis.numpy() for axis in rotated.diagonals(tf.constant(LATITUDE), tf.constant(LONGITUDE)))


def test_the_axes_are_sum_and_difference_of_latitude_and_shortened_longitude():
    east = LONGITUDE.astype(np.float64) * EAST_TO_NORTH
    np.testing.assert_allclose(NORTHEAST, LATITUDE + east, atol=1e-5)
    np.testing.assert_allclose(SOUTHEAST, east - LATITUDE, atol=1e-5)


def test_a_step_north_goes_as_far_to_the_northeast_as_away_from_the_southeast():
    assert NORTHEAST[3] - NORTHEAST[2] == -(SOUTHEAST[3] - SOUTHEAST[2]) == 0.75


def test_at_41_degrees_a_step_east_goes_as_far_along_both_as_the_same_way_north():
    km_north, km_east = 0.75 * 111.195, np.cos(np.radians(41)) * 111.195
    assert NORTHEAST[2] - NORTHEAST[1] == SOUTHEAST[2] - SOUTHEAST[1] == 0.75
    np.testing.assert_allclose(km_east, km_north, rtol=0.01)


def test_a_place_that_is_not_known_is_nowhere_on_either_axis():
    assert np.isnan([NORTHEAST[4:], SOUTHEAST[4:]]).all()
