"""Reads a Parquet file into columnar batches, the values as they are stored."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from data.batches import Batch, check_columns
from data.errors import DataError
from data.spec import Dataset
from data.stored import check_single

BATCH_ROWS = 65536


def read_parquet(dataset: Dataset, path: str, file: str) -> Iterator[Batch]:
    """Batches of one Parquet file.

    Args:
        dataset: the description.
        path: on this machine.
        file: what to call it.

    Raises:
        DataError: it is damaged, no Parquet, lacks a described column, or holds more than one value a row in one.
    """
    wanted = dataset.read_columns()
    try:
        stored = pyarrow.parquet.ParquetFile(path)
        schema = stored.schema_arrow
    except pa.ArrowException as error:
        raise DataError(f"{file}: not a Parquet file ({error})") from error
    check_columns(schema.names, wanted, file)
    try:
        for name in wanted:
            check_single(schema.field(name).type, name)
    except DataError as error:
        raise DataError(f"{file}: {error}") from error
    row = 1
    try:
        for block in stored.iter_batches(batch_size=BATCH_ROWS, columns=wanted):
            lines = pa.array(np.arange(row, row + block.num_rows))
            row += block.num_rows
            yield Batch(file, lines, pa.Table.from_batches([block]).select(wanted), ())
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{file}: row {row} and those behind it cannot be read ({error}); is it damaged?") from error
