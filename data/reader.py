"""Reads one file of a source in batches of columns, whatever its format and however it is packed."""

from collections.abc import Iterator

from data.batches import Batch, Layout
from data.files import local
from data.spec import Dataset
from data.tables import read_table
from data.tfrecord_reader import read_tfrecord


def read(dataset: Dataset, file: str) -> Iterator[Batch]:
    """Batches of one file in order, holding the described columns only.

    Raises:
        DataError: the file is empty, lacks a described column, repeats one, or is not what `format` says.
    """
    layout = Layout(
        dataset.read_columns(),
        format=dataset.format,
        header=dataset.header,
        delimiter=dataset.delimiter,
        encoding=dataset.encoding,
    )
    how = read_tfrecord if is_tfrecord(dataset.format, file) else read_table
    with local(file) as path:
        yield from how(layout, path, file)


def is_tfrecord(form: str, file: str) -> bool:
    """Whether a file is read as TFRecords: by `data.format`, or by its name where that is `auto`."""
    name = file.rsplit("/", 1)[-1]
    named = "tfrecord" in name and not name.endswith((".csv", ".parquet", ".pq"))
    return form == "tfrecord" or (form == "auto" and named)
