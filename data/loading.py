"""A whole source in memory, for a look before any run; the pipeline itself never does this."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data.checks.oddities import Oddities
from data.checks.sample import ColumnSample
from data.errors import DataError
from data.reader import read
from data.repeats import Repeats
from data.rows import Rows, to_rows
from data.sources import Located, locate
from data.spec import Dataset
from data.splits import SPLITS
from data.time_cut import count_quarters, cut_of, join


@dataclass(frozen=True)
class Loaded:
    """All rows of a source.

    Attributes:
        table: accepted rows, in the types of `data.rows.Rows`.
        split: int8 `[rows]`, an index into `data.splits.SPLITS`.
        read: number of rows, rejected ones too.
    """

    located: Located
    table: pa.Table
    split: npt.NDArray[np.int8]
    read: int
    reasons: Counter[str]
    repeats: Repeats
    oddities: Oddities
    sample: ColumnSample

    def part(self, name: str) -> pa.Table:
        """Accepted rows of one split."""
        return self.table.filter(pa.array(self.split == SPLITS.index(name)))


def load(dataset: Dataset) -> Loaded:
    """Reads everything that a run would read, split as the run would split it.

    Raises:
        DataError: the source cannot be read as described, or no row is accepted.
    """
    located = locate(dataset)
    cut = time_cut(dataset, located.files)
    reasons: Counter[str] = Counter()
    repeats, oddities, sample = Repeats(), Oddities(), ColumnSample()
    kept: list[Rows] = []
    work = [(file, "fit" if dataset.split.test_source else None) for file in located.files]
    for file, only in [*work, *((file, "test") for file in located.test_files)]:
        for batch in read(dataset, file):
            rows = to_rows(dataset, batch, only, cut)
            reasons.update(rows.rejects.reasons)
            repeats.add(rows.hashes)
            oddities.merge(rows.oddities)
            sample.add(rows)
            kept.append(rows)
    accepted = sum(len(rows) for rows in kept)
    if not accepted:
        odd = oddities.sentences(reasons, reasons.total(), dataset.label.column)
        told = [oddities.told(reasons) or "it holds no rows", *odd]
        raise DataError(f"{dataset.source}: no row is accepted: {'; '.join(told)}")
    table = pa.concat_tables([pa.table(rows.columns) for rows in kept])
    split = np.concatenate([rows.split for rows in kept])
    return Loaded(located, table, split, accepted + reasons.total(), reasons, repeats, oddities, sample)


def time_cut(dataset: Dataset, files: Sequence[str]) -> int | None:
    """First second of `test` where time decides, as the pipeline would find it; None where it does not."""
    if dataset.split.by != "time":
        return None
    if dataset.split.cut is not None:
        return dataset.split.cut
    return cut_of(join(count_quarters(dataset, file) for file in files), dataset.split.test_fraction)
