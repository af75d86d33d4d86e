"""Times as text, Unix seconds or stored timestamps to seconds that a clock on the wall has shown since 1970."""

import re
from datetime import datetime, timezone
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.notation import Notation
from data.spec import WALL_CLOCK, Time
from data.stored import Stored, text_of, unusable
from data.values import NO_TIME, NO_UTF8, FloatArray, Reasons, numbers, set_reason

INT32_SECONDS = 2**31 - 1
"""The last second that an int32 clock can show: 2038-01-19 03:14:07."""

_DAY_SECONDS = 86400
STEP_SECONDS = 900
"""Clocks change on a quarter of an hour."""

_WIDTHS = {"%Y": 4, "%m": 2, "%d": 2, "%H": 2, "%M": 2, "%S": 2}
_HIGHEST = {"%m": 12, "%H": 23, "%M": 59, "%S": 59}

IntArray = npt.NDArray[np.int64]


def seconds_of(column: Stored, time: Time, reasons: Reasons, notation: Notation) -> IntArray:
    """int64 `[rows]`: seconds of local wall-clock time since 1970; 0 where the row is rejected.

    Stored timestamps are taken as they are, whatever `format` says; those with a zone are moments.

    Raises:
        DataError: the column is stored in a type that holds no times.
    """
    kind, name = column.type, column.name
    zoned = getattr(kind, "tz", None) is not None
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        values = _stored(column.values, name, reasons)
    elif pa.types.is_boolean(kind) or pa.types.is_time(kind):
        raise unusable(kind, name, "a timestamp, a date, Unix seconds or a text", "join it with its day")
    elif time.format == "unix":
        values = numbers(column, True, reasons, notation)
    else:
        values = _parsed(column, time, reasons, notation)
    outside = f"{name}: outside 1970 to 2038"
    set_reason(reasons, (values < 0) | (values > INT32_SECONDS), outside)
    seconds = np.where(reasons == "", np.nan_to_num(values), 0).astype(np.int64)
    if zoned or time.source_time_zone != WALL_CLOCK:
        source = "UTC" if zoned else time.source
        seconds, exists = _to_wall_clock(seconds, source, time.time_zone)
        set_reason(reasons, ~exists, f"{name}: no such time in {source}, where clocks went forward")
        set_reason(reasons, (seconds < 0) | (seconds > INT32_SECONDS), outside)
    return np.where(reasons == "", seconds, 0)


def _stored(column: pa.ChunkedArray, name: str, reasons: Reasons) -> FloatArray:
    """Seconds of UTC for timestamps with a zone, else as the source's clock showed them."""
    seconds = column.cast(pa.timestamp("s", getattr(column.type, "tz", None)), safe=False).cast(pa.int64())
    set_reason(reasons, np.asarray(seconds.is_null()), f"{name}: missing")
    return np.asarray(seconds.fill_null(0), dtype=np.float64)


def _parsed(column: Stored, time: Time, reasons: Reasons, notation: Notation) -> FloatArray:
    """Seconds as the text reads in its zone, before any change of zone."""
    set_reason(reasons, column.broken, f"{column.name}: {NO_UTF8}")
    written = pa.types.is_string(column.type)  # `12.00` may be an hour and a minute
    text = text_of(column, notation, keep_point=written).combine_chunks()
    if isinstance(text, pa.ChunkedArray):  # combine_chunks of no chunk at all
        text = pa.array([], pa.string())
    set_reason(reasons, np.asarray(text.is_null()), f"{column.name}: missing")
    text = text.fill_null("")
    values = fixed_width(text, time.format)
    left = np.flatnonzero(np.isnan(values))
    if len(left):
        values[left] = _one_by_one(text.take(pa.array(left)), time)
    set_reason(reasons, np.isnan(values), f"{column.name}{NO_TIME}{time.format}")
    return values


def fixed_width(text: pa.Array, form: str) -> FloatArray:
    """Seconds since 1970 of texts such as `2012-01-31 23:59:59`, whole columns at a time; float64 `[rows]`.

    Reads years of four digits, the rest of two, and plain letters; NaN stands for whatever is not just so, which may
    still be a time that `strptime` reads.
    """
    values = np.full(len(text), np.nan)
    pieces = re.findall(r"%.|[^%]", form)
    if not {"%Y", "%m", "%d"} <= set(pieces) or any(
        p[0] == "%" and (p not in _WIDTHS or pieces.count(p) > 1) for p in pieces
    ):
        return values
    width = sum(_WIDTHS.get(piece) or len(piece.encode()) for piece in pieces)
    fits = np.asarray(pc.equal(pc.binary_length(text), width).to_numpy(zero_copy_only=False), dtype=bool)
    chosen = text.filter(pa.array(fits))
    if not len(chosen):
        return values
    start = chosen.offset * width
    letters = np.frombuffer(chosen.buffers()[2], np.uint8)[start : start + len(chosen) * width].reshape(-1, width)
    parts, good = _digits(letters, pieces)
    seconds, real = _moments(parts)
    values[np.flatnonzero(fits)[good & real]] = seconds[good & real]
    return values


