"""Categorical columns: a vocabulary learned from training rows, and what becomes of texts outside it."""

import tensorflow as tf
import tensorflow_transform as tft

from data.categories import FACTORS, MODULUS, TEXT_BYTES
from data.tensor_names import tensor_name
from transforms.settings import Category

AUTO_BUCKETS = 16
"""Ids for the values that a full vocabulary had no room for."""


def vocabulary_file(column: str) -> str:
    """Name of the asset that lists a categorical column's values."""
    return f"vocabulary_{tensor_name(column)}"


def ids(text: tf.Tensor, coding: Category, file: str) -> tf.Tensor:
    """int64 `[batch, 1]` of string `[batch, 1]`, as `data.categories.category_id` has them.

    0 for missing, then 1 + the place in the vocabulary by falling frequency; unknown texts have 0 too, or where there
    are `buckets` one of the ids behind the vocabulary. This part looks up texts, so it is not in the file.
    """
    place = tft.compute_and_apply_vocabulary(
        text, default_value=-1, top_k=coding.max_size, frequency_threshold=coding.min_count, vocab_filename=file
    )
    size = tft.experimental.get_vocabulary_size_by_name(file)
    unknown = tf.zeros_like(place)
    if coding.oov_buckets == "auto":
        unknown = tf.where(size >= coding.max_size, size + 1 + oov_buckets(text, AUTO_BUCKETS), unknown)
    elif coding.oov_buckets:
        unknown = size + 1 + oov_buckets(text, coding.oov_buckets)
    numbers = tf.where(place >= 0, place + 1, unknown)
    return tf.where(tf.equal(text, ""), tf.zeros_like(place), numbers)


def buckets(coding: Category, vocabulary_size: int) -> int:
    """How many ids unknown texts share behind a vocabulary of that size."""
    if coding.oov_buckets == "auto":
        return AUTO_BUCKETS if vocabulary_size >= coding.max_size else 0
    return coding.oov_buckets


def oov_buckets(text: tf.Tensor, buckets: int) -> tf.Tensor:
    """int64 of the shape of string `text`: `data.categories.oov_bucket` in TensorFlow."""
    codes = tf.cast(tf.io.decode_raw(text, tf.uint8, fixed_length=TEXT_BYTES), tf.int64)
    return tf.reduce_sum(codes * tf.constant(FACTORS, tf.int64), axis=-1) % MODULUS % buckets
