"""What searches have found, as tables: ways to compress, and choices of training with what to keep of them."""

import json
import shlex
from collections.abc import Mapping
from typing import Any

from rich.console import Group
from rich.text import Text

from components.shown import shown
from components.task import all_tasks, task_of
from components.task.task import Task
from components.tuner.words import judged_by
from pipeline.terminal import markdown as as_markdown
from pipeline.terminal import plain_table

WIDTH = 150
"""Characters that the table takes."""


def study_table(results: Mapping[str, Any], folder: str) -> Group:
    """The table of `study.json`, what was chosen and why, and where the files lie."""
    task = task_of(results.get("output") or {})
    titles = _titles(task)
    to_float = [f"{title} to float, 95 %" for title in reversed(titles)]
    figures = [*titles, *to_float, *_turned_head(results), "bytes", "gzip", "zeros", "us p50", "p95", "arena", ""]
    table = plain_table(["variant", *figures], figures, _title(results), no_wrap=True)
    for one in results["variants"]:
        if one["status"] == "ok":
            table.add_row(*_cells(task, one), style="bold green" if one["selected"] else None)
        else:
            table.add_row(Text(one["name"], style="red"), Text("failed", style="red"))
    notes = [Text(f"{one['name']} failed: {one['reason']}", "red") for one in _failed(results)]
    chosen = results["selected"] or "nothing"
    notes.append(Text(f"chosen: {chosen} ({results['why']})" if results["selected"] else str(results["why"])))
    notes.append(Text("* on the Pareto front of gzip size, latency and error; ! over a budget of push", style="dim"))
    notes.append(Text(f"study.json, pareto.svg and every file: {folder}", style="dim"))
    return Group(table, *notes)


def _titles(task: Task) -> list[str]:
    return [task.metrics[name].title for name in task.brief]


def _turned_head(results: Mapping[str, Any]) -> list[str]:
    """The share of test rows that are decided otherwise than by the reference, where the label is decided about."""
    return ["turned"] if any("flipped" in one for one in results["variants"]) else []


def _title(results: Mapping[str, Any]) -> str:
    rows = results["rows"]
    return f"compression study: errors on {rows['test']:,} test rows; chosen by {rows['validation']:,} validation rows"


def _failed(results: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for one in results["variants"] if one["status"] == "failed"]


def _cells(task: Task, one: Mapping[str, Any]) -> list[str]:
    marks = ("*" if one["pareto"] else "") + ("!" if one["obstacles"] else "")
    return [
        one["name"],
        *(shown(one["test"][name]) for name in task.brief),
        *(_interval(one["difference"][name]) for name in reversed(task.brief)),
        *([f"{one['flipped']:.2%}"] if "flipped" in one else []),
        f"{one['bytes']:,}",
        f"{one['gzip_bytes']:,}",
        f"{one['sparsity']:.1%}",
        f"{one['latency_us']['p50']:g}",
        f"{one['latency_us']['p95']:g}",
        f"{one['arena_bytes']:,}",
        marks,
    ]


def _interval(difference: Mapping[str, float]) -> str:
    return f"{difference['value']:+.2%} [{difference['low']:+.2%}, {difference['high']:+.2%}]"


def markdown(results: Mapping[str, Any]) -> str:
    """The table for a README."""
    task = task_of(results.get("output") or {})
    titles = _titles(task)
    count = len(titles)
    turned = _turned_head(results)
    head = ["variant", *titles, f"{titles[-1]} to float [95 %]", *turned]
    head += ["bytes", "gzip", "zeros", "us a call (p50)", "arena"]
    rows = []
    for one in results["variants"]:
        if one["status"] == "failed":
            rows.append([one["name"], f"failed: {one['reason']}", *[""] * (len(head) - 2)])
            continue
        name, *cells = _cells(task, one)
        name = f"**{name}**" if one["selected"] else name
        *flips, size, gzip, zeros, p50, _, arena, _ = cells[2 * count :]
        rows.append([name, *cells[: count + 1], *flips, size, gzip, zeros, p50, arena])
    return as_markdown(head, rows)


def tuning_table(found: Mapping[str, Any], folder: str) -> Group:
    """The table of `tuning.json`, what was chosen and why."""
    task = next(one for one in all_tasks() if one.primary.name == found["metric"])
    titles = [task.metrics[name].title for name in task.brief]
    figures = ("trial", *titles, "bytes", "us p95", "seconds", "")
    table = plain_table(figures, figures, _searched(found), no_wrap=True)
    table.add_column("changed")
    for one in found["trials"]:
        told = changed(one["changed"])
        if one["status"] != "ok":
            cells = [*([""] * len(titles)), "", "", f"{one['seconds']:.0f}", "", f"{told}: {one['status']}"]
            table.add_row(str(one["trial"]), *cells, style="dim")
            continue
        marks = ("*" if one["pareto"] else "") + ("!" if one["obstacles"] else "")
        table.add_row(
            str(one["trial"]),
            *(shown(one["metrics"][name]) for name in task.brief),
            f"{one['bytes']:,}",
            f"{one['latency_us']['p95']:g}",
            f"{one['seconds']:.0f}",
            marks,
            told,
            style="bold green" if one["chosen"] else None,
        )
    notes = [
        Text(f"chosen: {changed(found['patch'])} ({found['why']})"),
        Text("* on the Pareto front of size and error; ! over a budget of push", style="dim"),
        Text(f"tuning.json and tuned.yaml: {folder}", style="dim"),
    ]
    return Group(table, *notes)


def changed(values: Mapping[str, Any]) -> str:
    """Choices in a few words."""
    return ", ".join(f"{key.removeprefix('training.')} {_short(one)}" for key, one in values.items()) or "as configured"


def keep(found: Mapping[str, Any], place: str) -> str:
    """Where the patch lies, and the same as options of the command line."""
    if not found["patch"]:
        return "nothing to keep: the configuration stands as it is"
    options = " ".join(f"--set {shlex.quote(f'{key}={json.dumps(one)}')}" for key, one in found["patch"].items())
    return f"to keep it, put {place} into the configuration, or run with\n{options}"


def _short(value: Any) -> str:
    return value if isinstance(value, str) else "none" if value is None else json.dumps(value).replace('"', "")


def _searched(found: Mapping[str, Any]) -> str:
    minutes = found["seconds"] / 60
    return f"{len(found['trials'])} trials in {minutes:.1f} minutes: errors of the file on {judged_by(found)}"
