"""The command line: registers commands and turns every ending into an exit code and a message fit to read.

What a command needs is imported when it runs, so that `--help` is quick.
"""

import sys
import traceback
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.exceptions

from data.errors import printable
from pipeline.causes import is_interrupt, unwritable
from pipeline.commands import data, explain, features, history, init, kubeflow, running, schedule, searching, versions
from pipeline.commands.options import BAD_INPUT, DEFAULT_RUNS, DONE, INTERRUPTED, REFUSED, UNEXPECTED

app = typer.Typer(
    name="farelite",
    help="A table in, a proven model.tflite of a few kilobytes out.",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

FIRST_HOUR = """farelite: a table in, a proven model.tflite of a few kilobytes out.

The first hour, in this order:

  farelite init houses.csv --label price    look at a table of yours, describe it in houses.yaml
  farelite run --config houses.yaml         train, shrink, prove and publish; it ends with a report
  farelite verify                           the live model is still what was published
  farelite predict new-houses.csv           its predictions, by the same file that goes onto the device
  farelite versions                         what was published, and which one is live

No table at hand? `farelite run` takes 15,002 taxi trips that it brings along.
All commands: farelite --help. One of them: farelite init --help."""


@app.callback()
def teach(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show which farelite, TFX and Python this is.")] = False,
) -> None:
    """A table in, a proven model.tflite of a few kilobytes out."""
    if version:
        from importlib.metadata import version as installed

        packages = ", ".join(f"{name} {installed(name)}" for name in ("tfx", "tensorflow"))
        print(f"farelite {installed('farelite')} ({packages}, Python {sys.version.split()[0]})")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(FIRST_HOUR)


for command in (
    init.init,
    running.run,
    searching.study,
    searching.tune,
    versions.versions,
    versions.verify,
    versions.rollback,
    versions.predict,
    explain.explain,
    versions.demo,
    history.runs,
    history.compare,
    history.report,
    history.lineage,
    history.clean,
    features.ablate,
    features.dimensions,
    running.doctor,
):
    app.command()(command)
for name, group in (
    ("data", data.data_group),
    ("schema", data.schema_group),
    ("schedule", schedule.group),
    ("kubeflow", kubeflow.group),
):
    app.add_typer(group, name=name)
_GROUPS = ("farelite", "farelite data", "farelite schema", "farelite schedule", "farelite kubeflow")


def _expected_errors() -> tuple[type[Exception], ...]:
    """Errors that are the input's fault and carry their own remedy. Only light modules may be imported here."""
    from components.registry.store import StoreError
    from data.errors import DataError
    from pipeline.config import ConfigError
    from pipeline.demo.content import DemoError
    from pipeline.lineage.errors import LineageError, MetadataError
    from pipeline.lock import LockedError
    from pipeline.paths import RunsFolderError
    from pipeline.runners.flink.errors import FlinkError
    from pipeline.runners.kubeflow.errors import KubeflowError
    from pipeline.runners.schedule.slot import ScheduleError

    users = (DataError, ConfigError, KubeflowError, RunsFolderError, LockedError, ScheduleError, StoreError, DemoError)
    return (*users, FlinkError, LineageError, MetadataError)


def main(arguments: list[str] | None = None) -> None:
    """Entry point: turns every ending into an exit code and a message fit to read."""
    words = sys.argv[1:] if arguments is None else arguments
    runs = [Path(value) for option, value in pairwise(words) if option == "--runs-dir"] or [DEFAULT_RUNS]
    sys.exit(_guarded(lambda: app(arguments, prog_name="farelite", standalone_mode=False), runs))


def _printable(text: str) -> str:
    """A message without what would steer the terminal; it may quote the data."""
    return "\n".join(printable(line) for line in text.split("\n"))


def _guarded(command: Callable[[], Any], runs: Sequence[Path] = ()) -> int:
    try:
        code = int(command() or DONE)
    except typer.Exit as ending:
        code = ending.exit_code
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except typer.exceptions.TyperException as error:
        if not error.format_message():  # the help of a group was shown
            return BAD_INPUT
        context = getattr(error, "ctx", None)
        where = context.command_path if context else "farelite"
        what = "commands and options" if where in _GROUPS else "its options"
        print(f"error: {error.format_message().rstrip('.')}; `{where} --help` lists {what}", file=sys.stderr)
        return BAD_INPUT
    except Exception as error:
        if is_interrupt(error):
            code = INTERRUPTED
        else:
            return _told(error, runs)
    # Typer turns an interrupt into this code on its own, without a word.
    if code == INTERRUPTED:
        print("interrupted; nothing was published", file=sys.stderr)
    return code


def _told(error: Exception, runs: Sequence[Path]) -> int:
    """Says what went wrong, a fault of ours with its traceback, and gives the exit code."""
    from components.registry.store import CorruptError
    from pipeline.lineage.errors import MetadataError

    expected = isinstance(error, _expected_errors())
    # A store on a full disk cannot be opened; the disk is the cause.
    disk = None if expected and not isinstance(error, MetadataError) else unwritable(error, runs)
    if disk or expected:
        print(f"error: {_printable(disk or str(error))}", file=sys.stderr)
        return REFUSED if isinstance(error, CorruptError) else BAD_INPUT
    traceback.print_exc()
    return UNEXPECTED
