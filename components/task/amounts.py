"""Amounts of a label: in its own unit, or as a share of its standard deviation, `0.2 sd`, which suits any unit."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

_SHARE = re.compile(r"\s*([0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)\s*sd\s*")


def _amount(given: Any) -> float | str:
    found: float | str
    if isinstance(given, str) and (match := _SHARE.fullmatch(given)):
        value, found = float(match[1]), f"{float(match[1]):g} sd"
    elif isinstance(given, int | float) and not isinstance(given, bool):
        value, found = float(given), float(given)
    else:
        raise ValueError("give a number in label units, or a share of its standard deviation such as `0.2 sd`")
    if not 0 < value < float("inf"):
        raise ValueError("must be above 0")
    return found


Amount = Annotated[float | str, BeforeValidator(_amount)]
"""A number above 0 in label units, or a text such as `0.2 sd`: a share of the label's standard deviation."""


def in_label_units(amount: float | str, spread: float) -> float:
    """What the amount is for a label of that standard deviation over the training rows."""
    return float(amount.removesuffix("sd")) * spread if isinstance(amount, str) else amount


def shares_of(amount: float | str, spread: float) -> float:
    """The same in standard deviations."""
    return in_label_units(amount, spread) / spread
