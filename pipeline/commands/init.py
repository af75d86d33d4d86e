"""The command that describes a table of one's own for the first time."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.commands.options import AsJson, Label, TableArgument, print_json
from pipeline.pulse import going_on
from pipeline.quiet import without_native_notes

if TYPE_CHECKING:
    from data.draft.proposal import Proposal
    from data.draft.seen import Table


def init(
    table: TableArgument,
    label: Label = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="The YAML to write; without it, NAME.yaml here.")
    ] = None,
    pipeline: Annotated[
        str | None, typer.Option("--pipeline", help="Name of the pipeline; without it, that of the table.")
    ] = None,
    time_zone: Annotated[
        str | None, typer.Option("--time-zone", help="Whose clock the hours are read from, such as America/Chicago.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: take the likeliest column as label.")] = False,
    as_json: AsJson = False,
) -> None:
    """Describe a table of your own: look at it, and write the configuration with a reason beside each choice.

    Any file, folder or pattern that a run can read. Proposed are the roles of the columns, formats, time zone, filters
    and split; left out are ids, constants and columns that tell the label. On a terminal it asks what to predict.

    Example: farelite init houses.csv --label price
    """
    from data.draft.propose import propose
    from data.draft.seen import look
    from data.writing import write_text

    with going_on(f"looking at {table}"), without_native_notes():
        seen = look(table)
    wanted = _label(seen, label, yes)
    with going_on(f"reading {table}"), without_native_notes():
        proposal, _, loaded = propose(table, wanted, seen)
    _set_zone(proposal, time_zone)
    chosen = pipeline or proposal.name
    target = output or Path(f"{chosen}.yaml")
    _check_free(target)
    command = f"farelite run --config {shlex.quote(str(target))}"
    text = _checked(proposal, chosen, _from(table, target.parent), command, target)
    write_text(target, text)
    _say(proposal, target, loaded.table.num_rows, command, as_json)


def _label(table: Table, given: str | None, yes: bool) -> str | None:
    """The column to predict, asked for where that can be; None takes the likeliest."""
    from data.errors import DataError

    if given or yes:
        return given
    if sys.stdin.isatty() and sys.stderr.isatty():
        return _asked(table)
    raise DataError(f"what is to be predicted? give --label COLUMN, or --yes for {_likeliest(table)}, the likeliest")


def _check_free(target: Path) -> None:
    from data.errors import DataError

    if target.exists():
        raise DataError(f"{target} is there already; give another place by --output")


def _likeliest(table: Table) -> str:
    from data.draft.target import label_named

    return label_named(table, None)[0].name


def _asked(table: Table) -> str:
    from rich.console import Console
    from rich.prompt import Prompt

    from data.errors import printable

    console = Console(stderr=True, highlight=False)
    for one in table.columns.values():
        shown = ", ".join(list(one.counts)[:4])
        console.print(f"  {printable(one.name)}  [dim]{printable(shown)}[/]", markup=True, soft_wrap=True)
    return Prompt.ask(
        "Which column is to be predicted?",
        choices=list(table.columns),
        show_choices=False,
        default=_likeliest(table),
        console=console,
    )


def _set_zone(proposal: Proposal, zone: str | None) -> None:
    from data.draft.moments import in_zone
    from data.errors import DataError

    if zone is None:
        return
    if proposal.time is None:
        raise DataError("--time-zone is of no use: no column of the table was taken for the time")
    proposal.time, proposal.time_why = in_zone(proposal.time, zone), "time zone as asked"


def _from(table: str, folder: Path) -> str:
    """The table's path from another folder; addresses and absolute paths stay as they are."""
    from data.files import expanded, is_remote

    if table.startswith(("package:", "~")) or is_remote(table) or Path(expanded(table)).is_absolute():
        return table
    return os.path.relpath(table, folder)


def _checked(proposal: Proposal, name: str, source: str, command: str, target: Path) -> str:
    """The text of the file, after it was read as `farelite run` reads it."""
    from pydantic import ValidationError

    from pipeline.commands.draft_text import draft_text
    from pipeline.config import Config, ConfigError
    from pipeline.settings.mistakes import explain
    from pipeline.yaml_text import parse

    text = draft_text(proposal, name, source, f"Next: {command}")
    tree: dict[str, Any] = parse(text)
    try:
        Config.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(explain(target, Config, tree, error)) from error
    return text


def _say(proposal: Proposal, target: Path, rows: int, command: str, as_json: bool) -> None:
    from data.draft.names import shown

    if as_json:
        print_json({"file": str(target), "data": proposal.data(), "left_out": proposal.left_out, "next": command})
        return
    kind = {"number": "a number", "binary": "yes or no", "classes": "one of several classes"}[proposal.label["kind"]]
    inputs, label = len(proposal.inputs()), shown(proposal.label["column"])
    lines = [f"wrote {target}: {label} ({kind}) from {inputs} of {len(proposal.table.columns)} columns, {rows:,} rows"]
    lines += [f"left out: {', '.join(map(shown, proposal.left_out))}"] if proposal.left_out else []
    if proposal.time:
        drawn = f"test rows are drawn from all times of {shown(proposal.time['column'])}"
        lines.append(f"{drawn}; to judge by the newest, take the other split in the file")
    lines += [*proposal.remarks, "the reasons stand in the file; take out what is not known at a prediction, then"]
    print(*lines, sep="\n", file=sys.stderr)
    print(command)
