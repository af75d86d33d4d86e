"""Stored columns of any Arrow type: which of them hold single values, and the one text of each value."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.errors import DataError
from data.notation import Notation

_WHOLE = r"^(-?\d+)\.0+$"
_TRUTH = pa.array(["true", "false"])
_INT64 = 2.0**63
_NOT_IN_PYTHON = (ValueError, OverflowError, KeyError, pa.ArrowException)
"""What Arrow raises for a value that Python has not: a KeyError is for a time zone that nobody knows."""


@dataclass(frozen=True)
class Stored:
    """A column of single values.

    Attributes:
        name: as the description has it.
        values: `string` for every kind of text; numbers, truth values, times and nulls as they are stored.
        broken: bool `[rows]`: where the bytes of a text are no UTF-8; its value is null there.
    """

    name: str
    values: pa.ChunkedArray
    broken: npt.NDArray[np.bool_]

    @property
    def type(self) -> pa.DataType:
        """Of the values."""
        return self.values.type


def stored(column: pa.ChunkedArray, name: str) -> Stored:
    """Dictionaries and extension types as what they hold, and all texts as one type."""
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        return stored(pa.chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type), name)
    if pa.types.is_dictionary(kind):
        return stored(pa.chunked_array([one.dictionary_decode() for one in column.chunks], kind.value_type), name)
    check_single(kind, name)
    sound = np.zeros(len(column), dtype=bool)
    if pa.types.is_float16(kind):  # Arrow computes nothing with them
        wide = pa.array(column.to_numpy().astype(np.float32), from_pandas=True)
        return Stored(name, pa.chunked_array([wide]), sound)
    if _is_text(kind):
        return Stored(name, *_utf8(column, sound))
    return Stored(name, column, sound)


def check_single(kind: pa.DataType, name: str) -> None:
    """Whether a type has one value a row that a role can take.

    Raises:
        DataError: it is of lists, structs, maps or durations.
    """
    if isinstance(kind, pa.BaseExtensionType):
        check_single(kind.storage_type, name)
    elif pa.types.is_dictionary(kind):
        check_single(kind.value_type, name)
    elif pa.types.is_nested(kind) or pa.types.is_fixed_size_list(kind):
        raise unusable(kind, name, "a single value a row", f"write its parts into columns of their own, say {name}_1")
    elif pa.types.is_duration(kind) or pa.types.is_interval(kind):
        raise unusable(kind, name, "a number, a text or a time", "store it as a number, of seconds for example")


def unusable(kind: pa.DataType, name: str, needed: str, remedy: str) -> DataError:
    """The error for a column whose type does not suit its role."""
    shown = str(kind)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    return DataError(f"column {name} is stored as {shown}; {needed} is needed: {remedy}")


def _is_text(kind: pa.DataType) -> bool:
    known = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    # By name: only newer versions of Arrow have the views.
    return any(one(kind) for one in (*known, pa.types.is_fixed_size_binary)) or str(kind).endswith("_view")


def _utf8(column: pa.ChunkedArray, sound: npt.NDArray[np.bool_]) -> tuple[pa.ChunkedArray, npt.NDArray[np.bool_]]:
    """Texts, and where there was none; Parquet does not promise that its strings are UTF-8."""
    wide = pa.large_binary() if "large" in str(column.type) else pa.binary()
    raw = column.cast(wide)
    try:
        return raw.cast(pa.string()), sound
    except pa.ArrowInvalid:
        texts = [_decoded(value) for value in raw.to_pylist()]
    broken = np.array([text is None for text in texts]) & np.asarray(raw.is_valid())
    return pa.chunked_array([pa.array(texts, pa.string())]), broken


def _decoded(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None


def text_of(column: Stored, notation: Notation, keep_point: bool = False) -> pa.ChunkedArray:
    """The one text of each value, whatever its storage; null where it is missing.

    Texts lose surrounding whitespace, and `True` is `true`; a whole number is written without a point, as a text too
    (`1.0` is `1`); times as `2014-05-13 17:00:00`, those with a zone in UTC with `+00:00` behind.

    Args:
        column: of any type.
        notation: which texts stand for no value.
        keep_point: whole floats are written `1.0`, as tables of text mostly have them, and such texts stay.
    """
    values, kind = column.values, column.type
    if pa.types.is_string(kind):
        return _plain_text(values, notation, keep_point)
    if pa.types.is_floating(kind):
        return _floats(values, keep_point)
    if pa.types.is_decimal(kind):
        texts = [None if one is None else format(one, "f") for one in values.to_pylist()]
        return _plain_text(pa.chunked_array([pa.array(texts, pa.string())]), notation, keep_point, trailing=True)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _moments(values)
    texts = values.cast(pa.string())
    return _short_fraction(texts) if pa.types.is_time(kind) else texts


def _plain_text(
    texts: pa.ChunkedArray, notation: Notation, keep_point: bool, trailing: bool = False
) -> pa.ChunkedArray:
    texts = pc.utf8_trim_whitespace(texts)
    texts = pc.if_else(is_missing(texts, notation), pa.scalar(None, pa.string()), texts)
    lower = pc.utf8_lower(texts)
    texts = pc.if_else(pc.is_in(lower, value_set=_TRUTH), lower, texts)
    if keep_point:
        return texts
    if notation.decimal != "." and not trailing:
        texts = pc.replace_substring_regex(texts, r"^(-?\d+),0+$", r"\1")
    texts = pc.replace_substring_regex(texts, _WHOLE, r"\1")
    return pc.replace_substring_regex(texts, r"^(-?\d+\.\d*[1-9])0+$", r"\1") if trailing else texts


def is_missing(texts: pa.ChunkedArray, notation: Notation) -> pa.ChunkedArray:
    """Where trimmed texts stand for no value; an empty one always does."""
    return pc.is_in(texts, value_set=pa.array([None, "", *notation.missing], pa.string()))


def _floats(values: pa.ChunkedArray, keep_point: bool) -> pa.ChunkedArray:
    numbers = values.to_numpy()
    texts = values.cast(pa.string())
    if keep_point:
        texts = pc.replace_substring_regex(texts, r"^(-?\d+)$", r"\1.0")
    else:
        whole = (np.floor(numbers) == numbers) & (np.abs(numbers) < _INT64)
        digits = pa.array(np.where(whole, numbers, 0).astype(np.int64)).cast(pa.string())
        texts = pc.if_else(pa.array(whole), digits, texts)
    return pc.if_else(pa.array(np.isnan(numbers)), pa.scalar(None, pa.string()), texts)


def _moments(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """By NumPy, whose calendar has no last year."""
    kind = values.type
    unit: Any = getattr(kind, "unit", "D" if pa.types.is_date32(kind) else "ms")
    width = pa.int32() if pa.types.is_date32(kind) else pa.int64()
    counts = np.asarray(values.cast(width).fill_null(0)).astype(np.int64)
    shown = np.datetime_as_string(counts.astype(f"datetime64[{unit}]"), unit="D" if pa.types.is_date(kind) else unit)
    texts = pc.replace_substring(pa.array(shown.tolist(), pa.string()), "T", " ", max_replacements=1)
    texts = _short_fraction(texts)
    if getattr(kind, "tz", None):
        texts = pc.binary_join_element_wise(texts, "+00:00", "")
    return pc.if_else(values.is_valid(), pa.chunked_array([texts]), pa.scalar(None, pa.string()))


def _short_fraction(texts: Any) -> Any:
    """Seconds without zeros at their end."""
    return pc.utf8_rtrim(pc.replace_substring_regex(texts, r"(\.\d*?)0+$", r"\1"), characters=".")


def python_values(column: pa.ChunkedArray) -> list[Any]:
    """As Python has them; a text in place of what it has not, such as a day in the year 12345."""
    try:
        return list(column.to_pylist())
    except _NOT_IN_PYTHON:
        timely = pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)
        other = _moments(column).to_pylist() if timely else [f"(a {column.type} that cannot be shown)"] * len(column)
        return [_python_value(value, text) for value, text in zip(column, other, strict=True)]


def _python_value(value: pa.Scalar, text: str) -> Any:
    try:
        return value.as_py()
    except _NOT_IN_PYTHON:
        return text
