"""Single columns of any stored type to numbers and bytes; what is none gives its row a reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.errors import DataError
from data.spec import Dataset, Point, Range

LIMITS = {"latitude": Range(low=-90, high=90), "longitude": Range(low=-180, high=180)}
FLOAT32_MAX = float(np.finfo(np.float32).max)
# Python's float() alone would take '1_000', 'nan' and 'inf'.
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_THOUSANDS = r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$"

FloatArray = npt.NDArray[np.float64]
Reasons = npt.NDArray[Any]
"""object `[rows]`: why a row is rejected; empty where it is not."""


def limits_of(dataset: Dataset, name: str) -> list[Range]:
    """The ranges that a column's values must lie in, by the description."""
    found = [dataset.filters[name]] if name in dataset.filters else []
    axis = dataset.coordinates().get(name)
    if axis:
        found.append(LIMITS[axis])
    if name == dataset.label.column and dataset.label.range:
        found.append(dataset.label.range)
    return found


def set_reason(reasons: Reasons, where: npt.NDArray[np.bool_], reason: str) -> None:
    """Gives the rows at `where` this reason unless they have an earlier one."""
    reasons[where & (reasons == "")] = reason


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Dictionaries, large texts and decimals as the simple types of the same values."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return plain(column.cast(kind.value_type))
    if pa.types.is_large_string(kind):
        return column.cast(pa.string())
    if pa.types.is_large_binary(kind):
        return column.cast(pa.binary())
    return column.cast(pa.float64()) if pa.types.is_decimal(kind) or pa.types.is_null(kind) else column


def as_binary(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The bytes of texts; other types by the text that shows them."""
    return column if pa.types.is_binary(column.type) else column.cast(pa.string()).cast(pa.binary())


def as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text; bytes that are no UTF-8 are read as Latin-1, which never fails and keeps digits as they are."""
    if pa.types.is_string(column.type):
        return column.fill_null("")
    try:
        return column.cast(pa.string()).fill_null("")
    except pa.ArrowInvalid:
        return pa.chunked_array([[(v or b"").decode("latin-1") for v in column.to_pylist()]], pa.string())


def numbers(column: pa.ChunkedArray, name: str, required: bool, reasons: Reasons) -> FloatArray:
    """float64 `[rows]`; NaN where missing. Text that is no finite number gives the row a reason.

    Raises:
        DataError: the column is stored in a type that holds no numbers.
    """
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        values = column.cast(pa.float64(), safe=False).to_numpy().astype(np.float64)
        missing = np.isnan(values)
        bad = np.zeros(len(values), dtype=bool)
    elif pa.types.is_binary(column.type) or pa.types.is_string(column.type):
        text = pc.utf8_trim_whitespace(as_text(column))
        values, missing, bad = _parse(text)
        if bad.any():
            set_reason(reasons, _matches(text, _THOUSANDS), f"{name}: thousands separators; write 1234.5")
    else:
        raise DataError(f"column {name} is stored as {column.type}; a number or text holding one is needed")
    bad |= np.abs(values) > FLOAT32_MAX
    values[bad] = np.nan
    set_reason(reasons, bad, f"{name}: not a finite number")
    if required:
        set_reason(reasons, missing, f"{name}: missing")
    return values


def _parse(text: pa.ChunkedArray) -> tuple[FloatArray, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Values, where they are missing, and where the text is no number."""
    missing = np.asarray(pc.equal(pc.binary_length(text), 0).to_numpy(), dtype=bool)
    try:
        values = pc.cast(pc.if_else(pa.array(missing), None, text), pa.float64()).to_numpy().astype(np.float64)
    except pa.ArrowInvalid:
        values = np.full(len(missing), np.inf)
    if np.isfinite(values[~missing]).all():
        return values, missing, np.zeros(len(missing), dtype=bool)
    plain_number = _matches(text, _NUMBER)
    values = np.full(len(missing), np.nan)
    unsigned = pc.utf8_ltrim(text.filter(pa.array(plain_number)), characters="+")  # Arrow reads no '+5'
    values[plain_number] = pc.cast(unsigned, pa.float64()).to_numpy()
    return values, missing, ~plain_number & ~missing


def _matches(text: pa.ChunkedArray, pattern: str) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.match_substring_regex(text, pattern).to_numpy(), dtype=bool)


def check_range(values: FloatArray, name: str, limits: list[Range], reasons: Reasons) -> None:
    """Gives rows outside a limit a reason; NaN is outside of none."""
    for limit in limits:
        set_reason(reasons, _outside(values, limit), f"{name}: outside {limit.low:g} to {limit.high:g}")


def _outside(values: npt.NDArray[Any], limit: Range) -> npt.NDArray[np.bool_]:
    return np.asarray((values < limit.low) | (values > limit.high))


def check_swapped(
    points: Mapping[str, Point],
    typed: Mapping[str, npt.NDArray[Any]],
    limits: Mapping[str, list[Range]],
    reasons: Reasons,
) -> None:
    """Gives rows with a point that lies outside its limits, but inside with its axes swapped, a reason that says so."""
    for name, point in points.items():
        latitude, longitude = typed[point.latitude], typed[point.longitude]
        as_told = _any_outside(latitude, limits[point.latitude]) | _any_outside(longitude, limits[point.longitude])
        swapped = _any_outside(longitude, limits[point.latitude]) | _any_outside(latitude, limits[point.longitude])
        known = ~np.isnan(latitude) & ~np.isnan(longitude)
        reason = f"{name}: outside its limits, but inside with {point.latitude} and {point.longitude} swapped"
        set_reason(reasons, known & as_told & ~swapped, reason)


def _any_outside(values: npt.NDArray[Any], limits: list[Range]) -> npt.NDArray[np.bool_]:
    found = np.zeros(len(values), dtype=bool)
    for limit in limits:
        found |= _outside(values, limit)
    return found


def check_origin(points: Mapping[str, Point], typed: Mapping[str, npt.NDArray[Any]], reasons: Reasons) -> None:
    """Gives rows with a point at 0/0, which devices without a fix report, a reason."""
    for name, point in points.items():
        origin = (typed[point.latitude] == 0) & (typed[point.longitude] == 0)
        set_reason(reasons, origin, f"{name}: 0/0 is no place")
