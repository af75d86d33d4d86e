import numpy as np
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from data.categories import MODULUS, TEXT_BYTES, category_id, oov_bucket
from transforms import categories

KNOWN = {b"Blue": 1, "Élan".encode(): 2}


def test_the_modulus_is_prime():
    assert all(MODULUS % divisor for divisor in range(2, 257))


@given(texts=st.lists(st.binary(max_size=90), min_size=1, max_size=20), buckets=st.integers(1, 1024))
def test_the_bucket_is_horner_arithmetic_and_tensorflow_finds_the_same(texts, buckets):
    # Digits to base 257 instead of 256, the first byte lowest.
    expected = [sum(byte * 257**place for place, byte in enumerate(text[:TEXT_BYTES])) for text in texts]
    expected = [value % 65521 % buckets for value in expected]
    assert [oov_bucket(text, buckets) for text in texts] == expected
    found = categories.oov_buckets(tf.constant(np.array(texts, object)[:, None]), buckets)
    assert found.numpy()[:, 0].tolist() == expected


def test_missing_is_0_known_texts_keep_their_number_and_unknown_ones_lie_behind():
    assert category_id(b"", KNOWN, 5) == 0
    assert [category_id(text, KNOWN, 5) for text in KNOWN] == [1, 2]
    assert category_id(b"Unseen", KNOWN, 5) == 3 + oov_bucket(b"Unseen", 5)


def test_without_buckets_an_unknown_text_is_0():
    assert category_id(b"Unseen", KNOWN, 0) == 0


def test_buckets_are_shared_evenly():
    counts = np.bincount([oov_bucket(f"company {n}".encode(), 8) for n in range(4000)], minlength=8)
    assert counts.min() > 350
    assert counts.max() < 650
