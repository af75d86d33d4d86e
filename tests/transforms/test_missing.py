import numpy as np

from transforms import missing

NAN = np.nan


def test_each_nan_takes_its_own_columns_value_and_nothing_else_moves():
    x = np.array([[1, NAN, 3], [NAN, NAN, 6], [7, 8, 9]], np.float32)
    filled = missing.fill(x, np.array([10, 20, 30], np.float32))
    np.testing.assert_array_equal(filled, [[1, 20, 3], [10, 20, 6], [7, 8, 9]])


def test_rows_without_nan_pass_bit_by_bit():
    x = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    np.testing.assert_array_equal(missing.fill(x, np.full(4, NAN, np.float32)), x)


def test_infinity_is_a_number():
    np.testing.assert_array_equal(missing.fill(np.array([[np.inf]], np.float32), np.zeros(1, np.float32)), [[np.inf]])
