"""Writes a table stretch by stretch; a file gets its name when it is whole."""

from __future__ import annotations

import gzip
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from data.batches import TEXT
from data.errors import DataError
from data.stored import python_values
from data.writing import is_device, written_whole

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
        try:
            with _csv_writer(sys.stdout.buffer, delimiter) as write:
                yield write
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            raise  # whoever reads has seen enough
        except OSError as error:
            # What it still holds would be written again, in vain, at the end of the process.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise DataError(f"standard output: {error.strerror or error}") from error
        return
    if not output.name.endswith(PARQUET + CSV) and not is_device(output):
        raise DataError(f"--output {output}: write to a .csv, .csv.gz, .txt or .parquet file")
    try:
        with written_whole(output) as stream, _writer(output.name, stream, delimiter) as write:
            yield write
    except BrokenPipeError:
        raise
    except OSError as error:
        raise DataError(f"--output {output}: {error.strerror or error}") from error


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
    # Not by the csv module, which writes no zero byte; bytes that are no UTF-8 leave as they came.
    special = re.compile(rb'["\r\n%b]' % re.escape(delimiter.encode()))
    end, begun = delimiter.encode(), False

    def line(values: Iterable[bytes]) -> bytes:
        quoted = (b'"%b"' % one.replace(b'"', b'""') if special.search(one) else one for one in values)
        return end.join(quoted) + b"\n"

    def write(table: pa.Table) -> None:
        nonlocal begun
        if not begun:
            stream.write(line(name.encode() for name in table.column_names))
            begun = True
        columns = [[_bytes(value) for value in python_values(column)] for column in table.columns]
        stream.writelines(map(line, zip(*columns, strict=True)))

    yield write


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return b"" if value is None else str(value).encode("utf-8", "surrogateescape")


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
    """Columns of a CSV as strings; bytes that are no UTF-8 are written as `\\xff`."""
    for index, field in enumerate(table.schema):
        if field.metadata == TEXT:
            texts = [value.decode("utf-8", "backslashreplace") for value in table.column(index).to_pylist()]
            table = table.set_column(index, pa.field(field.name, pa.string()), pa.array(texts, pa.string()))
    return table
