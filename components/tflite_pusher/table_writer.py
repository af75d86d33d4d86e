"""Writes a table stretch by stretch; a file gets its name when it is whole."""

from __future__ import annotations

import csv
import gzip
import io
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from components.tflite_pusher.table_reader import TEXT
from data.errors import DataError
from data.stored import python_values

PARQUET = (".parquet", ".pq")
CSV = (".csv", ".csv.gz", ".txt")

Write = Callable[[pa.Table], None]


@contextmanager
def writing(output: Path | None, delimiter: str) -> Iterator[Write]:
    """A function that appends a table's rows; the file gets its name when the block has ended well.

    Args:
        output: `.parquet` or `.pq`; `.csv`, `.csv.gz` or `.txt`; a device; None for CSV on standard output.
        delimiter: of the CSV.

    Raises:
        DataError: the name tells no format, or the file cannot be written.
    """
    if output is None:
        with _csv_writer(sys.stdout.buffer, delimiter) as write:
            yield write
        return
    in_place = output.exists() and not output.is_file()
    if output.is_dir() or not (in_place or output.name.endswith(PARQUET + CSV)):
        raise DataError(f"--output {output}: write to a .csv, .csv.gz, .txt or .parquet file")
    aside = output if in_place else output.with_name(f".{output.name}.{uuid.uuid4().hex[:8]}")
    try:
        with aside.open("wb") as stream, _writer(output.name, stream, delimiter) as write:
            yield write
        if not in_place:
            aside.replace(output)
    except BrokenPipeError:
        raise  # whoever reads has seen enough
    except OSError as error:
        raise DataError(f"--output {output}: {error.strerror or error}") from error
    finally:
        if not in_place:
            aside.unlink(missing_ok=True)


@contextmanager
def _writer(name: str, stream: BinaryIO, delimiter: str) -> Iterator[Write]:
    if name.endswith(PARQUET):
        with _parquet_writer(stream) as write:
            yield write
    elif name.endswith(".gz"):
        with gzip.GzipFile(fileobj=stream, mode="wb", mtime=0) as packed, _csv_writer(packed, delimiter) as write:
            yield write
    else:
        with _csv_writer(stream, delimiter) as write:
            yield write


@contextmanager
def _csv_writer(stream: Any, delimiter: str) -> Iterator[Write]:
    text = io.TextIOWrapper(stream, encoding="utf-8", errors="surrogateescape", newline="")
    # A lone \r is quoted only where it is part of the line's end; the end itself is then written as \n.
    lines = csv.writer(_Unix(text), delimiter=delimiter, lineterminator="\r\n")
    begun = False

    def write(table: pa.Table) -> None:
        nonlocal begun
        if not begun:
            lines.writerow(table.column_names)
            begun = True
        columns = [[_text(value) for value in python_values(column)] for column in table.columns]
        lines.writerows(zip(*columns, strict=True))

    try:
        yield write
    finally:
        text.detach()  # flushes, and leaves the stream to its owner


@dataclass(frozen=True)
class _Unix:
    text: TextIO

    def write(self, line: str) -> None:
        self.text.write(f"{line[:-2]}\n")


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "surrogateescape")
    # Python 3.10 writes no NUL into a CSV.
    return "" if value is None else str(value).replace("\0", "\N{REPLACEMENT CHARACTER}")


@contextmanager
def _parquet_writer(stream: BinaryIO) -> Iterator[Write]:
    writer: Any = None

    def write(table: pa.Table) -> None:
        nonlocal writer
        table = _with_text(table)
        writer = writer or pq.ParquetWriter(stream, table.schema, version="2.6")  # nanoseconds stay
        writer.write_table(table)

    try:
        yield write
    finally:
        if writer is not None:
            writer.close()


def _with_text(table: pa.Table) -> pa.Table:
    """Columns of a CSV as strings; bytes that are no UTF-8 are shown as `\\xff`."""
    for index, field in enumerate(table.schema):
        if field.metadata == TEXT:
            texts = [value.decode("utf-8", "backslashreplace") for value in table.column(index).to_pylist()]
            table = table.set_column(index, pa.field(field.name, pa.string()), pa.array(texts, pa.string()))
    return table
