"""One source file in, one shard a split and one file of rejects out; memory stays flat in rows."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import tensorflow as tf
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

from data.checks.oddities import Oddities
from data.checks.sample import ColumnSample
from data.reader import read
from data.repeats import Repeats
from data.rows import Rejects, Rows, to_rows
from data.spec import Dataset
from data.splits import SPLITS
from data.tensor_names import tensor_name


@dataclass
class Summary:
    """What became of the rows; `accepted` + `rejected` = `read`.

    Attributes:
        read, rejected: numbers of rows.
        splits: accepted rows by split.
        reasons: rejected rows by reason.
        ranges: smallest and largest training value of each number, by column.
        repeats: of accepted rows.
        sample: of the training rows.
        columns: what `sample` finds of them.
        oddities: of columns of numbers.
    """

    read: int = 0
    rejected: int = 0
    splits: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    ranges: dict[str, list[float]] = field(default_factory=dict)
    repeats: Repeats = field(default_factory=Repeats)
    sample: ColumnSample = field(default_factory=ColumnSample)
    columns: dict[str, Any] = field(default_factory=dict)
    oddities: Oddities = field(default_factory=Oddities)

    @property
    def accepted(self) -> int:
        """Rows that went into a split."""
        return sum(self.splits.values())

    def add(self, rows: Rows) -> None:
        """Counts one batch."""
        self.read += len(rows) + len(rows.rejects.lines)
        self.rejected += len(rows.rejects.lines)
        self.reasons.update(rows.rejects.reasons)
        for index, name in enumerate(SPLITS):
            self.splits[name] += int((rows.split == index).sum())
        self.repeats.add(rows.hashes)
        self.sample.add(rows)
        self.oddities.merge(rows.oddities)
        train = pa.array(rows.split == SPLITS.index("train"))
        for name, column in rows.columns.items():
            if not pa.types.is_binary(column.type):
                self._widen(name, column.filter(train))

    def merge(self, other: Summary) -> None:
        """Adds the counts of another stretch of rows."""
        self.read += other.read
        self.rejected += other.rejected
        self.splits.update(other.splits)
        self.reasons.update(other.reasons)
        self.repeats.merge(other.repeats)
        self.sample.merge(other.sample)
        self.oddities.merge(other.oddities)
        for name, (low, high) in other.ranges.items():
            self._stretch(name, low, high)

    def _widen(self, name: str, column: pa.Array) -> None:
        values = column.to_numpy(zero_copy_only=False)
        if np.issubdtype(values.dtype, np.floating):
            values = values[~np.isnan(values)]
        if len(values):
            self._stretch(name, float(values.min()), float(values.max()))

    def _stretch(self, name: str, low: float, high: float) -> None:
        known = self.ranges.get(name, [low, high])
        self.ranges[name] = [min(known[0], low), max(known[1], high)]

    def to_json(self, whole: bool = False) -> dict[str, Any]:
        """Plain values, reasons by falling count; `whole` keeps what merging needs."""
        extra = {"repeats": self.repeats.to_json(), "sample": self.sample.to_json()} if whole else {}
        return {
            "read": self.read,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "splits": {name: self.splits[name] for name in SPLITS},
            "reasons": dict(self.reasons.most_common()),
            "ranges": self.ranges,
            "repeated_share": self.repeats.share(),
            "repeated_exact": self.repeats.exact,
            "columns": self.columns,
            "oddities": asdict(self.oddities),
            **extra,
        }

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Summary:
        """The inverse of `to_json` of a whole summary."""
        return cls(
            plain["read"],
            plain["rejected"],
            Counter(plain["splits"]),
            Counter(plain["reasons"]),
            plain["ranges"],
            Repeats.from_json(plain["repeats"]),
            sample=ColumnSample.from_json(plain["sample"]),
            oddities=Oddities(**plain["oddities"]),
        )


def convert_file(
    dataset: Dataset,
    file: str,
    only: str | None,
    cut: int | None,
    shard: str,
    split_dirs: dict[str, str],
    report_dir: str,
) -> Summary:
    """Reads one file and writes `data_tfrecord-SHARD.gz` a split and `rejects-SHARD.csv`.

    Everything is written under a hidden name first and renamed at the end, so that a retried bundle leaves whole
    shards only.

    Args:
        dataset: the description.
        file: what to read.
        only, cut: passed to `data.rows.to_rows`.
        shard: such as `00000-of-00002`.
        split_dirs: folder by split.
        report_dir: folder of the rejects.
    """
    summary = Summary()
    shards = {name: Path(split_dirs[name]) / f"data_tfrecord-{shard}.gz" for name in SPLITS}
    rejects = Path(report_dir) / f"rejects-{shard}.csv"
    options = tf.io.TFRecordOptions(compression_type="GZIP", compression_level=1)
    writers = {name: tf.io.TFRecordWriter(str(_hidden(path)), options) for name, path in shards.items()}
    encoder = RecordBatchToExamplesEncoder()
    with _hidden(rejects).open("w", newline="") as stream:
        table = csv.writer(stream)

        def counted() -> Iterator[Rows]:
            for batch in read(dataset, file):
                rows = to_rows(dataset, batch, only, cut)
                summary.add(rows)
                yield rows

        def write(rows: Rows) -> None:
            _write_rejects(table, file, rows.rejects)
            for index, name in enumerate(SPLITS):
                for example in encoder.encode(_as_lists(rows.columns, pa.array(rows.split == index))):
                    writers[name].write(example)

        _while_the_next_is_made(counted(), write)
    for writer in writers.values():
        writer.close()
    for path in [*shards.values(), rejects]:
        _hidden(path).replace(path)
    return summary


def _while_the_next_is_made(made: Iterable[Rows], use: Callable[[Rows], None]) -> None:
    """Uses one after another, each in a thread beside the one that makes the next."""
    with ThreadPoolExecutor(1) as beside:
        used: Future[None] | None = None
        for one in made:
            if used:
                used.result()
            used = beside.submit(use, one)
        if used:
            used.result()


def _hidden(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")


def _as_lists(columns: dict[str, pa.Array], mask: pa.Array) -> pa.RecordBatch:
    """Columns of single values as the lists of one value that the coder of tf.Example takes, by tensor name."""
    arrays = []
    for column in columns.values():
        values = pc.filter(column, mask)
        arrays.append(pa.ListArray.from_arrays(pa.array(range(len(values) + 1), pa.int32()), values))
    return pa.RecordBatch.from_arrays(arrays, [tensor_name(name) for name in columns])


def _write_rejects(table: Any, file: str, rejects: Rejects) -> None:
    table.writerows(
        (file, line, reason, values)
        for line, reason, values in zip(rejects.lines, rejects.reasons, rejects.values, strict=True)
    )


def write_report(report_dir: str, summary: Summary, rejects_file: str, summary_file: str) -> None:
    """Joins the shards of rejects into one gzipped CSV with a header, and writes the summary beside it."""
    parts = sorted(Path(report_dir).glob("rejects-*.csv"))
    with gzip.open(Path(report_dir) / rejects_file, "wt", compresslevel=1, newline="") as stream:
        csv.writer(stream).writerow(["file", "line", "reason", "values"])
        for part in parts:
            with part.open(newline="") as rows:
                shutil.copyfileobj(rows, stream)
            part.unlink()
    (Path(report_dir) / summary_file).write_text(json.dumps(summary.to_json(), indent=1))
