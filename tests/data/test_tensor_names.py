"""Columns may be called anything; their tensors are called what TensorFlow takes, and none like another."""

from __future__ import annotations

import keyword
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.tensor_names import columns_of, is_plain, snake, tensor_name
from pipeline.config import DEFAULT_CONFIG, load

PLAIN = ["pickup_latitude", "trip_miles", "x", "a_b", "label", "block", "id_x", "l2", "flags"]
ODD = ["Trip Start Timestamp", "pax.count", "2019", "_c0", "Fahrgäste", "a/b", "class", "self", "name", "training"]
ODD += [
    "inputs",
    "prediction",
    "a b",
    "A_b",
    "a__b",
    "a_",
    "😀",
    "人数",
    "",
    " ",
    "'\"",
    "a,b",
    "a\nb",
    "x" * 300,
    "\ud800",
]


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_name_stays(name: str) -> None:
    assert tensor_name(name) == name


@pytest.mark.parametrize("name", ODD)
def test_another_name_becomes_a_plain_one_with_a_checksum(name: str) -> None:
    found = tensor_name(name)
    assert re.fullmatch("[a-z][a-z0-9_]*__[0-9a-f]{8}", found)
    assert len(found) < 65
    assert not is_plain(name)
    assert not is_plain(found)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Trip Start Timestamp", "trip_start_timestamp"),
        ("PULocationID", "pu_location_id"),
        ("Fahrgäste", "fahrgaste"),
        ("pax.count", "pax_count"),
        ("人数", ""),
    ],
)
def test_the_words_of_a_name_can_be_read(name: str, words: str) -> None:
    assert snake(name) == words


def test_the_columns_of_the_configurations_that_come_along_stay() -> None:
    for path in DEFAULT_CONFIG.parent.glob("*.yaml"):
        assert all(map(is_plain, load(path).data.columns()))


def test_the_way_back_is_the_column() -> None:
    assert columns_of(PLAIN + ODD) == {tensor_name(one): one for one in PLAIN + ODD}


@given(names=st.sets(st.text(alphabet=st.sampled_from("aAbB12_ .é"), max_size=4), min_size=2))
def test_no_two_columns_have_one_tensor(names: set[str]) -> None:
    tensors = [tensor_name(one) for one in names]
    assert len({one.lower() for one in tensors}) == len(names)


@given(name=st.text())
def test_any_text_gives_a_name_that_python_and_tensorflow_take(name: str) -> None:
    found = tensor_name(name)
    assert found.isidentifier()
    assert found.isascii()
    assert not keyword.iskeyword(found)
