"""Reads a table with every column and every row kept, ragged ones too; CSV or Parquet, plain or gzipped."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import DataError

STRETCH_ROWS = 8192
LONGEST_FIELD = 1 << 20
"""Characters; a longer field means that a quote was never closed."""
TEXT = {b"farelite": b"text"}
"""Marks a column of a CSV: text, though its bytes may be no UTF-8."""


@dataclass(frozen=True)
class Stretch:
    """Consecutive rows of a file.

    Attributes:
        table: every column under its own name; binary for CSV, as stored for Parquet.
        faults: one entry a row: why it is no row of the table, empty if it is one.
    """

    table: pa.Table
    faults: list[str]


def read_table(file: str, delimiter: str, header: list[str] | None, wanted: list[str]) -> Iterator[Stretch]:
    """Rows in order, in at least one stretch; only lines that are wholly blank are passed over.

    Args:
        file: gzip and Parquet are known by their first bytes, whatever its name.
        delimiter: between the fields of a CSV.
        header: names of the columns of a CSV whose first line does not hold the wanted ones.
        wanted: columns that must be there.

    Raises:
        DataError: no such file, empty, damaged, or a wanted column is missing.
    """
    try:
        with Path(file).open("rb") as raw:
            stream: Any = gzip.GzipFile(fileobj=raw) if raw.peek(2)[:2] == b"\x1f\x8b" else raw
            if stream.peek(4)[:4] == b"PAR1":
                yield from _read_parquet(file, stream, wanted)
            else:
                yield from _read_csv(file, stream, delimiter, header, wanted)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise DataError(f"{file}: {error.strerror} (looked from {Path.cwd()})") from error
    except (OSError, EOFError, zlib.error, pa.ArrowException) as error:
        raise DataError(f"{file}: cannot be read to its end ({error}); is it truncated?") from error


def _read_parquet(file: str, stream: Any, wanted: list[str]) -> Iterator[Stretch]:
    seeks = isinstance(stream, io.BufferedReader) and stream.seekable()
    stored = pq.ParquetFile(stream if seeks else pa.BufferReader(stream.read()))
    schema = stored.schema_arrow
    _check(file, schema.names, wanted)
    yield Stretch(schema.empty_table(), [])
    for batch in stored.iter_batches(batch_size=STRETCH_ROWS):
        yield Stretch(pa.Table.from_batches([batch], schema), [""] * batch.num_rows)


def _read_csv(file: str, stream: Any, delimiter: str, header: list[str] | None, wanted: list[str]) -> Iterator[Stretch]:
    # Bytes that are no UTF-8 come through unchanged: they enter as lone surrogates and leave as the same bytes.
    with io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
        rows = _records(text, delimiter)
        first = next(rows, None)
        if first is None:
            raise DataError(f"{file} is empty: not even a header line")
        headless = header is not None and not set(wanted) <= set(first)
        names = header if header is not None and headless else first
        _check(file, names, wanted)
        kept = [first] if headless else []
        yield _stretch(names, [])
        for row in rows:
            kept.append(row)
            if len(kept) == STRETCH_ROWS:
                yield _stretch(names, kept)
                kept = []
        yield _stretch(names, kept)


def _records(text: TextIO, delimiter: str) -> Iterator[list[str]]:
    """Rows of fields. A stray quote, which would make one row of many lines, spoils its own line only."""
    csv.field_size_limit(LONGEST_FIELD)
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in text:
            taken.append(line.replace("\0", "\N{REPLACEMENT CHARACTER}"))
            yield taken[-1]

    reader = csv.reader(lines(), delimiter=delimiter, strict=True)
    width = 0
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            row = []
        width = width or len(row)
        if row and (len(taken) == 1 or len(row) == width):
            yield row
        else:
            yield from (_fields(line, delimiter) for line in taken if line.strip("\r\n"))
        taken.clear()


def _fields(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        return line.rstrip("\r\n").split(delimiter)


def _stretch(names: list[str], rows: list[list[str]]) -> Stretch:
    width = len(names)
    faults = ["" if len(row) == width else f"{len(row)} fields where the header has {width}" for row in rows]
    padded = [(row + [""] * width)[:width] for row in rows]
    columns = list(zip(*padded, strict=True)) if padded else [()] * width
    arrays = [pa.array([value.encode("utf-8", "surrogateescape") for value in one], pa.binary()) for one in columns]
    schema = pa.schema([pa.field(name, pa.binary(), metadata=TEXT) for name in names])
    return Stretch(pa.Table.from_arrays(arrays, schema=schema), faults)


def _check(file: str, present: list[str], wanted: list[str]) -> None:
    missing = [name for name in wanted if name not in present]
    seen = ", ".join(present)
    if missing:
        several = "s" if len(missing) > 1 else ""
        raise DataError(f"{file} lacks the column{several} {', '.join(missing)} that the model takes. It has: {seen}")
    twice = sorted({name for name in wanted if present.count(name) > 1})
    if twice:
        raise DataError(f"{file} has more than one column named {', '.join(twice)}; rename one of them")