def _digits(letters: npt.NDArray[np.uint8], pieces: list[str]) -> tuple[dict[str, IntArray], npt.NDArray[np.bool_]]:
    """The number at each directive, int64 `[rows]`, and where every letter is as the format has it."""
    parts: dict[str, IntArray] = {}
    good = np.ones(len(letters), dtype=bool)
    place = 0
    for piece in pieces:
        if piece in _WIDTHS:
            digits = letters[:, place : place + _WIDTHS[piece]].astype(np.int64) - ord("0")
            good &= ((digits >= 0) & (digits <= 9)).all(axis=1)
            parts[piece] = digits @ 10 ** np.arange(_WIDTHS[piece])[::-1]
            place += _WIDTHS[piece]
        else:
            expected = np.frombuffer(piece.encode(), np.uint8)
            good &= (letters[:, place : place + len(expected)] == expected).all(axis=1)
            place += len(expected)
    return parts, good


def _moments(parts: dict[str, IntArray]) -> tuple[IntArray, npt.NDArray[np.bool_]]:
    """Seconds since 1970, and whether the calendar and the clock have such a moment."""
    real = (parts["%Y"] >= 1) & (parts["%m"] >= 1) & (parts["%d"] >= 1)
    for name, highest in _HIGHEST.items():
        real &= parts.get(name, np.zeros(1, np.int64)) <= highest
    months = ((parts["%Y"] - 1970) * 12 + np.clip(parts["%m"], 1, 12) - 1).astype("datetime64[M]")
    first, after = (one.astype("datetime64[D]").astype(np.int64) for one in (months, months + 1))
    days = first + parts["%d"] - 1
    real &= days < after
    clock = sum(parts.get(name, 0) * unit for name, unit in (("%H", 3600), ("%M", 60), ("%S", 1)))
    return days * 86400 + clock, real


def _one_by_one(text: pa.Array, time: Time) -> FloatArray:
    """Each distinct text once, by Python."""
    distinct = text.dictionary_encode()
    parsed = np.array([_parse(value, time) for value in distinct.dictionary.to_pylist()], dtype=np.float64)
    return np.asarray(parsed[distinct.indices.to_numpy()])


def _parse(text: str, time: Time) -> float:
    try:
        moment = datetime.strptime(text, time.format)
        if moment.tzinfo:  # a format with %z: the text names its own offset
            moment = moment.astimezone(ZoneInfo(time.source))
    except (ValueError, OverflowError):
        return float("nan")
    return moment.replace(tzinfo=timezone.utc).timestamp()


def _to_wall_clock(seconds: IntArray, source_zone: str, target_zone: str) -> tuple[IntArray, npt.NDArray[np.bool_]]:
    """Moves clock readings from one zone to another; offsets are looked up once a day, on days of change more often.

    Returns:
        The moved readings, and whether the source's clock ever showed them: it skips an hour when clocks go forward.
        Of the two moments of an hour shown twice, the first is meant.
    """
    if source_zone == target_zone == "UTC":
        return seconds, np.ones(len(seconds), dtype=bool)
    zones = ZoneInfo(source_zone), ZoneInfo(target_zone)
    shift = np.zeros(len(seconds), dtype=np.int64)
    exists = np.ones(len(seconds), dtype=bool)
    days, day_of = np.unique(seconds // _DAY_SECONDS, return_inverse=True)
    ends = [(_look_up(int(day) * _DAY_SECONDS, *zones), _look_up(int(day + 1) * _DAY_SECONDS, *zones)) for day in days]
    # A change of both clocks within one day, an hour apart, shows in the offsets and not in their difference.
    quiet = np.array([begin == end for begin, end in ends], dtype=bool)
    shift[:] = np.array([begin.shift for begin, _ in ends], dtype=np.int64)[day_of] if len(days) else 0
    restless = np.flatnonzero(~quiet[day_of]) if len(days) else np.array([], dtype=np.int64)
    steps, step_of = np.unique(seconds[restless] // STEP_SECONDS, return_inverse=True)
    found = [_look_up(int(step) * STEP_SECONDS, *zones) for step in steps]
    shift[restless] = np.array([one.shift for one in found], dtype=np.int64)[step_of] if found else 0
    exists[restless] = np.array([one.exists for one in found], dtype=bool)[step_of] if found else True
    return seconds + shift, exists


class _Reading(NamedTuple):
    """A reading of the source's clock: seconds that it and the target's are ahead of UTC; was it shown?"""

    source_offset: float
    target_offset: float
    exists: bool

    @property
    def shift(self) -> int:
        return int(self.target_offset - self.source_offset)


def _look_up(reading: int, source: ZoneInfo, target: ZoneInfo) -> _Reading:
    shown = datetime.fromtimestamp(reading, timezone.utc)
    moment = shown.replace(tzinfo=source).astimezone(timezone.utc)
    exists = moment.astimezone(source).replace(tzinfo=timezone.utc) == shown
    moved = moment.astimezone(target).replace(tzinfo=timezone.utc)
    return _Reading((shown - moment).total_seconds(), (moved - moment).total_seconds(), exists)
