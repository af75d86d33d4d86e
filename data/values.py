"""Single columns to numbers, and checks on them; what is no number or out of range gives its row a reason."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.notation import Notation
from data.spec import Dataset, Point, Range
from data.stored import Stored, is_missing, unusable

LIMITS = {"latitude": Range(low=-90, high=90), "longitude": Range(low=-180, high=180)}
FLOAT32_MAX = float(np.finfo(np.float32).max)
# Python's float() alone would take '1_000', 'nan' and 'inf'.
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_FOREIGN = {
    ".": (
        (r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$", "thousands separators; write 1234.5"),
        (r"^[+-]?\d*,\d+$", "a decimal comma where data.decimal is '.'"),
    ),
    ",": (
        (r"^[+-]?\d{1,3}(\.\d{3})+(,\d*)?$", "thousands points; write 1234,5"),
        (r"^[+-]?\d*\.\d+$", "a decimal point where data.decimal is ','"),
    ),
}
"""By `data.decimal`, how numbers look that are written in another way, and what is said."""

_NUMERIC = (pa.types.is_floating, pa.types.is_integer, pa.types.is_decimal, pa.types.is_null)

NO_TIME = ": does not read as "
"""Between a column and the format that its text is not in."""
NO_NUMBER = "not a finite number"
NO_UTF8 = "not UTF-8 text"

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


def numbers(column: Stored, required: bool, reasons: Reasons, notation: Notation, truth: bool = False) -> FloatArray:
    """float64 `[rows]`; NaN where missing. Text that is no finite number gives the row a reason.

    Args:
        column: of any type.
        required: a missing value is a reason too.
        reasons: gets them.
        notation: of texts.
        truth: a truth value, also as the text `true` or `False`, counts as 1 or 0.

    Raises:
        DataError: the column is stored in a type that holds no numbers.
    """
    name, kind = column.name, column.type
    set_reason(reasons, column.broken, f"{name}: {NO_UTF8}")
    if pa.types.is_string(kind):
        values, bad = _parse(column.values, name, reasons, notation, truth)
    elif truth and pa.types.is_boolean(kind):
        values, bad = _as_float(column.values.cast(pa.int8())), np.zeros(len(reasons), dtype=bool)
    elif any(one(kind) for one in _NUMERIC):
        values, bad = _as_float(column.values), np.zeros(len(reasons), dtype=bool)
    else:
        raise unusable(kind, name, "a number or text holding one", "convert the column")
    missing = np.isnan(values) & ~bad
    bad |= np.abs(values) > FLOAT32_MAX
    values[bad] = np.nan
    set_reason(reasons, bad, f"{name}: {NO_NUMBER}")
    if required:
        set_reason(reasons, missing, f"{name}: missing")
    return values


def like_a_number(text: str, notation: Notation) -> bool:
    """Whether a text is a number, also one in a notation that `numbers` refuses with a hint."""
    patterns = (_number(notation), *(pattern for pattern, _ in _FOREIGN[notation.decimal]))
    return any(re.match(one, text) for one in patterns)


def _as_float(column: pa.ChunkedArray) -> FloatArray:
    return np.array(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)


def _parse(
    column: pa.ChunkedArray, name: str, reasons: Reasons, notation: Notation, truth: bool
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Values, NaN where missing, and where the text is no number."""
    text = pc.utf8_trim_whitespace(column)
    missing = np.asarray(is_missing(text, notation).to_numpy(), dtype=bool)
    if truth:
        text = _truth_as_digits(text)
    text = pc.if_else(pa.array(missing), pa.scalar(None, pa.string()), text)
    point = notation.decimal == "."
    try:
        if not point:  # Arrow would take 1.5, which here means something else or nothing
            raise pa.ArrowInvalid("decimal comma")
        values = _as_float(text)
        if np.isfinite(values[~missing]).all():
            return values, np.zeros(len(missing), dtype=bool)
    except pa.ArrowInvalid:
        pass  # one by one below: some text is no number
    plain_number = _matches(text, _number(notation))
    bad = ~plain_number & ~missing
    for pattern, reason in _FOREIGN[notation.decimal] if bad.any() else ():
        set_reason(reasons, bad & _matches(text, pattern), f"{name}: {reason}")
    values = np.full(len(missing), np.nan)
    unsigned = pc.utf8_ltrim(text.filter(pa.array(plain_number)), characters="+")  # Arrow reads no '+5'
    values[plain_number] = _as_float(unsigned if point else pc.replace_substring(unsigned, ",", "."))
    return values, bad


def reads_as_number(text: str, notation: Notation) -> bool:
    """Whether a trimmed text is a number in this notation."""
    return bool(re.fullmatch(_number(notation), text))


def _number(notation: Notation) -> str:
    return _NUMBER if notation.decimal == "." else _NUMBER.replace(r"\.", ",")


def _truth_as_digits(text: pa.ChunkedArray) -> pa.ChunkedArray:
    lower = pc.utf8_lower(text)
    for word, digit in (("true", "1"), ("false", "0")):
        text = pc.if_else(pc.equal(lower, word), digit, text)
    return text


def _matches(text: pa.ChunkedArray, pattern: str) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.fill_null(pc.match_substring_regex(text, pattern), False).to_numpy(), dtype=bool)


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
