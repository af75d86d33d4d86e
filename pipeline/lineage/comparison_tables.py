"""A comparison as tables of plain texts, which the terminal and the page show alike."""

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.markup import escape
from rich.table import Table

from components.task import title_of
from pipeline.lineage.comparison import Comparison, Figure
from pipeline.lineage.tables import LONGEST_CELL
from pipeline.terminal import plain_table, wide_console

OTHER_ROWS = "Their test rows are not the same, so part of a difference may come from them."
_FACTS = ("run", "version", "verdict", "reasons", "gate", "data", "code")


@dataclass(frozen=True)
class Compared:
    """One table.

    Attributes:
        about: `two`, `figures`, `settings`, `features`, `data`, `slices` or `small`.
        verdicts: `better` or `worse` of the second side, by row.
    """

    about: str
    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    verdicts: dict[int, str] = field(default_factory=dict)

    @property
    def verdict(self) -> int:
        """Column of the verdicts, where there are some."""
        return 4

    @property
    def numbers(self) -> list[bool]:
        """Which columns hold numbers."""
        measured = self.about in ("figures", "data", "slices", "small")
        return [measured and index > 0 and index != self.verdict for index in range(len(self.header))]


def tables(found: Comparison) -> dict[str, Compared]:
    """Those that have rows, by what they are about."""
    metric = title_of(found.slice_metric)
    unit = next((f" ({one.unit})" for one in found.slices if one.unit), "")
    sound, small = ([one for one in found.slices if one.small is it] for it in (False, True))
    all_tables = (
        Compared("two", "What they are", ("fact", *found.names), list(_two(found))),
        _measured("figures", "What was measured", "figure", found, found.figures),
        _settings(found),
        _features(found),
        _measured("data", "Rows", "rows", found, found.counts),
        _measured("slices", f"{metric}{unit} by slice, those that moved most first", "slice", found, sound),
        _measured("small", f"{metric}{unit} of slices too small to judge", "slice", found, small),
    )
    return {one.about: one for one in all_tables if one.rows}


def _two(found: Comparison) -> Iterable[tuple[str, str, str]]:
    for key in _FACTS:
        pair = found.before.get(key, ""), found.after.get(key, "")
        if any(pair):
            yield key, *pair


def _measured(about: str, caption: str, first: str, found: Comparison, figures: Sequence[Figure]) -> Compared:
    directed = any(one.verdict for one in figures)
    counted = any(one.rows != (None, None) for one in figures)
    moved = any(one.change_text for one in figures)
    header = [first, *found.names, *(["change"] if moved or directed else [])]
    header += ["the second is"] if directed else []
    header += ["rows"] if counted else []
    rows = []
    for one in figures:
        cells = [one.title or one.name if counted else one.heading, *one.texts]
        cells += [one.change_text] if moved or directed else []
        cells += [one.verdict] if directed else []
        rows.append(cells + ([_rows(one.rows)] if counted else []))
    verdicts = {index: one.verdict for index, one in enumerate(figures) if one.verdict in ("better", "worse")}
    return Compared(about, caption, header, rows, verdicts)


def _rows(rows: tuple[int | None, int | None]) -> str:
    return " and ".join(f"{one:,}" for one in dict.fromkeys(rows) if one is not None)


def _settings(found: Comparison) -> Compared:
    rows = [(one.what, _value(one.before), _value(one.after)) for one in found.settings]
    return Compared("settings", "Settings that differ", ("setting", *found.names), rows)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)


def _features(found: Comparison) -> Compared:
    told = found.features
    rows = [
        *((name, "yes", "no") for name in told.get("before", ())),
        *((name, "no", "yes") for name in told.get("after", ())),
    ]
    return Compared("features", "Features that only one of them takes", ("feature", *found.names), rows)


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
