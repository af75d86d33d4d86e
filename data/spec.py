"""The dataset description: where rows lie, which column plays which role, and which rows are to be trusted."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from data import time_zones
from data.label import Label as Label
from data.label import Range as Range
from data.notation import Notation
from data.settings import Settings
from data.span_choice import Spans
from data.tensor_names import columns_of, tensor_name

WALL_CLOCK = "wall-clock"
"""As `source_time_zone`: the column shows already what clocks in `time_zone` show."""


def wall_clock(zone: str) -> str:
    """What the manifest, the kit, the demo and `predict` call the clock that a time is read from."""
    return f"wall clock of {zone}"


_NO_ENCODINGS = {"idna", "punycode", "unicode-escape", "raw-unicode-escape"}
"""What Python counts among its encodings, though nobody writes tables in it."""
PositiveFraction = Annotated[float, Field(gt=0, lt=1)]


class Point(Settings):
    """A place as two columns, degrees north and east (WGS 84)."""

    latitude: str
    longitude: str


class Time(Settings):
    """The column holding when a row takes place.

    Attributes:
        column: its name in the source.
        format: `unix` for seconds since 1970-01-01, else a `strptime` format such as `%Y-%m-%d %H:%M:%S UTC`.
        time_zone: where the wall clock hangs that hour and weekday are read from, such as `America/Chicago`. Unix
            seconds and texts are converted to it from `source_time_zone`.
        source_time_zone: the zone that the column's values are written in; `wall-clock` for values, Unix seconds too,
            that already show the wall clock of `time_zone`, which are then taken as they are.
    """

    column: str
    format: str = "unix"
    time_zone: str = "UTC"
    source_time_zone: str = "UTC"

    @field_validator("time_zone", "source_time_zone")
    @classmethod
    def _known_zone(cls, value: str, info: ValidationInfo) -> str:
        if value == WALL_CLOCK and info.field_name == "source_time_zone":
            return value
        return time_zones.known(value)

    @property
    def source(self) -> str:
        """The zone whose clock the values show."""
        return self.time_zone if self.source_time_zone == WALL_CLOCK else self.source_time_zone


class Split(Settings):
    """How rows become `train`, `validation` and `test`.

    The hash is of `seed` and the key columns' texts as the source has them, so a row stays where it is when rows are
    added.

    Attributes:
        by: `hash`: each row where the hash of its key falls; `time`: `test` is the newest part, and the rest is parted
            by hash.
        key: columns that name a row, or what must stay together, such as a taxi's id; they need no role. Empty means
            all columns of a role.
        test_fraction: share of all rows that only gates and reports may see.
        test_from: with `by: time`, when `test` begins, wall-clock time such as `2015-06-01` or `2015-06-01 12:00`; null
            finds the quarter of an hour from which on about `test_fraction` of the rows lie.
        validation_fraction: share of the other rows kept for early stopping and the choice between variants.
        seed: another seed gives another split.
        test_source: when given, `test` is read from there and `source` gives `train` and `validation` only.
    """

    by: Literal["hash", "time"] = "hash"
    key: tuple[str, ...] = ()
    test_from: datetime | None = None
    test_fraction: PositiveFraction = 1 / 3
    validation_fraction: PositiveFraction = 0.1
    seed: int = 0
    test_source: str | None = None

    @property
    def cut(self) -> int | None:
        """`test_from` in seconds of the wall clock since 1970."""
        return None if self.test_from is None else int(self.test_from.replace(tzinfo=timezone.utc).timestamp())

    def expected_shares(self) -> dict[str, float]:
        """The share of each part that a hash decides; nothing of `test` where a source of its own does."""
        rest = 1.0 if self.test_source else 1 - self.test_fraction
        validation = {"validation": self.validation_fraction * rest}
        return validation if self.test_source or self.test_from else {**validation, "test": self.test_fraction}

    @model_validator(mode="after")
    def _one_way(self) -> Split:
        if self.test_from is not None and self.by != "time":
            raise ValueError("test_from is of no use unless by is time")
        if self.test_from is not None and self.test_from.tzinfo is not None:
            raise ValueError(f"test_from is {self.test_from.isoformat()}; write wall-clock time without a zone")
        if self.by == "time" and self.test_source is not None:
            raise ValueError("by is time, but test_source already says what test is; leave one out")
        return self


class Dataset(Settings):
    """A source of rows and the roles of its columns.

    Attributes:
        source: a file, a folder or a glob, here or on a filesystem that Beam knows (`gs://`, `s3://`, `hdfs://`);
            `package:NAME/PATH` is a file inside an installed package. With placeholders, `{SPAN}` or
            `{YYYY}-{MM}-{DD}`, it grows by spans.
        spans: which of them a run reads.
        format: `csv`, `parquet` or `tfrecord` (of tf.Example). `auto` knows Parquet by its content and TFRecords by the
            file's name. Packed files (gzip, bzip2, xz, zstd, lz4) are known by their content.
        header: column names of a CSV that has none.
        missing: texts that stand for a missing value in a column of any role, besides the empty one. Null takes `NA`,
            `N/A`, `n/a`, `#N/A`, `<NA>`, `NULL`, `Null`, `null`, `NaN`, `nan`, `NaT`, `None` and `\\N`; `[]` takes each
            text as it stands, for example where `NA` is Namibia.
        decimal: what stands before the decimals of a number written as text, `.` or `,`.
        delimiter: one character between CSV fields; a first line such as `sep=;` says more.
        encoding: of a CSV's text, such as `latin-1` or `cp1252`; a byte order mark says more. A row with a value of a
            role that is no text in it is a reject.
        label, points, time, numeric, categorical: the roles. Whatever has no role is not read.
        filters: range by column; a value outside makes the row a reject.
        split: how the rows are parted.
        max_rejected_fraction: above this share of rejected rows the data gate stops the run.
    """

    source: str
    spans: Spans = Spans()
    format: Literal["auto", "csv", "parquet", "tfrecord"] = "auto"
    header: tuple[str, ...] | None = None
    delimiter: str = Field(default=",", pattern=r"^[\t !#-~]$")
    encoding: str = "utf-8"
    missing: tuple[str, ...] | None = None
    decimal: Literal[".", ","] = "."
    label: Label
    points: dict[str, Point] = Field(default_factory=dict)
    time: Time | None = None
    numeric: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    filters: dict[str, Range] = Field(default_factory=dict)
    split: Split = Split()
    max_rejected_fraction: float = Field(default=0.05, ge=0, le=1)

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        try:
            if "0".encode(value).decode(value) == "0" and (name := codecs.lookup(value).name) not in _NO_ENCODINGS:
                return name.removesuffix("-sig")
        except (LookupError, UnicodeError):
            pass
        raise ValueError("no encoding of text; write one such as utf-8, latin-1, cp1252 or utf-16")

    @model_validator(mode="after")
    def _consistent(self) -> Dataset:
        columns = self.columns()
        self._check_roles()
        if len(columns) == 1:
            raise ValueError("no input: name at least one of points, time, numeric or categorical")
        unknown = sorted(set(self.filters) - set(columns))
        if unknown:
            raise ValueError(f"filters name {', '.join(unknown)}, which has no role; roles: {', '.join(columns)}")
        if self.split.by == "time" and self.time is None:
            raise ValueError("split.by is time, but no column has the role time")
        if self.header is not None:
            missing = [name for name in self.read_columns() if name not in self.header]
            if missing:
                raise ValueError(f"header lacks {', '.join(missing)}; it names {', '.join(self.header)}")
        return self

    def _check_roles(self) -> None:
        known: dict[str, str] = {}
        for key, column in self._roles():
            if column in known:
                both = f"data.{known[column]} and data.{key}"
                raise ValueError(f"{column} has more than one role; a column plays one role, not that of {both}")
            known[column] = key
        if len(columns_of(known)) < len(known):
            tensors = [tensor_name(column) for column in known]
            same = [column for column in known if tensors.count(tensor_name(column)) > 1]
            raise ValueError(f"{' and '.join(same)} have the same checksum as tensors; rename one of them")

    def _roles(self) -> Iterator[tuple[str, str]]:
        """Every key that names a column, with the column."""
        for name, point in self.points.items():
            yield from ((f"points.{name}.{axis}", getattr(point, axis)) for axis in ("latitude", "longitude"))
        if self.time:
            yield "time.column", self.time.column
        for role in ("numeric", "categorical"):
            yield from ((role, column) for column in getattr(self, role))
        key = "label.column" if self.label.expression is None else "label.expression"
        yield from ((key, column) for column in dict.fromkeys((*self.label.sources, self.label.column)))

    @property
    def notation(self) -> Notation:
        """How its values are written as texts."""
        return Notation.of(self.missing, self.decimal)

    def coordinates(self) -> dict[str, Literal["latitude", "longitude"]]:
        """Coordinate columns in a stable order, each with its axis."""
        axes: dict[str, Literal["latitude", "longitude"]] = {}
        for point in self.points.values():
            axes[point.latitude] = "latitude"
            axes[point.longitude] = "longitude"
        return axes

    def inputs(self) -> list[str]:
        """Every column that becomes a model input, in a stable order."""
        time = [self.time.column] if self.time else []
        return [*self.coordinates(), *time, *self.numeric, *self.categorical]

    def columns(self) -> list[str]:
        """Every column of a role: the inputs, then the label."""
        return [*self.inputs(), self.label.column]

    def read_columns(self) -> list[str]:
        """Every column that is read: the inputs, those of the label, then those of the key that have no role."""
        return list(dict.fromkeys((*self.inputs(), *self.label.sources, *self.split.key)))
