"""Reads TFRecords of tf.Example into columnar batches: one value a feature and row."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.batches import BadRow, Batch, Layout, check_columns
from data.errors import DataError

BATCH_ROWS = 8192
_FRAME_BYTES = 16
"""Length and two checksums around each record."""
_STRETCH_BYTES = 1 << 20


def read_tfrecord(layout: Layout, path: str, file: str) -> Iterator[Batch]:
    """Batches of one TFRecord file, plain or gzipped; a record's line is its place, from 1.

    A feature without a value is missing; a record with several values in a described feature, or which is no
    tf.Example, is a bad row.

    Args:
        layout: what is wanted of it.
        path: on this machine.
        file: what to call it.

    Raises:
        DataError: it is empty, damaged, no TFRecord, or its first records lack a described feature.
    """
    wanted = layout.wanted
    first = 1
    for records in _records(path, file):
        examples, lines, bad = _decode(records, first, file)
        if first == 1 and examples is not None:
            check_columns(examples.schema.names, wanted, file, layout.whose)
        first += len(records)
        columns, several = _single_values(examples, len(lines), wanted)
        bad += [BadRow(file, int(line), "several values in one feature", "") for line in lines[several]]
        yield Batch(file, pa.array(lines[~several]), columns.filter(pa.array(~several)), tuple(bad))
    if first == 1:
        raise DataError(f"{file} is empty: it holds no record")


def _records(path: str, file: str) -> Iterator[list[bytes]]:
    # TensorFlow takes seconds to import, which other formats need not pay.
    import tensorflow as tf

    with Path(path).open("rb") as stream:
        gzipped = stream.read(2) == b"\x1f\x8b"
    stretches = tf.data.TFRecordDataset(path, compression_type="GZIP" if gzipped else "").batch(BATCH_ROWS)
    read = 0
    try:
        for stretch in stretches.as_numpy_iterator():
            records = stretch.tolist()
            read += sum(len(record) + _FRAME_BYTES for record in records)
            yield records
        # TensorFlow takes a last record whose header is cut for the end of the file.
        size = _gunzipped_bytes(path) if gzipped else Path(path).stat().st_size
    except tf.errors.DataLossError as error:
        raise DataError(f"{file}: no TFRecord, or damaged ({error.message})") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{file}: no TFRecord, or damaged ({error})") from error
    if read != size:
        raise DataError(f"{file}: no TFRecord, or damaged ({size - read} bytes behind the last whole record)")


def _gunzipped_bytes(path: str) -> int:
    with gzip.open(path) as stream:
        return sum(map(len, iter(lambda: stream.read(_STRETCH_BYTES), b"")))


def _decode(records: Sequence[bytes], first: int, file: str) -> tuple[Any, Any, list[BadRow]]:
    """A record batch of lists (None where no record is good), the lines of its rows int64, and the bad rows."""
    from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder

    decoder = ExamplesToRecordBatchDecoder()
    lines = np.arange(first, first + len(records))
    try:
        return decoder.DecodeBatch(records), lines, []
    except RuntimeError:
        good = np.array([_decodes(decoder, record) for record in records])
        bad = [BadRow(file, int(line), "not a tf.Example", "") for line in lines[~good]]
        kept = [record for record, ok in zip(records, good, strict=True) if ok]
        return decoder.DecodeBatch(kept) if kept else None, lines[good], bad


def _decodes(decoder: Any, record: bytes) -> bool:
    try:
        decoder.DecodeBatch([record])
    except RuntimeError:
        return False
    return True


def _single_values(examples: Any, rows: int, wanted: Sequence[str]) -> tuple[pa.Table, Any]:
    """The only value of each wanted feature, null where there is none; bool `[rows]`: where one has several."""
    several = np.zeros(rows, dtype=bool)
    columns = {}
    for name in wanted:
        stored = examples.column(name) if examples is not None and name in examples.schema.names else None
        if stored is None or pa.types.is_null(stored.type):
            columns[name] = pa.nulls(rows, pa.binary())
            continue
        counts = pc.fill_null(pc.list_value_length(stored), 0).to_numpy()
        several |= counts > 1
        places = np.cumsum(counts) - counts
        columns[name] = stored.flatten().take(pa.array(places, mask=counts == 0))
    return pa.table(columns), several
