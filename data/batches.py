"""What readers hand on: rows of one file in columns, and the rows that could not be read."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from data.errors import DataError


@dataclass(frozen=True)
class BadRow:
    """A row that could not be read at all. `line` counts from 1 and includes the header line."""

    file: str
    line: int
    reason: str
    text: str


@dataclass(frozen=True)
class Batch:
    """Rows of one file in file order.

    Attributes:
        file: where they come from.
        lines: int64 `[rows]`, the line on which each begins (CSV) or its row (Parquet), from 1.
        columns: the described columns, strings for CSV, as stored for Parquet.
        bad_rows: rows of this stretch that could not be read.
    """

    file: str
    lines: pa.Array
    columns: pa.Table
    bad_rows: tuple[BadRow, ...]


def check_columns(present: list[str], wanted: list[str], file: str, hint: str = "") -> None:
    """Whether every wanted column is there, once.

    Raises:
        DataError: one is missing or there twice.
    """
    missing = [name for name in wanted if name not in present]
    if missing:
        raise DataError(
            f"{file} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)} that the configuration "
            f"describes. It has: {', '.join(present)}.{hint}"
        )
    twice = sorted({name for name in wanted if present.count(name) > 1})
    if twice:
        raise DataError(f"{file} has more than one column named {', '.join(twice)}; rename one of them")
