"""What readers hand on: rows of one file in columns, and the rows that could not be read."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from data.errors import DataError, printable

TEXT = {b"farelite": b"text"}
"""Marks a column of a CSV: text, though its bytes may be no UTF-8."""
_NAMED = 40
"""So many columns are named in a message."""


@dataclass(frozen=True)
class Layout:
    """How a table is written, and what is wanted of it.

    Attributes:
        wanted: columns that must be there.
        whole: give every column, not only those.
        whose: who wants them, for the message.
        format, header, delimiter, encoding: see `data.spec.Dataset`.
        described: whether somebody can describe the file otherwise. A table to predict has no description but that of
            the table that was learned from: another delimiter is found where its own leaves wanted columns out.
    """

    wanted: Sequence[str]
    whole: bool = False
    whose: str = "the configuration describes"
    format: str = "auto"
    header: Sequence[str] | None = None
    delimiter: str = ","
    encoding: str = "utf-8"
    described: bool = True


@dataclass(frozen=True)
class BadRow:
    """A row that could not be read at all.

    Attributes:
        line: from 1, the header line included.
        text: as a person may read it.
        fields: of a CSV where every column is wanted, as far as there are any.
    """

    file: str
    line: int
    reason: str
    text: str
    fields: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Batch:
    """Rows of one file in file order.

    Attributes:
        lines: int64 `[rows]`, the line on which each begins (CSV) or its row (Parquet), from 1.
        columns: those wanted; bytes for CSV, as stored for Parquet.
        bad_rows: rows of this stretch that could not be read.
        delimiter: that the file was read by; None of what has none.
    """

    file: str
    lines: pa.Array
    columns: pa.Table
    bad_rows: tuple[BadRow, ...]
    delimiter: str | None = None


def check_columns(present: Sequence[str], wanted: Sequence[str], file: str, whose: str, hint: str = "") -> None:
    """Whether every wanted column is there, once.

    Raises:
        DataError: one is missing or there twice.
    """
    missing = [name for name in wanted if name not in present]
    if missing:
        near = [printable(close[0]) for name in missing if (close := difflib.get_close_matches(name, present, n=1))]
        meant = f" Did you mean {', '.join(near)}?" if near else ""
        seen = ", ".join(printable(name[:_NAMED]) for name in present[:_NAMED])
        more = f" and {len(present) - _NAMED} more" if len(present) > _NAMED else ""
        raise DataError(
            f"{file} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)} that {whose}.{meant} "
            f"It has: {seen}{more}.{hint}"
        )
    twice = sorted({name for name in wanted if present.count(name) > 1})
    if twice:
        raise DataError(f"{file} has more than one column named {', '.join(twice)}; rename one of them")
