"""The command line; no logic of its own. What a command needs is imported when it runs, so that `--help` is quick."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.exceptions

if TYPE_CHECKING:
    from components.tflite_pusher.store import Store

DONE, UNEXPECTED, BAD_INPUT, REFUSED, INTERRUPTED = 0, 1, 2, 3, 130

app = typer.Typer(
    name="farelite",
    help="Taxi trips in, a fare model of a few kilobytes out, with proof.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

RunsDir = Annotated[Path, typer.Option("--runs-dir", help="Folder of all pipelines' runs and models.")]
Pipeline = Annotated[
    str | None, typer.Option("--pipeline", help="Which pipeline; needed where the folder holds several.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, nothing else.")]
DEFAULT_RUNS = Path("runs")


@app.command()
def run(
    config: Annotated[
        Path | None, typer.Option("--config", help="Configuration file; without one, the Chicago example.")
    ] = None,
    runs_dir: RunsDir = DEFAULT_RUNS,
    override: Annotated[
        list[str] | None, typer.Option("--set", help="One value for this run, such as training.seed=3.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Push even what a rollback has withdrawn.")] = False,
    wait: Annotated[float, typer.Option("--wait", help="Seconds to wait for another run in the folder.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Run the pipeline: raw trips to a proven model.tflite.

    Exit code 0: pushed or unchanged. 2: bad data or configuration. 3: refused by a gate or a proof.
    """
    from pipeline.console import run_with_progress

    result = run_with_progress(config, runs_dir, override or [], force, wait)
    if as_json:
        print(json.dumps(dataclasses.asdict(result)))
    raise typer.Exit({"stopped": BAD_INPUT, "refused": REFUSED}.get(result.verdict, DONE))


@app.command()
def versions(runs_dir: RunsDir = DEFAULT_RUNS, pipeline: Pipeline = None, as_json: AsJson = False) -> None:
    """List the published versions: when each was pushed, its error, size and checksum; which is live or withdrawn.

    A rollback withdraws the version that it leaves: the same bytes are not pushed again without `run --force`.

    Example: farelite versions --json
    """
    from components.tflite_pusher.recheck import summaries

    found = summaries(_store(runs_dir, pipeline))
    if as_json:
        print(json.dumps([dataclasses.asdict(one) for one in found], indent=1))
        return
    from pipeline.console import show_versions

    show_versions(found)


@app.command()
def verify(
    version: Annotated[
        str | None, typer.Argument(help="Six digits, such as 000002; without one, the live version.")
    ] = None,
    runs_dir: RunsDir = DEFAULT_RUNS,
    pipeline: Pipeline = None,
    as_json: AsJson = False,
) -> None:
    """Check that a version is still what was pushed: seal, checksums, then its test vectors through the interpreter.

    Exit code 0: sound. 3: it is not, and every problem is listed. 2: there is no such version.

    Example: farelite verify 000002
    """
    from components.tflite_pusher.recheck import recheck
    from pipeline.runners.quiet import without_native_notes

    with without_native_notes():
        finding = recheck(_store(runs_dir, pipeline), version)
    if as_json:
        print(json.dumps(dataclasses.asdict(finding)))
    elif finding.problems:
        print(f"{finding.version} is not sound:", *finding.problems, sep="\n- ")
    else:
        print(
            f"{finding.version} is sound: every file is as it was pushed, {finding.vectors} test vectors agree "
            f"(largest difference {finding.largest_difference:.3g})"
        )
    raise typer.Exit(REFUSED if finding.problems else DONE)


@app.command()
def rollback(
    version: Annotated[
        str | None, typer.Argument(help="Where to go; without one, the nearest older version not withdrawn.")
    ] = None,
    runs_dir: RunsDir = DEFAULT_RUNS,
    pipeline: Pipeline = None,
    as_json: AsJson = False,
) -> None:
    """Make an older version live again, in one atomic step, and withdraw the one that was.

    No file of any version is changed or deleted; rolling back to a withdrawn version takes it in again.
    Exit code 2: nowhere to go. 3: the version to go to is damaged, and nothing has changed.

    Example: farelite rollback 000001
    """
    left, live = _store(runs_dir, pipeline).rollback(version)
    if as_json:
        print(json.dumps({"left": left, "live": live}))
    else:
        print(f"{live} was live already" if left == live else f"left {left}; live now: {live}")


