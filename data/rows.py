"""Turns batches of text into typed, filtered, split rows; every row is accepted or has one reason why not."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.batches import Batch
from data.errors import DataError
from data.spec import Dataset, Point, Range, Time

SPLITS = ("train", "tune", "eval")
LIMITS = {"latitude": Range(low=-90, high=90), "longitude": Range(low=-180, high=180)}
INT32_SECONDS = 2**31 - 1
"""The last second that an int32 clock can show: 2038-01-19 03:14:07."""

FLOAT32_MAX = float(np.finfo(np.float32).max)
STEP_SECONDS = 900
"""Clocks change on a quarter of an hour."""

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Rejects:
    """Rejected rows of one batch: parallel lists, one entry a row."""

    lines: list[int]
    reasons: list[str]
    values: list[str]


@dataclass(frozen=True)
class Rows:
    """Accepted rows of one batch.

    Attributes:
        columns: by column name: float32 (coordinates, numeric, label), int64 (time, seconds of local wall-clock time
            since 1970) or bytes (categorical; empty for missing). A missing number is NaN.
        split: int8 `[rows]`, an index into `SPLITS`.
        rejects: what was not accepted.
    """

    columns: dict[str, pa.Array]
    split: npt.NDArray[np.int8]
    rejects: Rejects

    def __len__(self) -> int:
        return len(self.split)


def to_rows(dataset: Dataset, batch: Batch, only: str | None = None) -> Rows:
    """Types, checks and splits one batch.

    Args:
        dataset: the description.
        batch: rows as read.
        only: `eval` puts every row there; `fit` parts the rows into train and tune only; None into all three.
    """
    columns = {name: plain(batch.columns[name]) for name in dataset.columns()}
    reasons = np.full(batch.columns.num_rows, "", dtype=object)
    typed: dict[str, npt.NDArray[Any]] = {}
    axes = dataset.coordinates()
    for name in [*axes, *dataset.numeric, dataset.label.column]:
        required = name in axes or name == dataset.label.column
        values = numbers(columns[name], name, required, reasons)
        check_range(values, name, _limits(dataset, name), reasons)
        typed[name] = values.astype(np.float32)
    check_origin(dataset.points, typed, reasons)
    if dataset.time:
        typed[dataset.time.column] = seconds_of(columns[dataset.time.column], dataset.time, reasons)
    for name in dataset.categorical:
        typed[name] = np.array([v or b"" for v in as_binary(columns[name]).to_pylist()], dtype=object)
    good = reasons == ""
    keys = [as_binary(columns[name]).to_pylist() for name in dataset.split.key or dataset.columns()]
    split = _split(dataset, keys, good, only)
    return Rows(
        {name: pa.array(values[good], _arrow_type(dataset, name)) for name, values in typed.items()},
        split,
        _rejects(batch, reasons, good),
    )


def _arrow_type(dataset: Dataset, name: str) -> pa.DataType:
    if name in dataset.categorical:
        return pa.binary()
    return pa.int64() if dataset.time and name == dataset.time.column else pa.float32()


def _limits(dataset: Dataset, name: str) -> list[Range]:
    found = [dataset.filters[name]] if name in dataset.filters else []
    axis = dataset.coordinates().get(name)
    if axis:
        found.append(LIMITS[axis])
    if name == dataset.label.column and dataset.label.range:
        found.append(dataset.label.range)
    return found


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


def set_reason(reasons: npt.NDArray[Any], where: npt.NDArray[np.bool_], reason: str) -> None:
    """Gives the rows at `where` this reason unless they have an earlier one."""
    reasons[where & (reasons == "")] = reason


def numbers(column: pa.ChunkedArray, name: str, required: bool, reasons: npt.NDArray[Any]) -> FloatArray:
    """float64 `[rows]`; NaN where missing. Text that is no finite number gives the row a reason."""
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        values = column.cast(pa.float64(), safe=False).to_numpy().astype(np.float64)
        missing = np.isnan(values)
        bad = np.zeros(len(values), dtype=bool)
    elif pa.types.is_binary(column.type) or pa.types.is_string(column.type):
        values, missing, bad = _parse_numbers(column)
    else:
        raise DataError(f"column {name} is stored as {column.type}; a number or text holding one is needed")
    bad |= np.abs(values) > FLOAT32_MAX
    values[bad] = np.nan
    set_reason(reasons, bad, f"{name}: not a finite number")
    if required:
        set_reason(reasons, missing, f"{name}: missing")
    return values


def _parse_numbers(
    column: pa.ChunkedArray,
) -> tuple[FloatArray, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    text = pc.utf8_trim_whitespace(_as_utf8(column))
    missing = np.asarray(pc.equal(pc.binary_length(text), 0).to_numpy(), dtype=bool)
    # Python's float() alone would take '1_000', 'nan' and 'inf'.
    plain = np.asarray(
        pc.match_substring_regex(text, r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$").to_numpy(), dtype=bool
    )
    values = np.full(len(missing), np.nan)
    unsigned = pc.utf8_ltrim(text.filter(pa.array(plain)), characters="+")  # Arrow reads no '+5'
    values[plain] = pc.cast(unsigned, pa.float64()).to_numpy()
    return values, missing, ~plain & ~missing


def _as_utf8(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text; bytes that are no UTF-8 are read as Latin-1, which never fails and keeps digits as they are."""
    if pa.types.is_string(column.type):
        return column.fill_null("")
    try:
        return column.cast(pa.string()).fill_null("")
    except pa.ArrowInvalid:
        return pa.chunked_array([[(v or b"").decode("latin-1") for v in column.to_pylist()]], pa.string())


