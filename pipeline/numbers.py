"""Numbers from records, which may be NaN, infinite or not there at all, as texts and as floats."""

from __future__ import annotations

import math
from typing import Any


def real(value: Any) -> float:
    """A number from elsewhere; NaN for one that is not there."""
    return math.nan if value is None else float(value)


def shown(value: float | None, form: str = ".3f") -> str:
    """A number in a format, `nan` and `inf` as such; empty for one that is not there."""
    return "" if value is None else format(value, form)
