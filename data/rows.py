"""Turns batches of text into typed, filtered, split rows; every row is accepted or has one reason why not."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.reader import Batch, DataError
from data.spec import Dataset, Range, Time

SPLITS = ("train", "tune", "eval")
LIMITS = {"latitude": Range(low=-90, high=90), "longitude": Range(low=-180, high=180)}
INT32_SECONDS = 2**31 - 1
"""The last second that an int32 clock can show: 2038-01-19 03:14:07."""

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
    reasons = np.full(batch.columns.num_rows, "", dtype=object)
    typed: dict[str, npt.NDArray[Any]] = {}
    axes = dataset.coordinates()
    for name in [*axes, *dataset.numeric, dataset.label.column]:
        required = name in axes or name == dataset.label.column
        values = _numbers(batch.columns[name], name, required, reasons)
        _check_range(values, name, _limits(dataset, name), reasons)
        typed[name] = values.astype(np.float32)
    _check_origin(dataset, typed, reasons)
    if dataset.time:
        typed[dataset.time.column] = _seconds(batch.columns[dataset.time.column], dataset.time, reasons)
    for name in dataset.categorical:
        typed[name] = np.array([v or b"" for v in _as_binary(batch.columns[name]).to_pylist()], dtype=object)
    good = reasons == ""
    keys = [_as_binary(batch.columns[name]).to_pylist() for name in dataset.split.key or dataset.columns()]
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


def _as_binary(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column if pa.types.is_binary(column.type) else column.cast(pa.string()).cast(pa.binary())


def _set(reasons: npt.NDArray[Any], where: npt.NDArray[np.bool_], reason: str) -> None:
    """Gives the rows at `where` this reason unless they have an earlier one."""
    reasons[where & (reasons == "")] = reason


def _numbers(column: pa.ChunkedArray, name: str, required: bool, reasons: npt.NDArray[Any]) -> FloatArray:
    """float64 `[rows]`; NaN where missing. Text that is no finite number gives the row a reason."""
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        values = column.cast(pa.float64()).to_numpy().astype(np.float64)
        missing = np.isnan(values)
        bad = np.isinf(values)
    elif pa.types.is_binary(column.type) or pa.types.is_string(column.type):
        values, missing, bad = _parse_numbers(column)
    else:
        raise DataError(f"column {name} is stored as {column.type}; a number or text holding one is needed")
    _set(reasons, bad, f"{name}: not a finite number")
    if required:
        _set(reasons, missing, f"{name}: missing")
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
    values[plain] = pc.cast(text.filter(pa.array(plain)), pa.float64()).to_numpy()
    bad = (~plain & ~missing) | np.isinf(values)
    values[bad] = np.nan
    return values, missing, bad


def _as_utf8(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text; bytes that are no UTF-8 are read as Latin-1, which never fails and keeps digits as they are."""
    if pa.types.is_string(column.type):
        return column.fill_null("")
    try:
        return column.cast(pa.string()).fill_null("")
    except pa.ArrowInvalid:
        return pa.chunked_array([[(v or b"").decode("latin-1") for v in column.to_pylist()]], pa.string())


def _check_range(values: FloatArray, name: str, limits: list[Range], reasons: npt.NDArray[Any]) -> None:
    for limit in limits:
        outside = (values < limit.low) | (values > limit.high)
        _set(reasons, outside, f"{name}: outside {limit.low:g} to {limit.high:g}")


def _check_origin(dataset: Dataset, typed: dict[str, npt.NDArray[Any]], reasons: npt.NDArray[Any]) -> None:
    for name, point in dataset.points.items():
        origin = (typed[point.latitude] == 0) & (typed[point.longitude] == 0)
        _set(reasons, origin, f"{name}: 0/0 is no place")


def _seconds(column: pa.ChunkedArray, time: Time, reasons: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """int64 `[rows]`: seconds of local wall-clock time since 1970; 0 where the row is rejected."""
    if time.format == "unix":
        values = _numbers(column, time.column, True, reasons)
    else:
        values = _parse_times(column, time, reasons)
    _set(reasons, (values < 0) | (values > INT32_SECONDS), f"{time.column}: outside 1970 to 2038")
    seconds = np.where(reasons == "", np.nan_to_num(values), 0).astype(np.int64)
    return _to_wall_clock(seconds, time)


def _parse_times(column: pa.ChunkedArray, time: Time, reasons: npt.NDArray[Any]) -> FloatArray:
    """Seconds as the text reads, before any change of zone; each distinct text is parsed once."""
    text = pc.utf8_trim_whitespace(_as_utf8(column)).combine_chunks().dictionary_encode()
    if isinstance(text, pa.ChunkedArray):
        text = text.combine_chunks()
    parsed = np.array([_parse_time(value, time.format) for value in text.dictionary.to_pylist()], dtype=np.float64)
    values = parsed[text.indices.to_numpy()] if len(parsed) else np.empty(0)
    _set(reasons, np.isnan(values), f"{time.column}: does not read as {time.format}")
    return values


def _parse_time(text: str, pattern: str) -> float:
    try:
        return datetime.strptime(text, pattern).replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        return float("nan")


def _to_wall_clock(seconds: npt.NDArray[np.int64], time: Time) -> npt.NDArray[np.int64]:
    """Moves clock readings from `source_time_zone` to `time_zone`; offsets are looked up once an hour."""
    if time.source_time_zone == time.time_zone:
        return seconds
    source, target = ZoneInfo(time.source_time_zone), ZoneInfo(time.time_zone)
    hours, where = np.unique(seconds // 3600, return_inverse=True)
    shift = np.empty(len(hours), dtype=np.int64)
    for i, hour in enumerate(hours):
        naive = datetime.fromtimestamp(int(hour) * 3600, timezone.utc).replace(tzinfo=None)
        moment = naive.replace(tzinfo=source)
        source_offset, target_offset = moment.utcoffset(), moment.astimezone(target).utcoffset()
        assert source_offset is not None
        assert target_offset is not None
        shift[i] = int((target_offset - source_offset).total_seconds())
    return np.asarray(seconds + shift[where], dtype=np.int64)


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
