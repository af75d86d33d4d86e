"""The command line; no logic of its own. What a command needs is imported when it runs, so that `--help` is quick."""

from __future__ import annotations

import dataclasses
import json
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.exceptions

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
    from pipeline.paths import RunsFolderError
    from pipeline.runners.lock import LockedError

    return DataError, ConfigError, RunsFolderError, LockedError, StoreError


def main(arguments: list[str] | None = None) -> None:
    """Entry point: turns every ending into an exit code and a message fit to read."""
    sys.exit(_guarded(lambda: app(arguments, standalone_mode=False)))


def _guarded(command: Callable[[], Any]) -> int:
    try:
        return int(command() or DONE)
    except typer.Exit as ending:
        return ending.exit_code
    except (KeyboardInterrupt, typer.Abort):
        print("interrupted; nothing was published", file=sys.stderr)
        return INTERRUPTED
    except typer.exceptions.TyperException as error:
        print(f"error: {error}; `farelite --help` lists commands and options", file=sys.stderr)
        return BAD_INPUT
    except Exception as error:
        if isinstance(error, _expected_errors()):
            from components.tflite_pusher.store import CorruptError

            print(f"error: {error}", file=sys.stderr)
            return REFUSED if isinstance(error, CorruptError) else BAD_INPUT
        traceback.print_exc()
        return UNEXPECTED
