"""What a source holds, column by column: ranges, missing, distinct, outliers, shares."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.checks import findings, ids
from data.columns import described
from data.loading import Loaded
from data.spec import Dataset
from data.splits import SPLITS

FENCE = 3.0
"""A value is an outlier so many interquartile ranges beyond the quartiles (J. W. Tukey, "far out", 1977)."""

_TOP = 5


@dataclass(frozen=True)
class ColumnProfile:
    """One column of the accepted rows.

    Attributes:
        name, role: `latitude of pickup`, `time`, `numeric`, `categorical` or `label`.
        low, median, high: of numbers; seconds of the wall clock for time.
        outliers: numbers beyond Tukey's outer fences.
        fences: these, low and high; None where all values of the middle half are the same.
        top: the commonest values of a category, each with its rows.
    """

    name: str
    role: str
    missing: int
    distinct: int
    low: float | None = None
    median: float | None = None
    high: float | None = None
    outliers: int = 0
    fences: tuple[float, float] | None = None
    top: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Profile:
    """What `farelite data describe` shows.

    Attributes:
        reasons: rejected rows by reason, the commonest first.
        examples: by reason, the value and place of a few.
        splits: accepted rows by split.
        repeated_share: of accepted rows; `repeated_exact`: counted, not estimated.
        stops: sentences on columns that would stop a run.
        remarks: likewise on what is odd about a column, and passes.
    """

    files: list[str]
    spans: list[str]
    read: int
    accepted: int
    rejected: int
    reasons: dict[str, int]
    examples: dict[str, list[list[str]]]
    splits: dict[str, int]
    repeated_share: float
    repeated_exact: bool
    columns: list[ColumnProfile]
    stops: list[str]
    remarks: list[str]


def profile(dataset: Dataset, loaded: Loaded, allow_leaks: Sequence[str] = ()) -> Profile:
    """Looks at every column of the accepted rows."""
    accepted = loaded.table.num_rows
    columns = list(_columns(dataset, loaded.table))
    time = dataset.time.column if dataset.time else None
    found = findings.of_columns(loaded.sample.findings(dataset.label.column, time), allow_leaks)
    train = loaded.part("train")
    categories = [_category(name, train[name]) for name in dataset.categorical]
    distinct = [(one.name, one.distinct, train.num_rows - one.missing) for one in categories]
    odd = loaded.oddities.sentences(loaded.reasons, loaded.read, dataset.label.column)
    return Profile(
        files=loaded.located.all_files(),
        spans=loaded.located.labels(),
        read=loaded.read,
        accepted=accepted,
        rejected=loaded.read - accepted,
        reasons=dict(loaded.reasons.most_common()),
        examples=loaded.oddities.examples,
        splits={name: int((loaded.split == index).sum()) for index, name in enumerate(SPLITS)},
        repeated_share=loaded.repeats.share(),
        repeated_exact=loaded.repeats.exact,
        columns=columns,
        stops=found.reasons,
        remarks=[*found.warnings, *odd, *ids.sentences(distinct)],
    )


def _columns(dataset: Dataset, table: pa.Table) -> Iterator[ColumnProfile]:
    for one in described(dataset):
        role = f"{one.role} of {one.point}" if one.point else one.role
        values = table[one.name]
        yield _category(one.name, values) if one.role == "categorical" else _number(one.name, role, values)


def _category(name: str, column: pa.ChunkedArray) -> ColumnProfile:
    counted = [(one["values"], one["counts"]) for one in pc.value_counts(column).to_pylist()]
    known = sorted((pair for pair in counted if pair[0]), key=lambda pair: (-pair[1], pair[0]))
    missing = sum(count for value, count in counted if not value)
    top = [(value.decode(), count) for value, count in known[:_TOP]]
    return ColumnProfile(name, "categorical", missing, len(known), top=top)


def _number(name: str, role: str, column: pa.ChunkedArray) -> ColumnProfile:
    values = column.to_numpy().astype(np.float64)
    known = values[~np.isnan(values)]
    missing = len(values) - len(known)
    if not len(known):
        return ColumnProfile(name, role, missing, 0)
    low, first, median, third, high = np.quantile(known, [0, 0.25, 0.5, 0.75, 1])
    reach = FENCE * (third - first)
    fences = (float(first - reach), float(third + reach)) if reach > 0 else None
    outliers = int(((known < fences[0]) | (known > fences[1])).sum()) if fences else 0
    distinct = len(np.unique(known))
    return ColumnProfile(name, role, missing, distinct, float(low), float(median), float(high), outliers, fences)
