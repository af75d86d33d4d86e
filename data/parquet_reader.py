"""Reads a Parquet file into columnar batches, the values as they are stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from data.batches import Batch, Layout, check_columns
from data.errors import DataError
from data.stored import check_single

BATCH_ROWS = 65536


def read_parquet(layout: Layout, source: Any, file: str) -> Iterator[Batch]:
    """Batches of one Parquet file.

    Args:
        layout: what is wanted of it.
        source: a path on this machine or the bytes.
        file: what to call it.

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
