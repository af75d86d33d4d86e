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
_SEVERAL = "several values in one feature"


def read_tfrecord(layout: Layout, path: str, file: str) -> Iterator[Batch]:
    """Batches of one TFRecord file, plain or gzipped; a record's line is its place, from 1.

    A feature without a value is missing; a record with several values in a described feature, or which is no
    tf.Example, is a bad row. A feature of several types comes as text.

    Raises:
        DataError: it is empty, damaged, no TFRecord, or its first records lack a described feature.
    """
    wanted = layout.wanted
    first = 1
    for records in _records(path, file):
        if first == 1 and layout.whole:
            wanted = _decode(records, [])[0]
        lines = np.arange(first, first + len(records))
        names, columns, faults = _decode(records, wanted)
        if first == 1 and names:
            check_columns(names, wanted, file, layout.whose)
        first += len(records)
        fine = faults == ""
        bad = tuple(BadRow(file, int(line), fault, "") for line, fault in zip(lines[~fine], faults[~fine], strict=True))
        yield Batch(file, pa.array(lines[fine]), columns.filter(pa.array(fine)), bad)
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


def _decode(records: Sequence[bytes], wanted: Sequence[str]) -> tuple[list[str], pa.Table, Any]:
    """Names of all features, the wanted ones as a table, and object `[rows]`: what is wrong with each record."""
    from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder

    try:
        examples = ExamplesToRecordBatchDecoder().DecodeBatch(records)
    except RuntimeError:  # one is no tf.Example, or a feature is of another type in another record
        return _decode_slowly(records, wanted)
    several = np.zeros(len(records), dtype=bool)
    columns = {}
    for name in wanted:
        stored = examples.column(name) if name in examples.schema.names else None
        if stored is None or pa.types.is_null(stored.type):
            columns[name] = pa.nulls(len(records), pa.binary())
            continue
        counts = pc.fill_null(pc.list_value_length(stored), 0).to_numpy()
        several |= counts > 1
        places = np.cumsum(counts) - counts
        columns[name] = stored.flatten().take(pa.array(places, mask=counts == 0))
    return list(examples.schema.names), pa.table(columns), np.where(several, _SEVERAL, "").astype(object)


def _decode_slowly(records: Sequence[bytes], wanted: Sequence[str]) -> tuple[list[str], pa.Table, Any]:
    """`_decode`, record by record."""
    import tensorflow as tf
    from google.protobuf.message import DecodeError

    faults = np.full(len(records), "", dtype=object)
    names: set[str] = set()
    columns: dict[str, list[Any]] = {name: [None] * len(records) for name in wanted}
    for row, record in enumerate(records):
        try:
            features = tf.train.Example.FromString(record).features.feature
        except DecodeError:
            faults[row] = "not a tf.Example"
            continue
        names.update(features)
        for name in [name for name in wanted if name in features]:
            kind = features[name].WhichOneof("kind")
            values: Any = getattr(features[name], kind).value if kind else ()
            if len(values) > 1:
                faults[row] = _SEVERAL
            elif len(values):
                columns[name][row] = np.float32(values[0]) if kind == "float_list" else values[0]
    return sorted(names), pa.table({name: _column(values) for name, values in columns.items()}), faults


def _column(values: list[Any]) -> pa.Array:
    """Values of one type as they are, of several as texts."""
    known = [value for value in values if value is not None]
    if all(isinstance(value, int) for value in known):
        return pa.array(values, pa.int64())
    if all(isinstance(value, np.float32) for value in known):
        return pa.array(values, pa.float32())
    texts = [one if one is None or isinstance(one, bytes) else str(one).encode() for one in values]
    return pa.array(texts, pa.binary())
