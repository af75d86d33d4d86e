"""A comparison as tables on standard output, and as JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from components.shown import shown
from components.task import title_of
from pipeline.lineage.comparison import Comparison, Figure
from pipeline.lineage.tables import wide_console


def to_json(found: Comparison) -> dict[str, Any]:
    """Plain values; each figure with its change as a share."""
    told = dataclasses.asdict(found)
    for name in ("figures", "slices"):
        told[name] = [{**dataclasses.asdict(one), "change": one.change} for one in getattr(found, name)]
    return told


def show_comparison(found: Comparison) -> None:
    """What the two are, then settings, figures and slices."""
    console = wide_console()
    for side in (found.before, found.after):
        version = f", version {side['version']}" if side["version"] else ""
        told = (
            f"{side['name']}: run {side['run']}{version}, {side['verdict']}; data {side['data']}, code {side['code']}"
        )
        console.print(escape(told))
    if not found.same_rows:
        console.print("their test rows are not the same, so part of a difference may come from them", style="yellow")
    names = (found.before["name"], found.after["name"])
    if found.settings:
        table = _table("setting", names)
        for one in found.settings:
            table.add_row(escape(one.what), _value(one.before), _value(one.after))
        console.print(table)
    else:
        console.print("all settings are the same")
    for title, figures in (("measured", found.figures), (f"slice, {title_of(found.slice_metric)}", found.slices)):
        if figures:
            console.print(_figures(title, names, figures))


def _figures(title: str, names: tuple[str, str], figures: Sequence[Figure]) -> Table:
    table = _table(title, names, "change")
    for one in figures:
        change = "" if one.change is None else f"{one.change:+.1%}"
        table.add_row(escape(_title(one.name)), _shown(one.before), _shown(one.after), change)
    return table


def _title(name: str) -> str:
    """With the title of a metric in place of its name."""
    model, _, metric = name.partition(" ")
    return f"{model} {title_of(metric)}" if model in ("file", "float") and metric else name.replace("_", " ")


def _table(first: str, names: tuple[str, str], *more: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(first)
    for name in (*names, *more):
        table.add_column(escape(name), justify="right", overflow="fold")
    return table


def _shown(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else shown(value)


def _value(value: Any) -> str:
    return "[dim]none[/]" if value is None else escape(str(value))
