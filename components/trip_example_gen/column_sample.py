"""A small sample of the training rows, and what each column holds at all, for warnings about single columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from components.column_checks import correlations
from data.rows import Rows
from data.splits import SPLITS

ROWS = 1000
_FEW = 2
"""Distinct values that are kept: one is a constant, two are not."""


class ColumnSample:
    """The training rows of the smallest hashes, each different row once; `add` and `merge` may come in any order."""

    def __init__(self) -> None:
        self._hashes = np.empty(0, dtype=np.uint64)
        self._columns: dict[str, npt.NDArray[np.float64]] = {}
        self._values: dict[str, list[str]] = {}

    def add(self, rows: Rows) -> None:
        """Takes in the training rows of a batch."""
        train = np.flatnonzero(rows.split == SPLITS.index("train"))
        chosen = train[np.argsort(rows.hashes[train], kind="stable")[:ROWS]]
        every, some = pa.array(train), pa.array(chosen)
        columns = {name: _numbers(column.take(some)) for name, column in rows.columns.items()}
        self._take(rows.hashes[chosen], columns)
        self._note({name: _distinct(column.take(every)) for name, column in rows.columns.items()})

    def merge(self, other: ColumnSample) -> None:
        """Adds what another has seen."""
        self._take(other._hashes, other._columns)
        self._note(other._values)

    def _take(self, hashes: npt.NDArray[np.uint64], columns: dict[str, npt.NDArray[np.float64]]) -> None:
        known = self._columns or {name: np.empty(0) for name in columns}
        _, kept = np.unique(np.concatenate([self._hashes, hashes]), return_index=True)
        kept = kept[:ROWS]
        self._columns = {name: np.concatenate([known[name], columns[name]])[kept] for name in known}
        self._hashes = np.concatenate([self._hashes, hashes])[kept]

    def _note(self, values: dict[str, list[str]]) -> None:
        for name, some in values.items():
            self._values[name] = sorted({*self._values.get(name, []), *some})[:_FEW]

    def findings(self, label: str) -> dict[str, Any]:
        """`label`, `telling` (correlation by column), `constant` (value by column) and `missing` (columns)."""
        inputs = {name: values for name, values in self._values.items() if name != label}
        return {
            "label": label,
            "telling": correlations(self._columns, label) if label in self._columns else {},
            "constant": {name: values[0] for name, values in inputs.items() if len(values) == 1 and values[0]},
            "missing": [name for name, values in inputs.items() if values == [""]],
        }

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        columns = {name: values.tolist() for name, values in self._columns.items()}
        return {"hashes": self._hashes.tolist(), "columns": columns, "values": self._values}

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> ColumnSample:
        """The inverse of `to_json`."""
        found = cls()
        found._hashes = np.array(plain["hashes"], dtype=np.uint64)
        found._columns = {name: np.array(values, dtype=np.float64) for name, values in plain["columns"].items()}
        found._values = plain["values"]
        return found


def _numbers(column: pa.Array) -> npt.NDArray[np.float64]:
    """float64 `[rows]`; of texts what they read as, NaN where that is no number."""
    if not pa.types.is_binary(column.type):
        return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)
    return np.array([_number(text) for text in column.to_pylist()], dtype=np.float64)


def _number(text: bytes) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _distinct(column: pa.Array) -> list[str]:
    """The first two distinct values as texts; the empty one is a missing value."""
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
    values = pc.unique(column).slice(0, _FEW).to_pylist()
    return sorted({_text(value) for value in values})


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return str(value) if isinstance(value, int) else f"{value:g}"
