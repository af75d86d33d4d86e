"""Figures as people read them, whatever their scale."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

TINY = 1e-5
"""Below, decimals give way to powers of ten."""


def number(value: float | None) -> str:
    """Short: thousands by comma, no trailing zeros; `nan` and `inf` as such; empty for one that is not there."""
    if value is None:
        return ""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    if abs(value) >= 1e15:
        return f"{value:.4g}"
    if abs(value) >= 10_000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def scale_of(values: Iterable[float]) -> float:
    """The smallest size above 0, by which figures that stand together keep the digits that tell them apart."""
    return min((abs(one) for one in values if math.isfinite(one) and one), default=1.0)


def shown(value: float | None, scale: float | None = None) -> str:
    """With three decimals from 0.1 to 1,000; larger figures have none, smaller ones three significant digits.

    Args:
        value: NaN and infinity are said as such; None, which is not there, is empty.
        scale: that decides for the figures beside it too; None takes the value's own.
    """
    if value is None:
        return ""
    size = abs(value if scale is None else scale)
    if not math.isfinite(value) or not math.isfinite(size):
        return str(value)
    if size >= 1000:
        return f"{value:,.0f}"
    if size >= 0.1 or size == 0:
        return f"{value:,.3f}"
    return f"{value:.3g}" if size < TINY else f"{value:,.{2 - math.floor(math.log10(size))}f}"


def with_spread(mean: float | None, spread: float | None) -> str:
    """A mean of repeats and their standard deviation, as far as there is one."""
    if mean is None:
        return "not finite"
    scale = max(abs(mean), spread or 0.0)
    return shown(mean, scale) + ("" if spread is None else f" ± {shown(spread, scale)}")


def real(value: Any) -> float:
    """A number from elsewhere; NaN for one that is not there."""
    return math.nan if value is None else float(value)


def formatted(value: float | None, form: str) -> str:
    """A number in a format, `nan` and `inf` as such; empty for one that is not there."""
    return "" if value is None else format(value, form)


def clock(seconds: float | None, form: str) -> str:
    """Seconds of the wall clock since 1970; as a number where no calendar has them."""
    try:
        return datetime.fromtimestamp(real(seconds), timezone.utc).strftime(form)
    except (ValueError, OverflowError, OSError):
        return number(seconds)
