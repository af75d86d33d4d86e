"""Amounts of a label: in its unit, or as a share of its standard deviation."""

from __future__ import annotations

from typing import Any

import pydantic
import pytest

from components.task.amounts import Amount, in_label_units, shares_of
from data.settings import Settings


class Holder(Settings):
    amount: Amount


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (3, 3.0),
        (0.25, 0.25),
        ("0.2 sd", "0.2 sd"),
        ("0.20sd", "0.2 sd"),
        ("  .5  sd ", "0.5 sd"),
        ("3 sd", "3 sd"),
        ("1e-3 sd", "0.001 sd"),
        ("2E+1 sd", "20 sd"),
    ],
)
def test_numbers_and_shares_are_read_and_read_again(given: Any, read: Any) -> None:
    holder = Holder(amount=given)
    assert holder.amount == read
    assert type(holder.amount) is type(read)
    assert Holder.model_validate_json(holder.model_dump_json()) == holder


@pytest.mark.parametrize(
    "given", ["0.2", "sd", "0.2 std", "0.2 sd of it", "-1 sd", "0,2 sd", "1e sd", ". sd", "", True, None, [1]]
)
def test_anything_else_is_answered_with_both_forms(given: Any) -> None:
    with pytest.raises(pydantic.ValidationError, match="give a number in label units, or a share of its standard dev"):
        Holder(amount=given)


@pytest.mark.parametrize("given", [0, 0.0, -3, "0 sd", "0.0 sd", "1e999 sd", float("inf"), float("nan")])
def test_an_amount_is_above_0_and_finite(given: Any) -> None:
    with pytest.raises(pydantic.ValidationError, match="must be above 0"):
        Holder(amount=given)


def test_a_share_follows_the_spread_and_a_number_does_not() -> None:
    assert (in_label_units("0.2 sd", 5), in_label_units("0.2 sd", 5e5)) == (1, 1e5)
    assert (in_label_units(3.0, 5), in_label_units(3.0, 5e5)) == (3, 3)
    assert (shares_of("0.2 sd", 5), shares_of(3.0, 5)) == (pytest.approx(0.2), 0.6)
