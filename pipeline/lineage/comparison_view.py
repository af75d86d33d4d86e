"""A comparison as tables on standard output, and as JSON."""

from __future__ import annotations

import dataclasses
from typing import Any

from rich.markup import escape
from rich.table import Table

from pipeline.lineage.comparison import Comparison
from pipeline.lineage.comparison_tables import OTHER_ROWS, Compared, tables
from pipeline.lineage.tables import LONGEST_CELL
from pipeline.terminal import plain_table, wide_console

_COLOURS = {"better": "green", "worse": "red"}


def to_json(found: Comparison) -> dict[str, Any]:
    """Plain values; each figure with its change as a share, and whether that is better."""
    told = dataclasses.asdict(found)
    for name in ("figures", "slices", "counts"):
        told[name] = [
            {**dataclasses.asdict(one), "change": one.change, "verdict": one.verdict} for one in getattr(found, name)
        ]
    return told


def show_comparison(found: Comparison) -> None:
    """What the two are, then figures, settings, features, rows and slices but the small ones."""
    console = wide_console()
    if not found.same_rows:
        console.print(OTHER_ROWS, style="yellow")
    made = tables(found)
    small = made.pop("small", None)
    for one in made.values():
        console.print(f"\n[bold]{escape(one.caption)}[/]")
        console.print(_table(one))
    if "settings" not in made:
        console.print("\nAll settings are the same.")
    if small:
        console.print(f"\n{len(small.rows)} slices are too small to judge; --json and --html have them.", style="dim")


def _table(one: Compared) -> Table:
    header = [escape(name) for name in one.header]
    numbers = [name for name, holds in zip(header, one.numbers, strict=True) if holds]
    table = plain_table(header, numbers, overflow="fold", max_width=LONGEST_CELL)
    for index, cells in enumerate(one.rows):
        colour, texts = _COLOURS.get(one.verdicts.get(index, "")), [escape(cell) for cell in cells]
        if colour:
            texts[one.verdict] = f"[{colour}]{texts[one.verdict]}[/]"
        table.add_row(*texts)
    return table
