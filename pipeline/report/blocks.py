"""What a page consists of, and the one file that a template draws of it, with its style and its script."""

import base64
import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import jinja2
from markupsafe import Markup

from pipeline.lineage.figure import STYLE

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
        blocks: in order; empty when the run has none of it, and then `absent` says why.
    """

    id: str
    title: str
    blocks: Sequence[Block]
    absent: str = ""


_TEMPLATE = Path(__file__).parent / "template"


@dataclass(frozen=True)
class Page:
    """What the template fills in.

    Attributes:
        heading, version: on top; the second stands pale beside the first.
        verdicts: sentences below, and whether each is a good one.
        kind: what a section may be no part of.
    """

    title: str
    heading: str
    version: str
    verdicts: Sequence[tuple[str, bool]]
    sections: Sequence[Section]
    foot: str
    kind: str = "run"


def draw(page: Page) -> str:
    """The whole page; every name from outside is escaped by the template.

    The script is one file of ours, and the page's policy names its checksum, so that no other script is obeyed.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATE), autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined
    )
    # Files of ours, so they are markup and not text.
    style = Markup((_TEMPLATE / "style.css").read_text() + STYLE)
    script = (_TEMPLATE / "page.js").read_text()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    template = environment.get_template("page.html.j2")
    filled = [dataclasses.replace(one, blocks=_without_gaps(one.blocks)) for one in page.sections]
    page = dataclasses.replace(page, sections=filled)
    return template.render(page=page, style=style, script=Markup(script), digest=digest)


def _without_gaps(blocks: Sequence[Block]) -> list[Block]:
    """Figures stand two abreast; one that would be left alone has its numbers beside it."""
    found: list[Block] = []
    abreast = 0
    for place, one in enumerate(blocks):
        half = _half(one)
        abreast = abreast + 1 if half else 0
        follower = blocks[place + 1] if place + 1 < len(blocks) else None
        if isinstance(one, Figure) and half and not _half(follower) and abreast % 2 and one.numbers:
            one = dataclasses.replace(one, beside=True)
        found.append(one)
    return found


def _half(block: Block | None) -> bool:
    """Whether it is a figure of one picture that takes half of the width."""
    return isinstance(block, Figure) and not block.wide and not block.beside and block.svg.count("<svg") == 1
