"""Reads CSV and Parquet by what a file holds, for ingestion and for `predict` alike."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from data.batches import Batch, Layout, check_columns
from data.content import as_utf8, is_parquet, unpacked
from data.csv_reader import read_csv
from data.errors import DataError
from data.stored import check_single


def read_table(layout: Layout, path: str, file: str) -> Iterator[Batch]:
    """Batches of one file in order.

    Raises:
        DataError: the file is no table, empty, damaged, or lacks a wanted column.
    """
    with unpacked(path, file) as (head, stream):
        if is_parquet(head):
            if layout.format == "csv":
                raise DataError(f"{file} is Parquet, but data.format is csv; leave data.format out")
            yield from read_parquet(layout, _seekable(path, head, stream), file)
        elif layout.format == "parquet":
            raise DataError(f"{file}: not a Parquet file, which data.format says; leave data.format out")
        else:
            yield from read_csv(layout, as_utf8(head, stream, layout.encoding, file), file)


def _seekable(path: str, head: bytes, stream: Any) -> Any:
    with Path(path).open("rb") as plain:
        return path if plain.read(len(head)) == head else pa.BufferReader(stream.read())


@dataclass(frozen=True)
class Stretch:
    """Consecutive rows of a file, all of them.

    Attributes:
        table: every column under its own name; binary for CSV, as stored for Parquet.
        faults: one entry a row: why it is no row of the table, empty if it is one.
        delimiter: see `Batch`.
    """

    table: pa.Table
    faults: list[str]
    delimiter: str | None = None


def read_whole(layout: Layout, file: str) -> Iterator[Stretch]:
    """Every row and column in order, in at least one stretch; of a row that is none, the fields that it has."""
    for batch in read_table(layout, file, file):
        bad, width = batch.bad_rows, batch.columns.num_columns
        reasons = [""] * batch.columns.num_rows + [row.reason for row in bad]
        if not bad:
            yield Stretch(batch.columns, reasons, batch.delimiter)
            continue
        padded = [(*row.fields, *[b""] * width)[:width] for row in bad]
        fields = [pa.array(values, pa.binary()) for values in zip(*padded, strict=True)]
        table = pa.concat_tables([batch.columns, pa.table(fields, schema=batch.columns.schema)])
        order = np.argsort([*batch.lines.to_pylist(), *(row.line for row in bad)], kind="stable")
        yield Stretch(table.take(pa.array(order)), [reasons[row] for row in order], batch.delimiter)


BATCH_ROWS = 65536


def read_parquet(layout: Layout, source: Any, file: str) -> Iterator[Batch]:
    """Batches of one Parquet file.

    Raises:
        DataError: it is damaged, no Parquet, lacks a wanted column, or holds more than one value a row in one.
    """
    try:
        stored = pyarrow.parquet.ParquetFile(source)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{file}: not a Parquet file, or a damaged or truncated one ({error})") from error
    with stored:
        schema = stored.schema_arrow
        check_columns(schema.names, layout.wanted, file, layout.whose)
        try:
            for name in layout.wanted:
                check_single(schema.field(name).type, name)
        except DataError as error:
            raise DataError(f"{file}: {error}") from error
        wanted = None if layout.whole else list(layout.wanted)
        if layout.whole:
            yield Batch(file, pa.array([], pa.int64()), schema.empty_table(), ())
        row = 1
        try:
            for block in stored.iter_batches(batch_size=BATCH_ROWS, columns=wanted):
                lines = pa.array(np.arange(row, row + block.num_rows))
                row += block.num_rows
                table = pa.Table.from_batches([block])
                yield Batch(file, lines, table if wanted is None else table.select(wanted), ())
        except (pa.ArrowException, OSError) as error:
            raise DataError(
                f"{file}: row {row} and those behind it cannot be read ({error}); is it damaged?"
            ) from error
