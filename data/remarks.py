"""What is odd about a column though its rows are read: sentences for `data describe` and for the run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from data.values import NO_NUMBER

EXAMPLES = 3
"""So many texts that are no number are shown."""
FLOAT32_INTEGERS = 2**24
"""Up to here float32 has every integer."""
_ID_SHARE, _ID_ROWS = 0.9, 100
"""A category is an id if so large a share of its values are different, in so many rows at least."""


@dataclass
class Oddities:
    """Of columns of numbers, whatever they were read with.

    Attributes:
        coarse: the largest integer whose last digits float32 loses, of columns that have one.
        texts: up to three texts that are no number, such as `'x' (trips.csv:3)`, of columns that have one.
    """

    coarse: dict[str, float] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)

    def merge(self, other: Oddities) -> None:
        """Adds those of other rows."""
        for name, largest in other.coarse.items():
            self.coarse[name] = max(largest, self.coarse.get(name, largest))
        for name, texts in other.texts.items():
            self.texts[name] = [*self.texts.get(name, []), *texts][:EXAMPLES]

    def sentences(self, reasons: Mapping[str, int], read: int) -> list[str]:
        """What there is to say.

        Args:
            reasons: rejected rows by reason.
            read: rows, rejected ones too.
        """
        found = []
        for name, texts in sorted(self.texts.items()):
            count = reasons[f"{name}: {NO_NUMBER}"]
            found.append(
                f"{name}: {count:,} of {read:,} rows ({count / read:.1%}) hold no number, such as {', '.join(texts)}; "
                "if such a text means that there is none, add it to data.missing"
            )
        for name, largest in sorted(self.coarse.items()):
            found.append(
                f"{name}: integers up to {largest:.0f}; beyond {FLOAT32_INTEGERS:,} a float32 input loses their last "
                "digits. An id is no number: make it categorical, or subtract where the numbers begin"
            )
        return found


def id_remarks(distinct: Iterable[tuple[str, int, int]]) -> list[str]:
    """On categorical columns: (name, different values, rows that have one) each."""
    return [
        f"{name}: {different:,} different values in {rows:,} rows: an id, which tells nothing about a new row; "
        "leave it out, or name it in data.split.key"
        for name, different, rows in distinct
        if rows >= _ID_ROWS and different >= _ID_SHARE * rows
    ]
