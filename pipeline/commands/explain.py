"""`farelite explain`: what a model listens to, and what moved one prediction."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from data.errors import DataError, printable
from pipeline.commands.options import (
    DEFAULT_RUNS,
    AsJson,
    Markdown,
    Pipeline,
    RemoteStore,
    RunsDir,
    Version,
    open_store,
    print_json,
)

if TYPE_CHECKING:
    from components.registry.store import Store
    from components.scoring.explain import Explanation

_SHOWN = 20
"""Inputs that a terminal lists."""


def explain(
    pairs: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME=VALUE", help="A row by its columns; `NAME=` for a missing value."),
    ] = None,
    source: Annotated[str | None, typer.Option("--input", help="A table that holds the row instead.")] = None,
    row: Annotated[
        int | None, typer.Option("--row", min=1, help="Which row of --input; the first below the header is 1.")
    ] = None,
    of_class: Annotated[
        str | None, typer.Option("--class", help="Whose probability; without one, that of yes or the likeliest class.")
    ] = None,
    version: Version = None,
    runs_dir: RunsDir = DEFAULT_RUNS,
    pipeline: Pipeline = None,
    store: RemoteStore = None,
    markdown: Markdown = False,
    as_json: AsJson = False,
) -> None:
    """Show what a published model listens to; with a row, what moved its prediction.

    Without a row: how much worse file and float model get on test rows when an input is shuffled among them, and how
    far compression moved that. With one: each input alone takes the values that it has in test rows; what the
    prediction changes by on average, and which inputs lie outside of what training showed.

    Example: farelite explain --input trips.csv --row 3
    """
    opened = open_store(runs_dir, pipeline, store)
    wanted = _row(pairs or [], source, row)
    if wanted is None:
        if of_class is not None:
            raise DataError("--class is for one row: give NAME=VALUE pairs, or --input FILE --row N")
        _show_model(opened, opened.resolve(version), markdown, as_json)
        return
    from components.scoring import explain as scoring
    from pipeline.pulse import going_on
    from pipeline.quiet import without_native_notes

    given = scoring.row_of(wanted) if isinstance(wanted, dict) else wanted
    with going_on("explaining the row"), without_native_notes():
        found = scoring.explain(opened, version, given, of_class)
    if as_json:
        print_json(dataclasses.asdict(found), indent=1)
    else:
        _show_row(found, markdown)


def _row(pairs: Sequence[str], source: str | None, row: int | None) -> dict[str, str] | tuple[str, int] | None:
    """Texts by column, or a file and the number of a row in it; None where no row was given."""
    if pairs and (source is not None or row is not None):
        raise DataError(f"{pairs[0]} and --input or --row name two rows; give one")
    if source is None and row is not None:
        raise DataError(f"--row {row} of which table? give --input FILE")
    if source is not None:
        return source, 1 if row is None else row
    split = [one.partition("=") for one in pairs]
    if wrong := [name for name, equals, _ in split if not equals]:
        raise DataError(f"{wrong[0]!r} is no NAME=VALUE; a table is given by --input FILE --row N")
    names = [name for name, _, _ in split]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise DataError(f"{', '.join(twice)} is given twice")
    return {name: value for name, _, value in split} or None


def _show_model(store: Store, version: str, markdown: bool, as_json: bool) -> None:
    from components.registry.store import StoreError
    from components.shown import number, with_spread
    from components.task import task_of

    manifest = store.manifest(version)
    found = manifest.get("influence")
    if found is None:
        raise StoreError(
            f"version {version} was pushed by a farelite that did not measure what it listens to; "
            "`farelite run` with another setting or newer data pushes one that tells"
        )
    if as_json:
        print_json({"version": version, **found}, indent=1)
        return
    metric = task_of(manifest["output"]).metrics[found["metric"]]
    rows = [
        [one["name"], *(with_spread(one[key], one[f"{key}_spread"]) for key in ("file", "float"))]
        for one in found["inputs"]
    ]
    _table(["input", "model.tflite", "float model"], rows, markdown)
    moved, related, repeats = found["largest_change"], found["rank_correlation"], found["repeats"]
    spread = f", ± standard deviation of {repeats} shuffles" if repeats > 1 else ""
    print(
        f"\nversion {version}: rise of the {metric.heading(manifest['output'].get('unit') or 'label units')} when an "
        f"input is shuffled among {found['rows']:,} test rows{spread}\n"
        f"compression: rank correlation of the importances {'undefined' if related is None else number(related)}; "
        f"moved most: {printable(moved['name'])}, by {with_spread(moved['change'], moved['spread'])}"
    )


def _show_row(found: Explanation, markdown: bool) -> None:
    from components.shown import number

    unit = f" {found.unit}" if found.unit else ""
    rows = [
        [
            one.name,
            ", ".join(text or "missing" for text in one.given.values()),
            f"{'+' if one.change > 0 else ''}{number(one.change)}",
            f"{number(one.low)} to {number(one.high)}",
        ]
        for one in found.changes
    ]
    print(
        f"{printable(found.of)}: {number(found.prediction)}{unit} (version {found.version}; {found.rows} test rows "
        f"have {number(found.usual)}{unit} on average)\n"
    )
    _table(["input", "in this row", f"moved it by{unit}", "with test rows' values"], rows, markdown)
    print(
        "\nmoved it by: the prediction minus its mean when this input alone takes the test rows' values. Inputs work "
        "together, so the figures do not add up."
    )
    print("outside of what training showed:", *map(printable, found.flags or ["nothing"]), sep="\n- ")


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], markdown: bool) -> None:
    rows = [[printable(cell) for cell in row] for row in rows]
    if markdown:
        for line in (header, ["---"] * len(header), *rows):
            print(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |")
        return
    from rich.console import Console
    from rich.text import Text

    from pipeline.terminal import plain_table

    table = plain_table(header, right=header[1:3])
    for row in rows[:_SHOWN]:
        table.add_row(*map(Text, row))
    Console(highlight=False).print(table)
    if len(rows) > _SHOWN:
        print(f"and {len(rows) - _SHOWN} inputs of less; --json or --markdown lists them all")
