"""Values that cannot be: what a range keeps out."""

from __future__ import annotations

from typing import Any

import numpy as np

from data.draft.seen import Seen

FEW = 0.02
"""A larger share of negative values is no mistake."""


def never_negative(column: Seen) -> tuple[dict[str, float], str] | None:
    """A range from 0 for a column of which a few values are negative, and why; None where there are none or many."""
    known = column.numbers[~np.isnan(column.numbers)]
    negative = known[known < 0]
    if not len(negative) or len(negative) > FEW * len(known):
        return None
    high = _rounded_up(10 * float(known.max()))
    told = f"{len(negative):,} rows below 0, such as {negative.min():g}, cannot be; the upper end is far from any value"
    return {"low": 0, "high": high}, told


def _rounded_up(value: float) -> Any:
    """To one digit."""
    power = 10 ** int(np.floor(np.log10(max(value, 1))))
    return int(np.ceil(value / power) * power)
