"""The command that compares ways to compress."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import BAD_INPUT, DEFAULT_RUNS, DONE, REFUSED, AsJson, ConfigFile, Override, RunsDir
from pipeline.commands.output import print_json


def study(
    config: ConfigFile = None,
    runs_dir: RunsDir = DEFAULT_RUNS,
    override: Override = None,
    wait: Annotated[float, typer.Option("--wait", help="Seconds to wait for another run in the folder.")] = 0,
    markdown: Annotated[bool, typer.Option("--markdown", help="The table as Markdown on standard output.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compress the float model in many ways, measure each file, and go on with the one that the policy chooses.

    The grid and the policy are the configuration's block `study`; without one, the default grid. The chosen variant is
    judged, proven and pushed like any other model. A study that was killed goes on where it was.
    Exit code 0: pushed or unchanged. 2: bad data or configuration. 3: refused by a gate, a proof or the policy.

    Example: farelite study --set study.select.policy=most_accurate --set study.select.max_bytes=16000
    """
    from components.files import STUDY_FILE
    from pipeline.commands import study_view
    from pipeline.commands.console import run_with_progress
    from pipeline.config import load

    settings = load(config, override or [])
    if settings.study is None:
        settings = load(config, [*(override or []), "study={}"])
    result = run_with_progress(settings, runs_dir, force=False, wait=wait, alone=True)
    results = json.loads((Path(result.study_dir) / STUDY_FILE).read_text()) if result.study_dir else None
    if as_json:
        print_json({**dataclasses.asdict(result), "study": results})
    elif markdown and results:
        print(study_view.markdown(results))
    raise typer.Exit({"stopped": BAD_INPUT, "refused": REFUSED}.get(result.verdict, DONE))