@app.command()
def predict(
    source: Annotated[
        str, typer.Option("--input", help="CSV or Parquet, plain or gzipped, with the columns that the model takes.")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", help="A .csv, .csv.gz or .parquet; without one, CSV on standard output.")
    ] = None,
    runs_dir: RunsDir = DEFAULT_RUNS,
    pipeline: Pipeline = None,
    version: Annotated[str | None, typer.Option("--version", help="Six digits; without it, the live version.")] = None,
) -> None:
    """Price the rows of a table with a published model.

    Every row and column is kept, in order; `prediction` and `flags` are added. A row that cannot be priced has an
    empty prediction and the reason in `flags`. Flags of a priced row say what training did not show: a value outside
    the training range, an unknown category; several are joined by `;`.

    Example: farelite predict --input trips.csv --output priced.parquet
    """
    from components.tflite_pusher.predict import predict_file
    from pipeline.runners.quiet import without_native_notes

    try:
        with without_native_notes():
            counts = predict_file(_store(runs_dir, pipeline), version, source, output)
    except BrokenPipeError:
        # Whoever reads has seen enough, as `| head` does; what is still buffered goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    print(f"{counts.rows:,} rows: {counts.unpriced:,} without a price, {counts.flagged:,} flagged", file=sys.stderr)


@app.command()
def demo(
    runs_dir: RunsDir = DEFAULT_RUNS,
    pipeline: Pipeline = None,
    version: Annotated[str | None, typer.Option("--version", help="Six digits; without it, the live version.")] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="On 127.0.0.1; 0 takes any free one.")] = 8765,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open the page in a browser.")] = False,
) -> None:
    """Show a published model at work: a page that runs this very model.tflite in the browser, offline.

    Only this machine can see the page. `make demo` fetches what it needs (LiteRT.js, once) and starts it.

    Example: farelite demo --version 000002
    """
    from pipeline.demo.server import serve

    serve(_store(runs_dir, pipeline), version, port, browse=not no_open)


def _store(runs_dir: Path, pipeline: str | None) -> Store:
    from components.tflite_pusher.store import Store
    from pipeline.paths import pipeline_folder

    return Store(pipeline_folder(runs_dir, pipeline).models)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Show what this machine has, lacks and would choose."""
    from pipeline import doctor as examination

    findings = examination.examine()
    if as_json:
        print(json.dumps([dataclasses.asdict(one) for one in findings], indent=1))
    else:
        from pipeline.console import show_findings

        show_findings(findings)
    raise typer.Exit(BAD_INPUT if any(one.state == "missing" and one.required for one in findings) else DONE)


def _expected_errors() -> tuple[type[Exception], ...]:
    """Errors that are the input's fault and carry their own remedy. Only light modules may be imported here."""
    from components.tflite_pusher.store import StoreError
    from data.reader import DataError
    from pipeline.config import ConfigError
    from pipeline.demo.content import DemoError
    from pipeline.paths import RunsFolderError
    from pipeline.runners.lock import LockedError

    return DataError, ConfigError, RunsFolderError, LockedError, StoreError, DemoError


def main(arguments: list[str] | None = None) -> None:
    """Entry point: turns every ending into an exit code and a message fit to read."""
    sys.exit(_guarded(lambda: app(arguments, standalone_mode=False)))


def _guarded(command: Callable[[], Any]) -> int:
    try:
        code = int(command() or DONE)
    except typer.Exit as ending:
        code = ending.exit_code
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except typer.exceptions.TyperException as error:
        print(
            f"error: {error.format_message().rstrip('.')}; `farelite --help` lists commands and options",
            file=sys.stderr,
        )
        return BAD_INPUT
    except Exception as error:
        if isinstance(error, _expected_errors()):
            from components.tflite_pusher.store import CorruptError

            print(f"error: {error}", file=sys.stderr)
            return REFUSED if isinstance(error, CorruptError) else BAD_INPUT
        traceback.print_exc()
        return UNEXPECTED
    # Typer turns an interrupt into this code on its own, without a word.
    if code == INTERRUPTED:
        print("interrupted; nothing was published", file=sys.stderr)
    return code
