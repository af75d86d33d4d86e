"""Commands on published versions."""

import dataclasses
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from data.errors import DataError
from pipeline.commands.options import (
    DEFAULT_RUNS,
    DONE,
    REFUSED,
    AsJson,
    Pipeline,
    RemoteStore,
    RunsDir,
    Version,
    VersionArgument,
    either,
    open_store,
    print_json,
)


def versions(
    runs_dir: RunsDir = DEFAULT_RUNS, pipeline: Pipeline = None, store: RemoteStore = None, as_json: AsJson = False
) -> None:
    """List the published versions: when each was pushed, its error, size and checksum; which is live or withdrawn.

    A rollback withdraws the version that it leaves: the same bytes are not pushed again without `run --force`.

    Example: farelite versions --json
    """
    from components.registry.recheck import summaries

    found = summaries(open_store(runs_dir, pipeline, store))
    if as_json:
        told = [dataclasses.asdict(one) for one in found]
        print_json([{**one, **one.pop("errors")} for one in told], indent=1)
        return
    from pipeline.commands.console import show_versions

    show_versions(found)


def verify(
    which: VersionArgument = None,
    version: Version = None,
    runs_dir: RunsDir = DEFAULT_RUNS,
    pipeline: Pipeline = None,
    store: RemoteStore = None,
    as_json: AsJson = False,
) -> None:
    """Check that a version is still what was pushed: seal, checksums, then its test vectors through the interpreter.

    Exit code 0: sound. 3: it is not, and every problem is listed. 2: there is no such version.

    Example: farelite verify 2
    """
    from components.registry.recheck import recheck
    from pipeline.pulse import going_on
    from pipeline.quiet import without_native_notes

    with going_on("running the test vectors"), without_native_notes():
        finding = recheck(open_store(runs_dir, pipeline, store), either(which, version, "--version"))
    if as_json:
        print_json(dataclasses.asdict(finding))
    elif finding.problems:
        print(f"{finding.version} is not sound:", *finding.problems, sep="\n- ")
    else:
        print(
            f"{finding.version} is sound: every file is as it was pushed, {finding.vectors} test vectors agree "
            f"(largest difference {finding.largest_difference:.3g})"
        )
    raise typer.Exit(REFUSED if finding.problems else DONE)


def rollback(
    which: Annotated[
        str | None,
        typer.Argument(metavar="[VERSION]", help="Where to go; without one, the nearest older version not withdrawn."),
    ] = None,
    version: Annotated[str | None, typer.Option("--version", metavar="VERSION", help="The same.")] = None,
    runs_dir: RunsDir = DEFAULT_RUNS,
    pipeline: Pipeline = None,
    store: RemoteStore = None,
    as_json: AsJson = False,
) -> None:
    """Make an older version live again, in one atomic step, and withdraw the one that was.

    No file of any version is changed or deleted; rolling back to a withdrawn version takes it in again.
    Exit code 2: nowhere to go. 3: the version to go to is damaged, and nothing has changed.

    Example: farelite rollback 1
    """
    opened = open_store(runs_dir, pipeline, store)
    left, live = opened.rollback(either(which, version, "--version"))
    if store is not None:
        from components.registry.remote import push

        push(opened.root, store)
    if as_json:
        print_json({"left": left, "live": live})
    else:
        print(f"{live} was live already" if left == live else f"left {left}; live now: {live}")


def predict(
    table: Annotated[
        str | None, typer.Argument(metavar="[TABLE]", help="CSV or Parquet with the columns that the model takes.")
    ] = None,
    source: Annotated[str | None, typer.Option("--input", help="The same.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="A .csv, .csv.gz or .parquet; without one, CSV on standard output.")
    ] = None,
    runs_dir: RunsDir = DEFAULT_RUNS,
    pipeline: Pipeline = None,
    store: RemoteStore = None,
    version: Version = None,
) -> None:
    """Predict the rows of a table with a published model.

    Every row and column is kept, in order; `prediction` and `flags` are added. A row that has no prediction
    has the reason in `flags`. Flags of a row with one say what training did not show: a value outside the training
    range, an unknown category; several are joined by `;`.

    Example: farelite predict rows.csv --output predicted.parquet
    """
    given = either(table, source, "--input")
    if given is None:
        raise DataError("predict what? give a TABLE, such as `farelite predict rows.csv`")
    from components.progress import reporting
    from components.scoring.predict import predict_file
    from pipeline.pulse import going_on
    from pipeline.quiet import without_native_notes

    try:
        with going_on(f"predicting {given}") as pulse, without_native_notes(), reporting(pulse.how):
            counts = predict_file(open_store(runs_dir, pipeline, store), version, given, output)
    except BrokenPipeError:
        # Whoever reads has seen enough, as `| head` does; what is still buffered goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    print(
        f"{counts.rows:,} rows: {counts.without_prediction:,} without a prediction, {counts.flagged:,} flagged",
        file=sys.stderr,
    )


def demo(
    which: VersionArgument = None,
    version: Version = None,
    runs_dir: RunsDir = DEFAULT_RUNS,
    pipeline: Pipeline = None,
    store: RemoteStore = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="On 127.0.0.1; 0 takes any free one.")] = 8765,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open the page in a browser.")] = False,
) -> None:
    """Show a published model at work: a page that runs this very model.tflite in the browser, offline.

    Only this machine can see the page. `make demo` fetches what it needs (LiteRT.js, once) and starts it.

    Example: farelite demo 2
    """
    from pipeline.demo.server import serve

    serve(open_store(runs_dir, pipeline, store), either(which, version, "--version"), port, browse=not no_open)
