"""Tables on the terminal: what differs between two versions, and which runs there were. On standard output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from components.shown import shown
from components.task import title_of
from pipeline.lineage.differences import GROUPS, Difference
from pipeline.lineage.records import RunRecord, task_in
from pipeline.terminal import plain_table, wide_console

if TYPE_CHECKING:
    from pipeline.lineage.cleaning import Plan

_COLOURS = {"pushed": "green", "unchanged": "green", "running": "cyan", "interrupted": "yellow"}
LONGEST_CELL = 80
"""Letters; a longer sentence goes on below, or it would push the columns behind it out of sight in every row."""


def show_differences(before: str, after: str, found: Sequence[Difference]) -> None:
    """A table by group, on standard output."""
    console = wide_console()
    if not found:
        console.print(
            f"{escape(before)} and {escape(after)} differ in nothing: data, settings, code and metrics are the same"
        )
        return
    header = ("", "what", escape(before), escape(after), "")
    table = plain_table(header, overflow="fold", max_width=LONGEST_CELL)
    for group in GROUPS:
        mine = [one for one in found if one.group == group]
        if not mine:
            table.add_row(f"[bold]{group}[/]", "[dim]the same[/]")
        for index, one in enumerate(mine):
            label = f"[bold]{group}[/]" if index == 0 else ""
            table.add_row(label, escape(one.what), _value(one.before), _value(one.after), _change(one))
    console.print(table)


def _value(value: Any) -> str:
    if value is None:
        return "[dim]none[/]"
    return f"{value:.4g}" if isinstance(value, float) else escape(str(value))


def _change(one: Difference) -> str:
    both = [
        value for value in (one.before, one.after) if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    return f"{both[1] / both[0] - 1:+.2%}" if one.group == "metrics" and len(both) == 2 and both[0] else ""


def show_runs(records: Sequence[RunRecord], words: dict[str, str]) -> None:
    """One line a run, newest first; `words` has one on each version that is still there, such as `live`."""
    console = wide_console()
    if not records:
        console.print("no run yet; `farelite run` makes the first")
        return
    named = list(dict.fromkeys(name for one in records for name in task_in(one.config).brief))
    titles = [title_of(name) for name in named]
    header = ("run", "took", "verdict", "version", *titles, "settings", "data")
    table = plain_table(header, ("took", *titles), no_wrap=True)
    for one in records:
        measured = one.metrics.get("file") or one.metrics.get("candidate") or {}
        took = "" if one.seconds is None else f"{one.seconds:.0f} s"
        colour = _COLOURS.get(one.verdict, "red")
        at = f" at {one.last_step}" if one.last_step and one.verdict != "running" else ""
        mark = words.get(one.version, "gone") if one.version else ""
        table.add_row(
            escape(one.id),
            took,
            f"[{colour}]{one.verdict}[/]{escape(at)}",
            f"{one.version} [dim]{mark}[/]" if one.version else "",
            *(shown(measured[name]) if name in measured else "" for name in named),
            one.config_hash[:8],
            one.fingerprint[:8],
        )
    console.print(table)


def show_plan(plan: Plan, freed: bool) -> None:
    """What a clean frees, by step, and what stays."""
    console = wide_console()
    sizes: dict[str, list[int]] = {}
    for one in plan.items:
        sizes.setdefault(f"{one.step} {one.key}" + ("" if one.artifact else " (left by a crash)"), []).append(one.bytes)
    table = plain_table(("artifacts", "folders", "MB"), ("folders", "MB"), no_wrap=True)
    for name, group in sorted(sizes.items()):
        table.add_row(escape(name), f"{len(group):,}", f"{sum(group) / 1e6:,.1f}")
    if plan.items:
        console.print(table)
    kept = f"versions {', '.join(plan.versions) or 'none'}; runs {', '.join(plan.runs) or 'none'}"
    console.print(escape(f"kept, {plan.kept_bytes / 1e6:,.1f} MB, with all they rest on: {kept}"))
    many = "" if len(plan.items) == 1 else "s"
    told = f"{len(plan.items):,} folder{many}, {plan.bytes / 1e6:,.1f} MB"
    if not plan.items:
        console.print("nothing to free")
    else:
        console.print(f"freed {told}" if freed else f"would free {told}; nothing was touched, --yes frees it")
