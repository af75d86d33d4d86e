"""What a section consists of; the page's template draws each kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

Cell = str | Markup
"""Text, which the template escapes, or markup made here."""


@dataclass(frozen=True)
class Table:
    """Rows under a header; the first cell of a row names it.

    Attributes:
        marks: class of a row (`small` or `bad`) by its number.
        folded: long ones are shown on request.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    marks: dict[int, str] = field(default_factory=dict)
    folded: bool = False
    kind: str = "table"


@dataclass(frozen=True)
class Figure:
    """A picture, what it shows in words, and the numbers behind it.

    Attributes:
        wide: keeps its size, and scrolls where there is no room.
        beside: the numbers stand open beside the picture; without it, they fold out below.
        legend: class of a colour (`s1` to `s5`), and what it stands for.
        ramp: what its shades stand for.
    """

    svg: Markup
    caption: str
    numbers: Table | None = None
    wide: bool = False
    beside: bool = False
    legend: Sequence[tuple[str, str]] = ()
    ramp: Markup | None = None
    kind: str = "figure"


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str
    kind: str = "text"


@dataclass(frozen=True)
class Points:
    """A list of sentences; `mark` is `good`, `bad` or nothing."""

    items: Sequence[str]
    mark: str = ""
    kind: str = "points"


@dataclass(frozen=True)
class Facts:
    """Names with their values."""

    pairs: Sequence[tuple[str, str]]
    kind: str = "facts"


Block = Table | Figure | Text | Points | Facts


@dataclass(frozen=True)
class Section:
    """One part of the page.

    Attributes:
        id: anchor.
        title: heading.
        blocks: in order; empty when the run has none of it, and then `absent` says why.
    """

    id: str
    title: str
    blocks: Sequence[Block]
    absent: str = ""
