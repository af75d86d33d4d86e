"""Commands that run the pipeline and look at the machine."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer

from pipeline.commands.options import BAD_INPUT, DEFAULT_RUNS, DONE, REFUSED, AsJson, ConfigFile, Override, RunsDir
from pipeline.commands.output import print_json


def run(
    config: ConfigFile = None,
    runs_dir: RunsDir = DEFAULT_RUNS,
    override: Override = None,
    force: Annotated[bool, typer.Option("--force", help="Push even what a rollback has withdrawn.")] = False,
    wait: Annotated[float, typer.Option("--wait", help="Seconds to wait for another run in the folder.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Run the pipeline: raw rows to a proven model.tflite.

    Exit code 0: pushed or unchanged. 2: bad data or configuration. 3: refused by a gate or a proof.
    """
    from pipeline.commands.console import run_with_progress
    from pipeline.config import load

    result = run_with_progress(load(config, override or []), runs_dir, force, wait)
    if as_json:
        print_json(dataclasses.asdict(result))
    raise typer.Exit({"stopped": BAD_INPUT, "refused": REFUSED}.get(result.verdict, DONE))


def doctor(as_json: AsJson = False) -> None:
    """Show what this machine has, lacks and would choose."""
    from pipeline.commands import doctor as examination

    findings = examination.examine()
    if as_json:
        print_json([dataclasses.asdict(one) for one in findings], indent=1)
    else:
        from pipeline.commands.console import show_findings

        show_findings(findings)
    raise typer.Exit(BAD_INPUT if any(one.state == "missing" and one.required for one in findings) else DONE)
