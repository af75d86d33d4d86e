"""What several commands share: options, exit codes, and JSON for other programs."""

from __future__ import annotations

import atexit
import json
import math
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data.errors import DataError

if TYPE_CHECKING:
    from components.registry.store import Store
    from pipeline.paths import RunPaths


DONE, UNEXPECTED, BAD_INPUT, REFUSED, INTERRUPTED = 0, 1, 2, 3, 130

RunsDir = Annotated[Path, typer.Option("--runs-dir", help="Folder of all pipelines' runs and models.")]


def _name_of(given: str | None) -> str | None:
    """A pipeline's name; of a file, the one that its configuration gives, for no name holds a dot or a slash."""
    if given is None or not {".", "/"} & set(given):
        return given
    from pipeline.config import load

    return load(Path(given)).name


Pipeline = Annotated[
    str | None,
    typer.Option(
        "--pipeline",
        "--config",
        metavar="NAME|FILE",
        callback=_name_of,
        help="Which pipeline, by its name or its configuration; needed where the folder holds several.",
    ),
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Configuration file; without one, the Chicago example.")
]
Override = Annotated[list[str] | None, typer.Option("--set", help="One value for this run, such as training.seed=3.")]
Version = Annotated[
    str | None, typer.Option("--version", metavar="VERSION", help="Such as 2; without one, the live version.")
]
VersionArgument = Annotated[
    str | None, typer.Argument(metavar="[VERSION]", help="Such as 2; without one, the live version.")
]
RemoteStore = Annotated[
    str | None,
    typer.Option("--store", help="A remote store instead, as push.store names it: gs://, s3://, hdfs://, ..."),
]
Run = Annotated[
    str | None, typer.Option("--run", help="A version such as 2, latest, or a run's id; without one, the newest run.")
]
TableArgument = Annotated[
    str, typer.Argument(metavar="TABLE", help="A file, folder or pattern, as `data.source` takes it.")
]
Label = Annotated[str | None, typer.Option("--label", help="The column to predict.")]
Wait = Annotated[float, typer.Option("--wait", help="Seconds to wait for another run in the folder.")]
Markdown = Annotated[bool, typer.Option("--markdown", help="The table as Markdown on standard output.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, nothing else.")]
DEFAULT_RUNS = Path("runs")


def exit_code(verdict: str) -> int:
    """Of a run that came to its end."""
    return {"stopped": BAD_INPUT, "refused": REFUSED}.get(verdict, DONE)


def either(argument: str | None, option: str | None, name: str) -> str | None:
    """What was given as an argument or by the option of the same meaning.

    Raises:
        DataError: both were, and differ.
    """
    if argument is not None and option is not None and argument != option:
        raise DataError(f"{argument} and {name} {option} name two different things; give one")
    return option if argument is None else argument


def run_asked(paths: RunPaths, run: str | None) -> str | None:
    """The id of a run that `--run` names, by itself or by the version that it published."""
    if run is None:
        return None
    from pipeline.lineage.sides import run_of

    return run_of(paths, run)[1]


def open_store(runs_dir: Path, pipeline: str | None, remote_store: str | None = None) -> Store:
    """The models of the wanted pipeline, or of the only one there is; or a copy of a remote store's.

    Raises:
        RunsFolderError: there is none, or there are several and none is named.
        StoreError: the remote store cannot be read.
    """
    from components.registry.store import Store

    if remote_store is None:
        from pipeline.paths import pipeline_folder

        return Store(pipeline_folder(runs_dir, pipeline).models)
    from components.registry.remote import pull

    copy = tempfile.TemporaryDirectory(prefix="farelite-store-")
    atexit.register(copy.cleanup)
    pull(remote_store, Path(copy.name))
    return Store(Path(copy.name))


def print_json(value: Any, indent: int | None = None) -> None:
    """On standard output, as RFC 8259 has it: it knows no NaN and no infinity, which become null."""
    print(json.dumps(_strict(value), indent=indent, allow_nan=False))


def _strict(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _strict(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
