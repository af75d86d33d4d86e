"""Commands that look at data before any run."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data.errors import DataError
from data.writing import write_text
from pipeline.commands.options import BAD_INPUT, DONE, AsJson, ConfigFile, Label, Override, print_json
from pipeline.pulse import going_on
from pipeline.quiet import without_native_notes

if TYPE_CHECKING:
    from data.loading import Loaded
    from data.spec import Dataset
    from pipeline.config import Config

data_group = typer.Typer(help="Look at a source before any run.", no_args_is_help=True)
schema_group = typer.Typer(
    help="The agreed shape of the data, a file reviewed in git: propose it, compare it, bring it up to date.",
    no_args_is_help=True,
)
Output = Annotated[Path | None, typer.Option("--output", help="Where to write; without it, see the command's text.")]


@data_group.command()
def describe(
    table: Annotated[
        str | None, typer.Argument(metavar="[TABLE]", help="A file without a configuration, as for `farelite init`.")
    ] = None,
    label: Label = None,
    config: ConfigFile = None,
    override: Override = None,
    as_json: AsJson = False,
) -> None:
    """Show rows, rejects by reason, and of each column range, missing, distinct and outliers.

    Reads what a run would read, in memory, and writes nothing. Of a TABLE, roles are as `farelite init` proposes them.

    Example: farelite data describe houses.csv
    """
    from data.profile import profile

    left_out: dict[str, str] = {}
    if table is None:
        if label is not None:
            raise DataError("--label is for a TABLE; a configuration names its label itself")
        chosen = _config(config, override)
        data, allowed = chosen.data, chosen.data_gate.allow_leaks
        loaded = _loaded(data)
    else:
        if config is not None or override:
            raise DataError("give a TABLE or --config, not both; a TABLE has no settings to --set")
        from data.draft.propose import propose

        with going_on(f"reading {table}"):
            proposal, data, loaded = propose(table, label)
        allowed, left_out = (), proposal.left_out
    found = profile(data, loaded, allowed)
    if as_json:
        print_json({**dataclasses.asdict(found), **({"left_out": left_out} if table else {})}, indent=1)
        return
    from pipeline.commands.data_view import show_profile

    show_profile(found, data.label.in_words, left_out)


@schema_group.command()
def infer(config: ConfigFile = None, override: Override = None, output: Output = None) -> None:
    """Propose a schema from the training rows: on standard output, or in a new file.

    Types and categories are as seen, ranges as described in the configuration. Review it, commit it, and name it in
    the configuration as `schema: FILE`.

    Example: farelite schema infer --config my-city.yaml --output my-city.pbtxt
    """
    from data.profile import profile

    chosen = _config(config, override)
    if output is not None and output.exists():
        raise DataError(
            f"{output} is there already; `farelite schema accept` changes a schema, or give another --output"
        )
    loaded = _loaded(chosen.data)
    columns = {one.name: one for one in profile(chosen.data, loaded).columns}
    with without_native_notes():
        from components.data_gate import schema_review

        train = schema_review.statistics_by_split(loaded)["train"]
        text = schema_review.written(schema_review.infer(chosen.data, train), columns)
    if output is None:
        print(text, end="")
    else:
        write_text(output, text)
        print(f"wrote {output}: {len(columns)} columns; review it, then say `schema: {output.name}`", file=sys.stderr)


@schema_group.command()
def diff(config: ConfigFile = None, override: Override = None, as_json: AsJson = False) -> None:
    """Compare the configured schema with the data: what would stop a run, and what would be said.

    Exit code 0: the data fit. 2: they do not, and a run would stop.

    Example: farelite schema diff
    """
    from data.tensor_names import columns_of

    chosen = _config(config, override)
    path = _schema_path(chosen)
    loaded = _loaded(chosen.data)
    with without_native_notes():
        from components.data_gate import schema_review

        schema = schema_review.parse(path.read_text(), str(path))
        found = schema_review.diff(schema, schema_review.statistics_by_split(loaded), columns_of(chosen.data.columns()))
    if as_json:
        print_json(dataclasses.asdict(found), indent=1)
    else:
        for mark, sentences in (("stops a run", found.reasons), ("is said", found.warnings)):
            for sentence in sentences:
                print(f"{mark}: {sentence}")
        if not found.reasons + found.warnings:
            print(f"the data fit {path}")
    raise typer.Exit(BAD_INPUT if found.reasons else DONE)


@schema_group.command()
def accept(config: ConfigFile = None, override: Override = None, output: Output = None) -> None:
    """Change the configured schema so that the data fit it, in place or in another file.

    What fits already is kept to the letter, comments too. Look at the change before you commit it: it says which data
    every later run will take for good.

    Example: farelite schema accept && git diff
    """
    chosen = _config(config, override)
    path = _schema_path(chosen)
    loaded, text = _loaded(chosen.data), path.read_text()
    with without_native_notes():
        from components.data_gate import schema_review

        changed = schema_review.accept(text, str(path), schema_review.statistics_by_split(loaded))
    target = output or path
    if changed == text and target == path:
        print(f"the data fit {path}; nothing has changed", file=sys.stderr)
        return
    write_text(target, changed)
    print(f"wrote {target}; review the change before you commit it", file=sys.stderr)


def _loaded(data: Dataset) -> Loaded:
    from data.loading import load

    with going_on(f"reading {data.source}"):
        return load(data)


def _config(path: Path | None, override: list[str] | None) -> Config:
    from pipeline.config import load
    from pipeline.settled import settled

    config = load(path, override or [])
    with going_on(f"reading {config.data.source}"):
        return settled(config)[0]


def _schema_path(config: Config) -> Path:
    from data.files import match

    if config.schema_file is None:
        raise DataError("the configuration names no schema; `farelite schema infer` proposes one")
    return Path(match(config.schema_file, "schema")[0])
