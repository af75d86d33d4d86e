"""A search for better choices as a table, and what to keep of it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from rich.console import Group
from rich.text import Text

from components.shown import shown
from components.task import all_tasks
from components.tuner.words import judged_by
from pipeline.terminal import plain_table


def tuning_table(found: Mapping[str, Any], folder: str) -> Group:
    """The table of `tuning.json`, what was chosen and why."""
    task = next(one for one in all_tasks() if one.primary.name == found["metric"])
    titles = [task.metrics[name].title for name in task.brief]
    figures = ("trial", *titles, "bytes", "us p95", "seconds", "")
    table = plain_table(figures, figures, _title(found), no_wrap=True)
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


def _title(found: Mapping[str, Any]) -> str:
    minutes = found["seconds"] / 60
    return f"{len(found['trials'])} trials in {minutes:.1f} minutes: errors of the file on {judged_by(found)}"
