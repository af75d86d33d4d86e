"""What reading finds odd: integers that float32 loses, texts among numbers, a few rejected values of each reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from data.time_formats import formats_of
from data.values import NO_NUMBER, NO_TIME

EXAMPLES = 3
"""So many texts that are no number are shown, and so many numbers beside."""
REASONS = 100
"""So many reasons have examples."""
FLOAT32_INTEGERS = 2**24
"""Up to here float32 has every integer."""


@dataclass
class Oddities:
    """Of columns of numbers, whatever they were read with.

    Attributes:
        coarse: the largest integer whose last digits float32 loses, of columns that have one.
        texts: up to three texts that are no number, such as `'x' (trips.csv:3)`, of columns that have one.
        numbers: up to three numbers of the same columns, as they stand there.
        examples: by reason of rejected rows, the value and its place (`trips.csv:3`) of up to three.
    """

    coarse: dict[str, float] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    numbers: dict[str, list[str]] = field(default_factory=dict)
    examples: dict[str, list[list[str]]] = field(default_factory=dict)

    def merge(self, other: Oddities) -> None:
        """Adds those of other rows."""
        for name, largest in other.coarse.items():
            self.coarse[name] = max(largest, self.coarse.get(name, largest))
        for own, others in ((self.texts, other.texts), (self.numbers, other.numbers)):
            for name, texts in others.items():
                own[name] = [*own.get(name, []), *texts][:EXAMPLES]
        for reason, some in other.examples.items():
            if reason in self.examples or len(self.examples) < REASONS:
                self.examples[reason] = [*self.examples.get(reason, []), *some][:EXAMPLES]

    def told(self, reasons: Mapping[str, int], most: int = 3) -> str:
        """The commonest reasons, each with its rows and an example."""
        top = sorted(reasons.items(), key=lambda pair: -pair[1])
        more = f", and {len(top) - most:,} more" if len(top) > most else ""
        return ", ".join(f"{reason} ({count:,}{self.example(reason)})" for reason, count in top[:most]) + more

    def example(self, reason: str) -> str:
        """`, such as 'x' in trips.csv:3`, or only where; empty where there is none."""
        (value, place), *_ = self.examples.get(reason) or [["", ""]]
        return f", such as {value!r} in {place}" if value else f", as in {place}" if place else ""

    def sentences(self, reasons: Mapping[str, int], read: int, label: str) -> list[str]:
        """What there is to say.

        Args:
            reasons: rejected rows by reason.
            read: rows, rejected ones too.
            label: its column, which has a kind where others have a role.
        """
        found = []
        for name, texts in sorted(self.texts.items()):
            count = reasons[f"{name}: {NO_NUMBER}"]
            beside = f", where others hold {', '.join(self.numbers[name])}" if self.numbers.get(name) else ""
            otherwise = "say data.label.kind: classes" if name == label else "name it in data.categorical"
            found.append(
                f"{name}: {count:,} of {read:,} rows ({count / read:.1%}) hold no number, such as {', '.join(texts)}"
                f"{beside}; they are rejected. If such a text means that there is none, add it to data.missing; if "
                f"{name} is no number, {otherwise}"
            )
        found += [_unread(reason, examples) for reason, examples in sorted(self.examples.items()) if NO_TIME in reason]
        for name, largest in sorted(self.coarse.items()):
            held = float(np.float32(largest))
            found.append(
                f"{name}: integers up to {_whole(largest)}; beyond {FLOAT32_INTEGERS:,} a float32 input loses their "
                f"last digits, {_whole(largest)} becomes {_whole(held)}. An id is no number: make it categorical, or "
                "subtract where the numbers begin"
            )
        return found


def _unread(reason: str, examples: Sequence[Sequence[str]]) -> str:
    """On times that do not read: what they look like, and the format that they have."""
    name, form = reason.split(NO_TIME)
    shown = ", ".join(f"{value!r} ({place})" for value, place in examples)
    forms = formats_of([value for value, _ in examples])
    seen = f"such texts read as {' or '.join(forms)}: set data.time.format" if forms else "mend the rows, or the format"
    return f"{name} does not read as {form} in rows such as {shown}; {seen}"


def _whole(value: float) -> str:
    return f"{value:.0f}" if abs(value) < 1e21 else f"{value:g}"
