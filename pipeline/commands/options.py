"""Options that several commands share, and the exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from components.tflite_pusher.store import Store

DONE, UNEXPECTED, BAD_INPUT, REFUSED, INTERRUPTED = 0, 1, 2, 3, 130

RunsDir = Annotated[Path, typer.Option("--runs-dir", help="Folder of all pipelines' runs and models.")]
Pipeline = Annotated[
    str | None, typer.Option("--pipeline", help="Which pipeline; needed where the folder holds several.")
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Configuration file; without one, the Chicago example.")
]
Override = Annotated[list[str] | None, typer.Option("--set", help="One value for this run, such as training.seed=3.")]
Version = Annotated[str | None, typer.Option("--version", help="Six digits; without it, the live version.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, nothing else.")]
DEFAULT_RUNS = Path("runs")


def open_store(runs_dir: Path, pipeline: str | None) -> Store:
    """The models of the wanted pipeline, or of the only one there is.

    Raises:
        RunsFolderError: there is none, or there are several and none is named.
    """
    from components.tflite_pusher.store import Store
    from pipeline.paths import pipeline_folder

    return Store(pipeline_folder(runs_dir, pipeline).models)
