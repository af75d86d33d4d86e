"""What the dimensions do, on the terminal: progress on standard error, tables on standard output."""

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from components.registry.durable import replace_text
from components.shown import shown
from components.task import task_of
from components.task.task import Task
from pipeline.paths import RunPaths
from pipeline.pulse import Pace
from pipeline.studies.ablation_view import loading
from pipeline.terminal import plain_table

_WIDE = 132
"""Characters that the widest table takes."""

_LOADINGS = 3
_PAIRS = 12
MODELS = ("linear", "neighbours", "trees")


def dimensions_with_progress(
    paths: RunPaths, run_id: str | None, rows: int, few: int, seed: int
) -> tuple[dict[str, Any], bool]:
    """Measures the dimensions of a run and draws how it goes.

    Returns:
        What was measured, and whether the run is the newest.
    """
    with loading(paths, "dimensions") as pulse:
        from pipeline.studies.dimensions import Dimensions
        from pipeline.studies.finished import look

        source = look(paths, run_id)
        pulse.say(f"rows of run {source.record.id}")
        pace = Pace()

        def told(done: int, steps: int) -> None:
            pulse.say("dimension by dimension", pace.in_words(f"{done} of {steps}", done, steps))

        measured = Dimensions(source, rows, few, seed).measure(told)
        place = paths.dimensions_of(source.record.id)
        place.parent.mkdir(exist_ok=True)
        replace_text(place, json.dumps(measured, indent=1))
    return measured, source.newest


def show_dimensions(measured: Mapping[str, Any]) -> None:
    """Tables of features as they are added, components, correlated pairs and costs."""
    console = Console(highlight=False)
    console = Console(highlight=False, width=max(console.width, _WIDE))
    console.print(f"run {measured['run']} of {measured['pipeline']}: {in_words(measured)}", style="dim")
    for title, table in _parts(measured):
        console.print()
        console.print(title, style="bold")
        if table:
            console.print(table)


def _parts(measured: Mapping[str, Any]) -> Iterator[tuple[str, Table | None]]:
    """Titles with their tables."""
    reducer, pairs = measured["reducer"], measured["pairs"]
    rule = "next is what a linear model on the training rows gains most from"
    yield f"features, added one by one: {rule}", _features(measured)
    if reducer:
        merit = f"{reducer['merit']['name']} {reducer['merit']['value']:.4f}"
        yield f"components of {reducer['kind']}: {reducer['kept']} kept, {merit}", _components(measured)
    else:
        yield "no components: the run's features.reducer.kind is none; set it to pca and make a run", None
    more = f", the first {_PAIRS} of {len(pairs)}" if len(pairs) > _PAIRS else ""
    title = f"features whose correlation is {measured['correlated']:g} or more in size: {len(pairs) or 'none'}{more}"
    yield title, _pairs(pairs) if pairs else None
    told = measured["parameters"]
    saved = f"; the reducer saves {told['saved_by_reducer']:,}" if told["saved_by_reducer"] else ""
    yield f"parameters of the network: {_total(told):,}, of them {told['rest']:,} of no input{saved}", _inputs(measured)


def in_words(measured: Mapping[str, Any]) -> str:
    """What was measured, on which rows and by what."""
    rows, models = measured["rows"], measured["models"]
    used = f"{rows['used']:,}" if rows["used"] == rows["train"] else f"{rows['used']:,} of {rows['train']:,}"
    return (
        f"{_task(measured).primary.title} in {measured['unit']} on {rows['validation']:,} validation rows after "
        f"learning from {used} training rows, or from {rows['few']:,} of them. linear is ridge or logistic regression, "
        f"nearest the mean of the {models['neighbours']} nearest rows, trees are {models['trees']} of LightGBM. "
        "far/near is how many times as far as the nearest other place the farthest one lies; at worst, if the "
        "features were independent"
    )


def _table(left: Sequence[str], right: Sequence[str]) -> Table:
    return plain_table([*left, *right], right, no_wrap=True)


def _task(measured: Mapping[str, Any]) -> Task:
    return task_of(measured.get("label") or {})


def _errors(measured: Mapping[str, Any], steps: Sequence[Mapping[str, Any]], key: str) -> Iterator[list[str]]:
    """The primary metric of each model step by step, the lowest of each in bold."""
    metric = _task(measured).primary.name
    best = {name: min(one[key][name][metric] for one in steps) for name in MODELS}
    for one in steps:
        values = {name: one[key][name][metric] for name in MODELS}
        yield [f"[bold]{shown(v)}[/bold]" if v == best[name] else shown(v) for name, v in values.items()]


def _features(measured: Mapping[str, Any]) -> Table:
    few = f"{measured['rows']['few']:,}"
    models = ("linear", "nearest", "trees", f"{few}: linear", "nearest", "trees")
    table = _table(["", "feature"], ["with label", "R²", *models, "far/near", "at worst"])
    steps = measured["features"]
    lines = zip(steps, _errors(measured, steps, "errors"), _errors(measured, steps, "errors_of_few"), strict=True)
    for number, (one, errors, of_few) in enumerate(lines, start=1):
        shares = f"{one['label_correlation']:+.2f}", f"{one['label_r2']:.4f}"
        contrasts = f"{one['contrast']:,.1f}", f"{one['contrast_if_independent']:,.1f}"
        table.add_row(str(number), escape(one["name"]), *shares, *errors, *of_few, *contrasts)
    return table


def _components(measured: Mapping[str, Any]) -> Table:
    steps = measured["components"]
    table = _table([""], ["variance", "up to", "R²", "linear", "nearest", "trees", "far/near"])
    table.add_column("largest loadings")
    total = 0.0
    for number, (one, errors) in enumerate(zip(steps, _errors(measured, steps, "errors"), strict=True), start=1):
        share = one["explained_variance_ratio"]
        total += share
        largest = sorted(one["loadings"].items(), key=lambda pair: -abs(pair[1]))[:_LOADINGS]
        loadings = ", ".join(f"{value:+.2f} {escape(name)}" for name, value in largest)
        shares = f"{share:.2%}", f"{total:.2%}", f"{one['label_r2']:.4f}"
        table.add_row(str(number), *shares, *errors, f"{one['contrast']:,.1f}", loadings)
    return table


def _pairs(pairs: Sequence[Mapping[str, Any]]) -> Table:
    table = _table(["feature", "and"], ["correlation"])
    for one in pairs[:_PAIRS]:
        table.add_row(*map(escape, one["features"]), f"{one['correlation']:+.3f}")
    return table


def _total(told: Mapping[str, int]) -> int:
    return told["inputs"] + told["rest"]


def _inputs(measured: Mapping[str, Any]) -> Table:
    table = _table(["input", "kind"], ["columns", "parameters", "share", "learned constants"])
    for name, one in grouped(measured["inputs"]):
        share = f"{one['parameters'] / _total(measured['parameters']):.1%}" if one["parameters"] else ""
        figures = (f"{one[key]:,}" if one[key] else "" for key in ("width", "parameters"))
        table.add_row(escape(name), one["kind"], *figures, share, f"{one['constants']:,}" if one["constants"] else "")
    return table


def grouped(inputs: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Inputs in order; neighbours that cost the same go by one name, such as `each of 14 components`."""
    for _, group in itertools.groupby(inputs, lambda one: {**one, "name": ""}):
        same = list(group)
        yield same[0]["name"] if len(same) == 1 else f"each of {len(same)} {_many(same[0]['kind'])}", same[0]


def _many(kind: str) -> str:
    return {"category": "categories", "cross": "crosses"}.get(kind, f"{kind}s")
