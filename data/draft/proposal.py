"""A proposed description of a table: each choice with its reason, and only what differs from the defaults."""

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from data.draft.names import plain
from data.draft.seen import Table
from data.spec import Dataset

Why = dict[str, str]


@dataclass
class Proposal:
    """What is proposed; the `why` of each thing is a sentence for people.

    Attributes:
        source: of the table.
        table: what was seen of it.
        label, label_why: the block `data.label`.
        points: latitude and longitude by name.
        points_why: by name.
        time, time_why: the block `data.time`; None without one.
        numeric, categorical, left_out: reasons by column.
        filters, filters_why: ranges by column.
        split, split_why: what of `data.split` is not the usual.
        rejected, rejected_why: `data.max_rejected_fraction`, where the usual one would stop the run.
        remarks: what is odd about the table and needs a person.
    """

    source: str
    table: Table
    label: dict[str, Any]
    label_why: str
    points: dict[str, tuple[str, str]] = field(default_factory=dict)
    points_why: Why = field(default_factory=dict)
    time: dict[str, Any] | None = None
    time_why: str = ""
    numeric: Why = field(default_factory=dict)
    categorical: Why = field(default_factory=dict)
    left_out: Why = field(default_factory=dict)
    filters: dict[str, dict[str, float]] = field(default_factory=dict)
    filters_why: Why = field(default_factory=dict)
    split: dict[str, Any] = field(default_factory=dict)
    split_why: list[str] = field(default_factory=list)
    rejected: float | None = None
    rejected_why: str = ""
    remarks: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Of a pipeline of it."""
        stem = PurePath(self.source.rstrip("/")).name.split(".")[0]
        return plain(stem, "table")

    @property
    def split_by_time(self) -> dict[str, Any] | None:
        """`data.split` as it would be by time; None where no column says when."""
        return {**self.split, "by": "time"} if self.time else None

    def leave_out(self, column: str, why: str) -> None:
        """Takes an input away."""
        self.numeric.pop(column, None)
        self.categorical.pop(column, None)
        self.filters.pop(column, None)
        for name in [name for name, pair in self.points.items() if column in pair]:
            del self.points[name]
        self.left_out[column] = why

    def inputs(self) -> list[str]:
        """Columns that are used."""
        places = [column for pair in self.points.values() for column in pair]
        return [*places, *([self.time["column"]] if self.time else []), *self.numeric, *self.categorical]

    def data(self, source: str | None = None) -> dict[str, Any]:
        """The block `data` of a configuration; a `source` stands in place of the table's."""
        block: dict[str, Any] = {"source": source or self.source, **self.table.settings, "label": self.label}
        if self.points:
            block["points"] = {name: {"latitude": pair[0], "longitude": pair[1]} for name, pair in self.points.items()}
        if self.time:
            block["time"] = self.time
        for role, columns in (("numeric", self.numeric), ("categorical", self.categorical)):
            if columns:
                block[role] = list(columns)
        if self.filters:
            block["filters"] = self.filters
        if self.split:
            block["split"] = self.split
        if self.rejected is not None:
            block["max_rejected_fraction"] = self.rejected
        return block

    def dataset(self) -> Dataset:
        """The same, checked."""
        return Dataset.model_validate(self.data())
