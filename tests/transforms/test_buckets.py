import numpy as np
import tensorflow as tf

from transforms import buckets

BOUNDARIES = np.array([[0, 1, 2], [-5, 0, 5]], np.float32)
ROWS = np.random.default_rng(0).normal([1, 0], [1, 5], size=(200, 2)).astype(np.float32)


def test_the_id_is_the_number_of_boundaries_reached_as_numpy_digitizes():
    found = buckets.bucket_ids(buckets.reached(ROWS, BOUNDARIES))
    expected = [np.digitize(ROWS[:, i], BOUNDARIES[i]) for i in range(2)]
    np.testing.assert_array_equal(found, np.stack(expected, axis=1))
    assert found.dtype == tf.float32


def test_a_boundary_belongs_to_the_bucket_it_opens():
    found = buckets.bucket_ids(buckets.reached(np.array([[1, -5.001]], np.float32), BOUNDARIES))
    np.testing.assert_array_equal(found, [[2, 0]])


def test_nan_reaches_nothing():
    marks = buckets.reached(np.array([[np.nan, 100]], np.float32), BOUNDARIES)
    np.testing.assert_array_equal(marks, [[[0, 0, 0], [1, 1, 1]]])


def test_infinity_lies_in_the_outer_buckets():
    found = buckets.bucket_ids(buckets.reached(np.array([[-np.inf, np.inf]], np.float32), BOUNDARIES))
    np.testing.assert_array_equal(found, [[0, 3]])


def test_a_thermometer_shows_column_after_column_every_boundary_below():
    x = np.array([[1.5, 0], [-1, 6]], np.float32)
    np.testing.assert_array_equal(
        buckets.thermometer(buckets.reached(x, BOUNDARIES)), [[1, 1, 0, 1, 1, 0], [0, 0, 0, 1, 1, 1]]
    )


def test_the_sum_of_a_columns_thermometer_is_its_id():
    marks = buckets.reached(ROWS, BOUNDARIES)
    sums = buckets.thermometer(marks).numpy().reshape(-1, 2, 3).sum(axis=2)
    np.testing.assert_array_equal(sums, buckets.bucket_ids(marks))


def test_equal_boundaries_leave_a_bucket_empty_and_harm_nothing():
    # Quantiles of a column with many equal values repeat.
    marks = buckets.reached(np.array([[0.5], [1]], np.float32), np.array([[1, 1, 1]], np.float32))
    np.testing.assert_array_equal(buckets.bucket_ids(marks), [[0], [3]])


def test_a_value_on_a_learned_boundary_reaches_it_whatever_its_last_bits():
    values = np.array([-87.65, 0.0, 1.9353813, 4.9100037, 41.9], np.float32)
    boundaries = buckets.just_below(values)
    for steps in (-4, 0, 4):
        off = values
        for _ in range(abs(steps)):
            off = np.where(values == 0, values, np.nextafter(off, np.float32(np.sign(steps) * np.inf)))
        assert (off >= boundaries).all()
    np.testing.assert_allclose(boundaries, values, rtol=2e-6)
