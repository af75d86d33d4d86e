"""Reads one file of a source in batches of columns, whatever its format."""

from __future__ import annotations

from collections.abc import Iterator

from data.batches import Batch
from data.csv_reader import read_csv
from data.files import local
from data.parquet_reader import read_parquet
from data.spec import Dataset
from data.tfrecord_reader import read_tfrecord

_READERS = {"csv": read_csv, "parquet": read_parquet, "tfrecord": read_tfrecord}


def read(dataset: Dataset, file: str) -> Iterator[Batch]:
    """Batches of one file in order, holding the described columns only.

    Raises:
        DataError: the file is empty, lacks a described column, repeats one, or is not what `format` says.
    """
    with local(file) as path:
        yield from _READERS[_format(dataset, file)](dataset, path, file)


def _format(dataset: Dataset, file: str) -> str:
    if dataset.format != "auto":
        return dataset.format
    name = file.rsplit("/", 1)[-1]
    if name.endswith((".parquet", ".pq")):
        return "parquet"
    return "tfrecord" if "tfrecord" in name else "csv"
