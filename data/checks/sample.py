"""A small sample of the training rows, and what each column holds at all, for warnings about single columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.checks.ids import numbered
from data.checks.leaks import correlations
from data.rows import Rows
from data.splits import SPLITS, places

ROWS = 1000
_FEW = 2
"""Distinct values that are kept: one is a constant, two are not."""


Numbers = dict[str, npt.NDArray[np.float64]]


class ColumnSample:
    """The training rows of the smallest hashes, each different row once; `add` and `merge` may come in any order."""

    def __init__(self) -> None:
        self._hashes = np.empty(0, dtype=np.uint64)
        self._columns: Numbers = {}
        self._codes: Numbers = {}
        self._values: dict[str, list[str]] = {}

    def add(self, rows: Rows) -> None:
        """Takes in the training rows of a batch."""
        train = np.flatnonzero(rows.split == SPLITS.index("train"))
        chosen = train[np.argsort(rows.hashes[train], kind="stable")[:ROWS]]
        every, some = pa.array(train), pa.array(chosen)
        drawn = {name: column.take(some) for name, column in rows.columns.items()}
        columns = {name: _numbers(column) for name, column in drawn.items()}
        codes = {name: _code(column) for name, column in drawn.items() if pa.types.is_binary(column.type)}
        self._take(rows.hashes[chosen], columns, codes)
        self._note({name: _distinct(column.take(every)) for name, column in rows.columns.items()})

    def merge(self, other: ColumnSample) -> None:
        """Adds what another has seen."""
        self._take(other._hashes, other._columns, other._codes)
        self._note(other._values)

    def _take(self, hashes: npt.NDArray[np.uint64], columns: Numbers, codes: Numbers) -> None:
        _, kept = np.unique(np.concatenate([self._hashes, hashes]), return_index=True)
        kept = kept[:ROWS]
        self._columns = _joined(self._columns, columns, kept)
        self._codes = _joined(self._codes, codes, kept)
        self._hashes = np.concatenate([self._hashes, hashes])[kept]

    def _note(self, values: dict[str, list[str]]) -> None:
        for name, some in values.items():
            self._values[name] = sorted({*self._values.get(name, []), *some})[:_FEW]

    def findings(self, label: str, time: str | None = None) -> dict[str, Any]:
        """What `data.checks.findings` makes sentences of.

        Args:
            label: its column.
            time: of the ride or whatever a row is; it is known, however much it tells.

        Returns:
            `label`, `rows` (of the sample), `telling` (correlation by column), `constant` (value by column, the label's
            too), `missing` (columns) and `numbered` (smallest and largest by column).
        """
        telling: dict[str, float] = {}
        for columns in (self._columns, self._codes) if label in self._columns else ():
            asked = {name: values for name, values in columns.items() if name not in (label, time, *telling)}
            telling |= correlations(asked, self._columns[label])
        numbers = {name: one for name, one in self._columns.items() if name not in (label, time, *self._codes)}
        return {
            "label": label,
            "rows": len(self._hashes),
            "telling": telling,
            "constant": {name: one[0] for name, one in self._values.items() if len(one) == 1 and one[0]},
            "missing": [name for name, one in self._values.items() if one == [""] and name != label],
            "numbered": numbered(numbers),
        }

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        columns, codes = ({name: one.tolist() for name, one in kind.items()} for kind in (self._columns, self._codes))
        return {"hashes": self._hashes.tolist(), "columns": columns, "codes": codes, "values": self._values}

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> ColumnSample:
        """The inverse of `to_json`."""
        found = cls()
        found._hashes = np.array(plain["hashes"], dtype=np.uint64)
        found._columns = {name: np.array(values, dtype=np.float64) for name, values in plain["columns"].items()}
        found._codes = {name: np.array(values, dtype=np.float64) for name, values in plain["codes"].items()}
        found._values = plain["values"]
        return found


def _joined(known: Numbers, more: Numbers, kept: npt.NDArray[np.intp]) -> Numbers:
    nothing = np.empty(0)
    names = known or more
    return {name: np.concatenate([known.get(name, nothing), more.get(name, nothing)])[kept] for name in names}


def _code(column: pa.Array) -> npt.NDArray[np.float64]:
    """float64 `[rows]`: a number for each text, NaN for none."""
    codes = (places([column], seed=0) & np.uint64(2**53 - 1)).astype(np.float64)
    return np.where(np.asarray(pc.binary_length(column)) > 0, codes, np.nan)


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
