"""Tables for people: on the terminal, and as Markdown."""

from collections.abc import Container, Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

_WIDE = 1000


def wide_console() -> Console:
    """Standard output; where nobody looks at a terminal, no line is cut or folded."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _WIDE
    return console


def plain_table(header: Iterable[str], right: Container[str] = (), title: str | None = None, **columns: Any) -> Table:
    """An empty table without lines.

    Args:
        header: names of the columns.
        right: those whose cells stand on the right, as numbers do.
        title: above it, on the left.
        columns: as rich's `add_column` takes them, for every column.
    """
    table = Table(box=None, pad_edge=False, header_style="dim", title=title, title_justify="left")
    for name in header:
        table.add_column(name, justify="right" if name in right else "left", **columns)
    return table


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The same as Markdown."""
    lines = (f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |" for cells in (header, *rows))
    head, *body = lines
    return "\n".join([head, "|---" * len(header) + "|", *body])