def check_range(values: FloatArray, name: str, limits: list[Range], reasons: npt.NDArray[Any]) -> None:
    """Gives rows outside a limit a reason; NaN is outside of none."""
    for limit in limits:
        outside = (values < limit.low) | (values > limit.high)
        set_reason(reasons, outside, f"{name}: outside {limit.low:g} to {limit.high:g}")


def check_origin(points: Mapping[str, Point], typed: dict[str, npt.NDArray[Any]], reasons: npt.NDArray[Any]) -> None:
    """Gives rows with a point at 0/0, which devices without a fix report, a reason."""
    for name, point in points.items():
        origin = (typed[point.latitude] == 0) & (typed[point.longitude] == 0)
        set_reason(reasons, origin, f"{name}: 0/0 is no place")


def seconds_of(column: pa.ChunkedArray, time: Time, reasons: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """int64 `[rows]`: seconds of local wall-clock time since 1970; 0 where the row is rejected.

    Stored timestamps are taken as they are, whatever `format` says.
    """
    source = "UTC" if getattr(column.type, "tz", None) else time.source_time_zone
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        values = _stored_times(column, time, reasons)
    elif time.format == "unix":
        values = numbers(column, time.column, True, reasons)
    else:
        values = _parse_times(column, time, reasons)
    outside = f"{time.column}: outside 1970 to 2038"
    set_reason(reasons, (values < 0) | (values > INT32_SECONDS), outside)
    seconds, exists = _to_wall_clock(
        np.where(reasons == "", np.nan_to_num(values), 0).astype(np.int64), source, time.time_zone
    )
    set_reason(reasons, ~exists, f"{time.column}: no such time in {source}, where clocks went forward")
    set_reason(reasons, (seconds < 0) | (seconds > INT32_SECONDS), outside)
    return np.where(reasons == "", seconds, 0)


def _stored_times(column: pa.ChunkedArray, time: Time, reasons: npt.NDArray[Any]) -> FloatArray:
    """Seconds of UTC for timestamps with a zone, else as a clock in `source_time_zone` showed them."""
    seconds = column.cast(pa.timestamp("s", getattr(column.type, "tz", None)), safe=False).cast(pa.int64())
    set_reason(reasons, np.asarray(seconds.is_null()), f"{time.column}: missing")
    return np.asarray(seconds.fill_null(0), dtype=np.float64)


def _parse_times(column: pa.ChunkedArray, time: Time, reasons: npt.NDArray[Any]) -> FloatArray:
    """Seconds as the text reads in its zone, before any change of zone; each distinct text is parsed once."""
    text = pc.utf8_trim_whitespace(_as_utf8(column)).combine_chunks().dictionary_encode()
    if isinstance(text, pa.ChunkedArray):
        text = text.combine_chunks()
    parsed = np.array([_parse_time(value, time) for value in text.dictionary.to_pylist()], dtype=np.float64)
    values = parsed[text.indices.to_numpy()] if len(parsed) else np.empty(0)
    set_reason(reasons, np.isnan(values), f"{time.column}: does not read as {time.format}")
    return values


def _parse_time(text: str, time: Time) -> float:
    try:
        moment = datetime.strptime(text, time.format)
        if moment.tzinfo:  # a format with %z: the text names its own offset
            moment = moment.astimezone(ZoneInfo(time.source_time_zone))
    except (ValueError, OverflowError):
        return float("nan")
    return moment.replace(tzinfo=timezone.utc).timestamp()


def _to_wall_clock(
    seconds: npt.NDArray[np.int64], source_zone: str, target_zone: str
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Moves clock readings from one zone to another; offsets are looked up once a quarter of an hour.

    Returns:
        The moved readings, and whether the source's clock ever showed them: it skips an hour when clocks go forward.
        Of the two moments of an hour shown twice, the first is meant.
    """
    if source_zone == target_zone == "UTC":
        return seconds, np.ones(len(seconds), dtype=bool)
    source, target = ZoneInfo(source_zone), ZoneInfo(target_zone)
    steps, where = np.unique(seconds // STEP_SECONDS, return_inverse=True)
    shift = np.empty(len(steps), dtype=np.int64)
    exists = np.empty(len(steps), dtype=bool)
    for i, step in enumerate(steps):
        shown = datetime.fromtimestamp(int(step) * STEP_SECONDS, timezone.utc)
        moment = shown.replace(tzinfo=source).astimezone(timezone.utc)
        exists[i] = moment.astimezone(source).replace(tzinfo=timezone.utc) == shown
        moved = moment.astimezone(target).replace(tzinfo=timezone.utc)
        shift[i] = int((moved - shown).total_seconds())
    return np.asarray(seconds + shift[where], dtype=np.int64), exists[where]


def _split(
    dataset: Dataset, keys: list[list[bytes]], good: npt.NDArray[np.bool_], only: str | None
) -> npt.NDArray[np.int8]:
    """int8 `[good rows]`: where a hash of seed and key, read as a number in [0, 1), falls."""
    if only == "eval":
        return np.full(int(good.sum()), SPLITS.index("eval"), dtype=np.int8)
    choice = dataset.split
    salt = f"{choice.seed}".encode()
    places = np.fromiter(
        (
            int.from_bytes(hashlib.blake2b(b"\x1f".join([salt, *key]), digest_size=8).digest(), "big")
            for key, ok in zip(zip(*[[v or b"" for v in column] for column in keys], strict=True), good, strict=True)
            if ok
        ),
        dtype=np.uint64,
    ) / float(2**64)
    eval_fraction = 0.0 if only == "fit" else choice.eval_fraction
    parts = np.full(len(places), SPLITS.index("train"), dtype=np.int8)
    parts[places < eval_fraction + choice.tune_fraction * (1 - eval_fraction)] = SPLITS.index("tune")
    parts[places < eval_fraction] = SPLITS.index("eval")
    return parts


def _rejects(batch: Batch, reasons: npt.NDArray[Any], good: npt.NDArray[np.bool_]) -> Rejects:
    bad = np.flatnonzero(~good)
    kept = batch.columns.take(pa.array(bad)).to_pylist() if len(bad) else []
    lines = [int(batch.lines[int(i)].as_py()) for i in bad]
    values = [",".join(_show(v) for v in row.values()) for row in kept]
    return Rejects(
        lines + [row.line for row in batch.bad_rows],
        [str(reasons[i]) for i in bad] + [row.reason for row in batch.bad_rows],
        values + [row.text for row in batch.bad_rows],
    )


def _show(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else "" if value is None else str(value)
