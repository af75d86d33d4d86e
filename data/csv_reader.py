"""Reads a CSV into columnar batches of text, and keeps apart the rows that are none.

It is read as text on purpose: a value that does not parse must become a reject with its line and reason, which a
typed reader would turn into a failure of the whole file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv

from data.batches import BadRow, Batch, check_columns
from data.csv_lines import Lines, record_lines
from data.errors import DataError
from data.spec import Dataset

BLOCK_BYTES = 4 << 20
"""Bytes of CSV per batch: large enough to be fast, small enough to keep memory flat."""


def read_csv(dataset: Dataset, path: str, file: str) -> Iterator[Batch]:
    """Batches of one CSV, plain or compressed.

    Args:
        dataset: the description.
        path: on this machine.
        file: what to call it.

    Raises:
        DataError: it is empty, truncated, no CSV, or lacks a described column.
    """
    if Path(path).stat().st_size == 0:
        raise DataError(f"{file} is empty: not even a header line")
    wanted = dataset.read_columns()
    try:
        places = _Places(path, file, dataset.delimiter)
        options = _options(dataset, wanted, places.keep_apart)
        _check(_csv_names(path, dataset), wanted, file, dataset)
        with pyarrow.csv.open_csv(path, *options) as stream:
            if not dataset.header:
                places.skip_header()
            for block in stream:
                lines, bad = places.take(block.num_rows)
                yield Batch(file, pa.array(lines), pa.Table.from_batches([block]).select(wanted), bad)
            if places.ragged:
                lines, bad = places.take(0)
                yield Batch(file, pa.array(lines), _no_rows(wanted), bad)
    except pa.ArrowInvalid as error:
        raise DataError(_csv_trouble(file, dataset, error)) from error
    except UnicodeDecodeError as error:
        raise DataError(f"{file}: the header line is not UTF-8 ({error}); save the file as UTF-8") from error
    except (OSError, EOFError) as error:
        raise DataError(f"{file}: cannot be read to its end ({error}); is it truncated?") from error


def _options(
    dataset: Dataset, wanted: list[str], keep_apart: Callable[[pyarrow.csv.InvalidRow], str]
) -> tuple[Any, ...]:
    """How to read, parse and convert."""
    # Threads would hide the numbers of ragged records.
    reading = pyarrow.csv.ReadOptions(
        use_threads=False,
        block_size=BLOCK_BYTES,
        column_names=list(dataset.header) if dataset.header else None,
    )
    parsing = pyarrow.csv.ParseOptions(
        delimiter=dataset.delimiter, newlines_in_values=True, invalid_row_handler=keep_apart
    )
    # Only what is wanted: the types of other columns would be guessed, and a wrong guess fails the whole file.
    converting = pyarrow.csv.ConvertOptions(
        check_utf8=False,
        include_columns=wanted,
        column_types={name: pa.binary() for name in wanted},
        strings_can_be_null=False,
    )
    return reading, parsing, converting


def _csv_names(path: str, dataset: Dataset) -> list[str]:
    if dataset.header:
        return list(dataset.header)
    reading = pyarrow.csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES)
    parsing = pyarrow.csv.ParseOptions(
        delimiter=dataset.delimiter, newlines_in_values=True, invalid_row_handler=lambda row: "skip"
    )
    with pyarrow.csv.open_csv(path, reading, parsing, pyarrow.csv.ConvertOptions(check_utf8=False)) as stream:
        return list(stream.schema.names)


class _Ragged(NamedTuple):
    """A record with too few or too many fields; `number` counts records from 1, the header among them."""

    number: int
    reason: str
    text: str


class _Places:
    """Gives records their lines: the parser tells only how many good ones a batch has, and which are ragged."""

    def __init__(self, path: str, file: str, delimiter: str) -> None:
        self._file = file
        self._stretches = record_lines(pa.input_stream(path, compression="detect"), delimiter)
        self._ahead = np.empty(0, dtype=np.int64)
        self._record, self._line = 0, 0
        self.ragged: deque[_Ragged] = deque()

    def keep_apart(self, row: pyarrow.csv.InvalidRow) -> str:
        """What the parser does with a ragged row."""
        reason = f"{row.actual_columns} fields, expected {row.expected_columns}"
        self.ragged.append(_Ragged(row.number, reason, row.text))
        return "skip"

    def skip_header(self) -> None:
        """The first record has no row."""
        self._next(1)
        self._record = 1

    def take(self, rows: int) -> tuple[Lines, tuple[BadRow, ...]]:
        """Lines of the next `rows` good rows, and the ragged ones among them (all that are left, for no rows).

        The parser may be a block ahead, so `ragged` may hold later ones too: they wait for their turn.
        """
        numbers = np.array([one.number for one in self.ragged], dtype=np.int64) - self._record
        count = rows if rows or not len(numbers) else int(numbers[-1])
        while rows and (more := rows + int(np.searchsorted(numbers, count, side="right"))) > count:
            count = more
        lines = self._next(count)
        turn = [self.ragged.popleft() for _ in range(int(np.searchsorted(numbers, count, side="right")))]
        places = np.array([one.number for one in turn], dtype=np.int64) - self._record - 1
        bad = tuple(
            BadRow(self._file, int(line), one.reason, one.text) for line, one in zip(lines[places], turn, strict=True)
        )
        self._record += count
        return np.delete(lines, places), bad

    def _next(self, count: int) -> Lines:
        while len(self._ahead) < count:
            stretch = next(self._stretches, None)
            if stretch is None:  # should the parser see a record more than the lines hold, it is counted to the last
                last = self._ahead[-1] if len(self._ahead) else self._line
                stretch = np.full(count - len(self._ahead), last, dtype=np.int64)
            self._ahead = np.concatenate([self._ahead, stretch])
        taken, self._ahead = self._ahead[:count], self._ahead[count:]
        self._line = int(taken[-1]) if count else self._line
        return taken


def _no_rows(names: list[str]) -> pa.Table:
    return pa.table({name: pa.array([], pa.binary()) for name in names})


def _check(present: list[str], wanted: list[str], file: str, dataset: Dataset) -> None:
    hint = ""
    if len(present) == 1 and any(mark in present[0] for mark in ";\t|,"):
        hint = f" The first line is one field, so data.delimiter {dataset.delimiter!r} may be wrong."
    check_columns(present, wanted, file, hint)


def _csv_trouble(file: str, dataset: Dataset, error: pa.ArrowInvalid) -> str:
    if "Empty CSV" in str(error):
        return f"{file} is empty: no row, or not even a header line"
    hint = " Is there a quote that is never closed?" if "straddl" in str(error) else ""
    return f"{file}: cannot be read as CSV with delimiter {dataset.delimiter!r}: {error}.{hint}"
