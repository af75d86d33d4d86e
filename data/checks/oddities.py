"""What reading finds odd in columns of numbers: integers that float32 loses, texts among the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from data.values import NO_NUMBER

EXAMPLES = 3
"""So many texts that are no number are shown, and so many numbers beside."""
FLOAT32_INTEGERS = 2**24
"""Up to here float32 has every integer."""


@dataclass
class Oddities:
    """Of columns of numbers, whatever they were read with.

    Attributes:
        coarse: the largest integer whose last digits float32 loses, of columns that have one.
        texts: up to three texts that are no number, such as `'x' (trips.csv:3)`, of columns that have one.
        numbers: up to three numbers of the same columns, as they stand there.
    """

    coarse: dict[str, float] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    numbers: dict[str, list[str]] = field(default_factory=dict)

    def merge(self, other: Oddities) -> None:
        """Adds those of other rows."""
        for name, largest in other.coarse.items():
            self.coarse[name] = max(largest, self.coarse.get(name, largest))
        for own, others in ((self.texts, other.texts), (self.numbers, other.numbers)):
            for name, texts in others.items():
                own[name] = [*own.get(name, []), *texts][:EXAMPLES]

    def sentences(self, reasons: Mapping[str, int], read: int) -> list[str]:
        """What there is to say.

        Args:
            reasons: rejected rows by reason.
            read: rows, rejected ones too.
        """
        found = []
        for name, texts in sorted(self.texts.items()):
            count = reasons[f"{name}: {NO_NUMBER}"]
            beside = f", where others hold {', '.join(self.numbers[name])}" if self.numbers.get(name) else ""
            found.append(
                f"{name}: {count:,} of {read:,} rows ({count / read:.1%}) hold no number, such as {', '.join(texts)}"
                f"{beside}; they are rejected. If such a text means that there is none, add it to data.missing; if "
                f"{name} is no number, name it in data.categorical"
            )
        for name, largest in sorted(self.coarse.items()):
            held = float(np.float32(largest))
            found.append(
                f"{name}: integers up to {_whole(largest)}; beyond {FLOAT32_INTEGERS:,} a float32 input loses their "
                f"last digits, {_whole(largest)} becomes {_whole(held)}. An id is no number: make it categorical, or "
                "subtract where the numbers begin"
            )
        return found


def _whole(value: float) -> str:
    return f"{value:.0f}" if abs(value) < 1e21 else f"{value:g}"
