"""Ids of categorical values, as the model file takes them; the arithmetic that a device repeats."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

TEXT_BYTES = 64
"""So many bytes of a text's UTF-8 decide its bucket."""

MODULUS = 65521
"""The largest prime below 2**16."""

FACTORS = tuple(pow(257, place, MODULUS) for place in range(TEXT_BYTES))
"""Weight of each byte."""


def oov_bucket(text: bytes, buckets: int) -> int:
    """0 to buckets - 1 for a text outside the vocabulary.

    (sum of byte i times 257^i, modulo 65521) modulo `buckets`, over the first 64 bytes: a few lines on any device.
    """
    return sum(byte * factor for byte, factor in zip(text, FACTORS, strict=False)) % MODULUS % buckets


def category_id(text: bytes, known: Mapping[bytes, int], oov_buckets: int) -> int:
    """0 for a missing (empty) text, its number in the vocabulary (from 1), else 0 or one of the further ids.

    Args:
        text: UTF-8.
        known: the vocabulary's texts with their numbers.
        oov_buckets: unknown texts share so many ids behind the vocabulary; with 0 they have the id 0.
    """
    if not text:
        return 0
    number = known.get(text)
    if number is not None:
        return number
    return len(known) + 1 + oov_bucket(text, oov_buckets) if oov_buckets else 0


def category_ids(texts: Sequence[bytes], vocabulary: Sequence[str], oov_buckets: int) -> npt.NDArray[np.int32]:
    """int32 `[rows]`, by `category_id`, from a vocabulary as a manifest holds it."""
    known = places(vocabulary)
    return np.array([category_id(text, known, oov_buckets) for text in texts], dtype=np.int32)


def places(vocabulary: Sequence[str]) -> dict[bytes, int]:
    """The UTF-8 of each text of a vocabulary, with its number from 1."""
    return {text.encode(): number for number, text in enumerate(vocabulary, start=1)}
