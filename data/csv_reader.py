"""Reads a CSV into columnar batches of text, and keeps apart the rows that are none.

It is read as text on purpose: a value that does not parse must become a reject with its line and reason, which a
typed reader would turn into a failure of the whole file.
"""

from __future__ import annotations

import io
import re
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from data.batches import BadRow, Batch, check_columns
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
    wanted = dataset.columns()
    ragged: deque[tuple[int, str, str]] = deque()

    def keep_apart(row: pyarrow.csv.InvalidRow) -> str:
        ragged.append((row.number, f"{row.actual_columns} fields, expected {row.expected_columns}", row.text))
        return "skip"

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
    try:
        _check(_csv_names(path, dataset), wanted, file, dataset)
        with pyarrow.csv.open_csv(path, reading, parsing, converting) as stream, _text(path) as text:
            records = enumerate(_record_lines(text, dataset.delimiter), start=1)
            if not dataset.header:
                next(records, None)
            for block in stream:
                lines, bad = _place(records, block.num_rows, ragged, file)
                yield Batch(file, pa.array(lines, pa.int64()), pa.Table.from_batches([block]).select(wanted), bad)
            if ragged:
                _, bad = _place(records, 0, ragged, file)
                yield Batch(file, pa.array([], pa.int64()), _no_rows(wanted), bad)
    except pa.ArrowInvalid as error:
        raise DataError(_csv_trouble(file, dataset, error)) from error
    except UnicodeDecodeError as error:
        raise DataError(f"{file}: the header line is not UTF-8 ({error}); save the file as UTF-8") from error
    except (OSError, EOFError) as error:
        raise DataError(f"{file}: cannot be read to its end ({error}); is it truncated?") from error


def _csv_names(path: str, dataset: Dataset) -> list[str]:
    if dataset.header:
        return list(dataset.header)
    reading = pyarrow.csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES)
    parsing = pyarrow.csv.ParseOptions(
        delimiter=dataset.delimiter, newlines_in_values=True, invalid_row_handler=lambda row: "skip"
    )
    with pyarrow.csv.open_csv(path, reading, parsing, pyarrow.csv.ConvertOptions(check_utf8=False)) as stream:
        return list(stream.schema.names)


def _text(path: str) -> io.TextIOWrapper:
    """The file's text, decompressed; Latin-1, which never fails and leaves quotes and line ends as they are."""
    return io.TextIOWrapper(pa.input_stream(path, compression="detect"), encoding="latin-1")


def _record_lines(text: Iterable[str], delimiter: str) -> Iterator[int]:
    """The line, from 1, on which each record begins; blank lines are no records, and quotes may hold line ends."""
    opening = re.compile(f'(?:^|{re.escape(delimiter)})"')
    closing = re.compile(r'[^"]*(?:""[^"]*)*"(?!")')
    inside = False
    for number, line in enumerate(text, start=1):
        if not inside:
            if line == "\n":
                continue
            yield number
            if '"' not in line:
                continue
        place = 0
        while True:
            found = closing.match(line, place) if inside else opening.search(line, place)
            if not found:
                break
            inside, place = not inside, found.end()


def _place(
    records: Iterator[tuple[int, int]], rows: int, ragged: deque[tuple[int, str, str]], file: str
) -> tuple[list[int], tuple[BadRow, ...]]:
    """Lines of the next `rows` good rows, and the ragged ones among them (all that are left, for no rows).

    The reader may be a block ahead, so `ragged` may hold later ones too: they wait for their turn.
    """
    lines: list[int] = []
    bad: list[BadRow] = []
    record, line = 0, 0
    while len(lines) < rows or (not rows and ragged):
        # Should the parser see a record more than the lines hold, it is counted to the last line.
        record, line = next(records, (record + 1, line))
        if ragged and ragged[0][0] == record:
            _, reason, text = ragged.popleft()
            bad.append(BadRow(file, line, reason, text))
        else:
            lines.append(line)
    return lines, tuple(bad)


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
