"""Categorical columns: a vocabulary learned from training rows, and what becomes of texts outside it."""

from contextlib import nullcontext
from typing import Any

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


def ids(text: tf.Tensor, coding: Category, vocabulary: tf.Tensor) -> tf.Tensor:
    """int64 `[batch, 1]` of string `[batch, 1]`, as `data.categories.category_id` has them.

    0 for missing, then 1 + the place in the vocabulary (string `[]`, the path of its file); unknown texts have 0 too,
    or where there are `buckets` one of the ids behind the vocabulary. This part looks up texts, so it is not in the
    model file.
    """
    place, size = _looked_up(text, vocabulary)
    unknown = tf.zeros_like(place)
    if coding.oov_buckets == "auto":
        unknown = tf.where(size >= coding.max_size, size + 1 + oov_buckets(text, AUTO_BUCKETS), unknown)
    elif coding.oov_buckets:
        unknown = size + 1 + oov_buckets(text, coding.oov_buckets)
    numbers = tf.where(place >= 0, place + 1, unknown)
    return tf.where(tf.equal(text, ""), tf.zeros_like(place), numbers)


def _looked_up(text: tf.Tensor, vocabulary: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Place of each text, -1 where it has none, and how many places there are."""
    sizes = []

    def look_up(text: tf.Tensor, path: Any) -> tuple[tf.Tensor, tf.Tensor]:
        # Once a path is known, the table is made outside the graph, as tf.Transform makes its own: once for all calls.
        known = tf.inside_function() and isinstance(path, tf.__internal__.EagerTensor)
        with tf.init_scope() if known else nullcontext():
            lines = tf.lookup.TextFileInitializer(
                path, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER
            )
            table = tf.lookup.StaticHashTable(lines, default_value=-1)
            sizes.append(table.size())
        return table.lookup(text), sizes[-1]

    return tft.apply_vocabulary(text, vocabulary, lookup_fn=look_up), sizes[-1]


def buckets(coding: Category, vocabulary_size: int) -> int:
    """How many ids unknown texts share behind a vocabulary of that size."""
    if coding.oov_buckets == "auto":
        return AUTO_BUCKETS if vocabulary_size >= coding.max_size else 0
    return coding.oov_buckets


def oov_buckets(text: tf.Tensor, buckets: int) -> tf.Tensor:
    """int64 of the shape of string `text`: `data.categories.oov_bucket` in TensorFlow."""
    codes = tf.cast(tf.io.decode_raw(text, tf.uint8, fixed_length=TEXT_BYTES), tf.int64)
    return tf.reduce_sum(codes * tf.constant(FACTORS, tf.int64), axis=-1) % MODULUS % buckets
