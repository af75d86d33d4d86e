"""Turns batches into typed, filtered, split rows; every row is accepted or has one reason why not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data.batches import Batch
from data.spec import Dataset
from data.splits import parts, places
from data.times import seconds_of
from data.values import as_binary, check_origin, check_range, check_swapped, limits_of, numbers, plain


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
        split: int8 `[rows]`, an index into `data.splits.SPLITS`.
        hashes: uint64 `[rows]`, of seed and all columns of a role.
        rejects: what was not accepted.
    """

    columns: dict[str, pa.Array]
    split: npt.NDArray[np.int8]
    hashes: npt.NDArray[np.uint64]
    rejects: Rejects

    def __len__(self) -> int:
        return len(self.split)


def to_rows(dataset: Dataset, batch: Batch, only: str | None = None, cut: int | None = None) -> Rows:
    """Types, checks and splits one batch.

    Args:
        dataset: the description.
        batch: rows as read.
        only: see `data.splits.parts`.
        cut: likewise.
    """
    columns = {name: plain(batch.columns[name]) for name in dataset.read_columns()}
    reasons = np.full(batch.columns.num_rows, "", dtype=object)
    typed = _numbers(dataset, columns, reasons)
    if dataset.time:
        typed[dataset.time.column] = seconds_of(columns[dataset.time.column], dataset.time, reasons)
    accepted = reasons == ""
    good = pa.array(accepted)
    found = {name: pa.array(values[accepted], _arrow_type(dataset, name)) for name, values in typed.items()}
    found |= {name: _one(as_binary(columns[name]).fill_null(b"").filter(good)) for name in dataset.categorical}
    texts = {name: _one(as_binary(column).filter(good)) for name, column in columns.items()}
    hashes = places([texts[name] for name in dataset.columns()], dataset.split.seed)
    key = dataset.split.key
    hashed = places([texts[name] for name in key], dataset.split.seed) if key else hashes
    seconds = np.asarray(found[dataset.time.column]) if dataset.time else None
    return Rows(
        found,
        parts(hashed, dataset.split, only, seconds, cut),
        hashes,
        _rejects(batch, reasons, accepted),
    )


def _numbers(dataset: Dataset, columns: dict[str, Any], reasons: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
    """Coordinates, numeric columns and the label, float32 `[rows]`; adds to `reasons`."""
    axes = dataset.coordinates()
    limits = {name: limits_of(dataset, name) for name in dataset.columns()}
    exact = {}
    for name in [*axes, *dataset.numeric, dataset.label.column]:
        required = name in axes or name == dataset.label.column
        exact[name] = numbers(columns[name], name, required, reasons)
        if name not in axes:
            check_range(exact[name], name, limits[name], reasons)
    # What is known to be no place is not called a place out of range.
    check_origin(dataset.points, exact, reasons)
    check_swapped(dataset.points, exact, limits, reasons)
    for name in axes:
        check_range(exact[name], name, limits[name], reasons)
    return {name: values.astype(np.float32) for name, values in exact.items()}


def _arrow_type(dataset: Dataset, name: str) -> pa.DataType:
    return pa.int64() if dataset.time and name == dataset.time.column else pa.float32()


def _one(column: pa.ChunkedArray) -> pa.Array:
    joined = column.combine_chunks()
    return joined if isinstance(joined, pa.Array) else pa.array([], column.type)


def _rejects(batch: Batch, reasons: npt.NDArray[Any], accepted: npt.NDArray[np.bool_]) -> Rejects:
    bad = pa.array(np.flatnonzero(~accepted))
    kept: Iterable[dict[str, Any]] = batch.columns.take(bad).to_pylist() if len(bad) else []
    return Rejects(
        batch.lines.take(bad).to_pylist() + [row.line for row in batch.bad_rows],
        reasons[~accepted].tolist() + [row.reason for row in batch.bad_rows],
        [",".join(_show(v) for v in row.values()) for row in kept] + [row.text for row in batch.bad_rows],
    )


def _show(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else "" if value is None else str(value)
