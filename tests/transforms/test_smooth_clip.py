import numpy as np
import tensorflow as tf

from transforms import smooth_clip
from transforms.smooth_clip import LIMIT

Z = np.array([-1e6, -50, -8, -3, -1, -0.1, 0, 0.1, 1, 3, 8, 50, 1e6, np.nan], np.float32)


def clipped(tails):
    return smooth_clip.apply(tf.constant(np.stack([Z, Z], axis=1)), np.array(tails)).numpy()


def test_the_middle_stays_within_one_in_a_hundred_and_the_tails_end_at_the_limit():
    found = clipped([True, True])[:, 0]
    np.testing.assert_allclose(found[4:9], Z[4:9], rtol=0.01)
    np.testing.assert_allclose(found[[0, -2]], [-LIMIT, LIMIT], rtol=1e-6)
    np.testing.assert_allclose(found[2], -LIMIT / np.sqrt(2), rtol=1e-6)
    np.testing.assert_allclose(found, Z / np.sqrt(1 + (Z.astype(np.float64) / LIMIT) ** 2), rtol=1e-6)


def test_the_order_of_numbers_stays_and_so_does_the_sign():
    found = clipped([True, True])[:-1, 0]
    assert (np.diff(found) > 0).all()
    np.testing.assert_array_equal(np.sign(found), np.sign(Z[:-1]))


def test_nan_stays_nan():
    assert np.isnan(clipped([True, True])[-1]).all()


def test_columns_without_tails_pass_bit_by_bit():
    np.testing.assert_array_equal(clipped([True, False])[:, 1], Z)
    np.testing.assert_array_equal(clipped([False, False]), np.stack([Z, Z], axis=1))
