"""Ids of categories: what a full vocabulary had no room for shares a few ids, however many values there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.categories import category_id
from data.spec import Dataset
from transforms import categories, in_memory
from transforms.categories import AUTO_BUCKETS, vocabulary_file
from transforms.features import Features, Plan
from transforms.settings import Category

FREQUENT = [f"often {number:03d}".encode() for number in range(300)]
"""More values than a vocabulary has room for."""
RARE = [f"once {number}".encode() for number in range(100_000)]


def plan(**coding: Any) -> Plan:
    data = {"source": "-", "label": {"column": "fare"}, "numeric": ["km"], "categorical": ["place"]}
    return Plan(dataset=Dataset.model_validate(data), features=Features(categories=Category(**coding)))


def rows(places: list[bytes]) -> dict[str, Any]:
    ones = np.arange(len(places), dtype=np.float32)
    return {"km": ones, "fare": ones, "place": np.array(places, object)}


@pytest.mark.parametrize(
    ("coding", "size", "buckets"),
    [
        ({}, 255, 0),
        ({}, 256, AUTO_BUCKETS),
        ({"max_size": 10}, 10, AUTO_BUCKETS),
        ({"oov_buckets": 3}, 2, 3),
        ({"oov_buckets": 0}, 256, 0),
    ],
)
def test_left_to_auto_unknown_texts_have_ids_of_their_own_where_the_vocabulary_is_full(
    coding: Any, size: int, buckets: int
) -> None:
    assert categories.buckets(Category(**coding), size) == buckets


def test_a_hundred_thousand_rare_values_share_the_ids_behind_a_full_vocabulary(tmp_path: Path) -> None:
    often = FREQUENT[:256] * 6 + FREQUENT[256:] * 5
    saved = in_memory.learn(plan(), rows([*often, *RARE]), tmp_path)
    vocabulary = saved.vocabulary_by_name(vocabulary_file("place"))
    assert sorted(vocabulary) == FREQUENT[:256]
    asked = [b"", b"often 000", b"often 255", b"often 256", b"once 77", "nowhere, außer hier".encode()]
    found = in_memory.apply(saved, plan().dataset, rows(asked))["id_place"][:, 0]
    known = {text: place for place, text in enumerate(vocabulary, start=1)}
    assert found.tolist() == [category_id(text, known, AUTO_BUCKETS) for text in asked]
    assert found[0] == 0
    assert all(1 <= one <= 256 for one in found[1:3])
    assert all(257 <= one < 257 + AUTO_BUCKETS for one in found[3:])
