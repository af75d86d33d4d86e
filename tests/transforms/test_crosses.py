import itertools

import numpy as np
import pytest
import tensorflow as tf

from transforms import crosses


def column(values):
    return tf.constant(np.array(values, np.float32)[:, None])


def test_every_combination_has_its_own_id_and_none_is_left_over():
    sizes = [7, 24, 3]
    combinations = np.array(list(itertools.product(*map(range, sizes))))
    ids = crosses.joint_id([column(combinations[:, i]) for i in range(3)], sizes).numpy()[:, 0]
    assert ids.tolist() == list(range(7 * 24 * 3))


def test_the_joint_id_is_numpys_ravelled_index():
    rng = np.random.default_rng(0)
    sizes = [16, 8, 12]
    digits = [rng.integers(0, size, 300) for size in sizes]
    found = crosses.joint_id([column(digit) for digit in digits], sizes).numpy()[:, 0]
    np.testing.assert_array_equal(found, np.ravel_multi_index(digits, sizes))


def test_the_first_feature_is_the_most_significant_digit():
    assert crosses.joint_id([column([1]), column([2])], [7, 24]).numpy().tolist() == [[26]]


def test_a_cross_of_one_feature_is_that_feature():
    assert crosses.joint_id([column([4, 2])], [5]).numpy().tolist() == [[4], [2]]


def test_too_many_combinations_are_refused_with_their_number():
    with pytest.raises(ValueError, match="has 4,294,967,296 combinations, more than the 16,777,216 it may; use fewer"):
        crosses.joint_id([column([0]), column([0])], [2**16, 2**16])


def test_the_largest_id_is_still_exact():
    found = crosses.joint_id([column([2**12 - 1]), column([2**12 - 1])], [2**12, 2**12])
    assert found.numpy().tolist() == [[2**24 - 1]]


def test_folding_is_the_same_arithmetic_as_on_any_machine():
    ids = np.concatenate([np.arange(10_000), np.random.default_rng(0).integers(0, 2**24, 1000), [2**24 - 1]])
    found = crosses.fold(column(ids), 97).numpy()[:, 0]
    # Python's integers do not round.
    assert found.tolist() == [(int(i) % 4093 * 2861) % 97 for i in ids]


@pytest.mark.parametrize("folded", [2, 10, 64, 1000])
def test_folded_ids_stay_in_range_and_spread_evenly(folded):
    counts = np.bincount(
        crosses.fold(column(np.arange(50 * folded)), folded).numpy()[:, 0].astype(int), minlength=folded
    )
    assert len(counts) == folded
    assert counts.min() > 0
    assert counts.max() < 3 * 50
