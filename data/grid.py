"""The grid of degrees that slices, the report's map and the demo's map share."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

SIZES_DEG = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


def size_deg(axes: Iterable[npt.NDArray[Any]], across: int) -> float | None:
    """Height and width of cells of which at most about so many lie side by side over the middle 98 % of the places.

    Args:
        axes: degrees `[rows]` each; what is not finite is passed over.
        across: at most so many.

    Returns:
        One of `SIZES_DEG`; None where no place is known.
    """
    known = [values[np.isfinite(values)] for values in axes]
    wide = [np.percentile(values, [1, 99]) for values in known if len(values)]
    if not wide:
        return None
    extent = max(high - low for low, high in wide)
    return next((size for size in SIZES_DEG if extent <= across * size), SIZES_DEG[-1])


def number(degrees: float, size: float) -> int:
    """Of the cell that a coordinate lies in, counted from 0 degrees, so that rounding never makes two of one."""
    return math.floor(degrees / size)


def edge(number: float, size: float) -> float:
    """South or west edge of a cell, in degrees."""
    return round(float(number) * size, 6)
