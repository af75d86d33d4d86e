"""The share of repeated rows: exact while there are few, close when there are many."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import repeats
from data.repeats import Repeats


@given(stretches=st.lists(st.lists(st.integers(0, 50), max_size=30), max_size=6))
def test_few_rows_are_counted_exactly_whatever_the_stretches(stretches):
    found = Repeats()
    for stretch in stretches:
        found.add(np.array(stretch, dtype=np.uint64))
    rows = [row for stretch in stretches for row in stretch]
    assert found.exact
    assert found.share() == pytest.approx(1 - len(set(rows)) / len(rows) if rows else 0)


@pytest.mark.parametrize("merged", [False, True])
def test_many_rows_are_sampled_within_fixed_memory(monkeypatch, merged):
    monkeypatch.setattr(repeats, "LIMIT", 4096)
    rng = np.random.default_rng(0)
    distinct = rng.integers(0, 2**64, 150_000, dtype=np.uint64)
    rows = np.concatenate([distinct, distinct[:50_000]])  # a quarter of the rows repeat
    parts = np.array_split(rng.permutation(rows), 7)
    found, other = Repeats(), Repeats()
    for number, part in enumerate(parts):
        (other if merged and number > 3 else found).add(part)
    found.merge(Repeats.from_json(json.loads(json.dumps(other.to_json()))))
    assert not found.exact
    assert len(found.to_json()["hashes"]) <= 4096
    # The share among some 2,300 sampled rows has a standard deviation of about 0.009.
    assert found.share() == pytest.approx(0.25, abs=0.04)
