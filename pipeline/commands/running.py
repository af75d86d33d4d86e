"""Commands that run the pipeline and look at the machine."""

from __future__ import annotations

import dataclasses
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.options import (
    BAD_INPUT,
    DEFAULT_RUNS,
    DONE,
    AsJson,
    ConfigFile,
    Override,
    RunsDir,
    Wait,
    exit_code,
    print_json,
)
from pipeline.paths import RunPaths

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.runners.events import Result


def run(
    config: ConfigFile = None,
    runs_dir: RunsDir = DEFAULT_RUNS,
    override: Override = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Run though nothing has changed, and push even what a rollback has withdrawn."),
    ] = False,
    wait: Wait = 0,
    as_json: AsJson = False,
) -> None:
    """Run the pipeline: raw rows to a proven model.tflite. Where nothing has changed, say so and end.

    Exit code 0: pushed or unchanged. 2: bad data or configuration. 3: refused by a gate or a proof.
    """
    from pipeline.config import load

    settings = load(config, override or [])
    result = None if force else _nothing_to_do(settings, RunPaths(runs_dir / settings.name))
    if result is None:
        from pipeline.commands.console import run_with_progress

        result = run_with_progress(settings, runs_dir, force, wait, alone=True)
    if as_json:
        print_json(dataclasses.asdict(result))
    raise typer.Exit(exit_code(result.verdict))


def _nothing_to_do(config: Config, paths: RunPaths) -> Result | None:
    """What one more run would come to, told in a line, where it would change nothing; None where it has to be run."""
    from pipeline.last_run import standing
    from pipeline.runners.events import Result

    began = time.monotonic()
    record = standing(config, paths)
    if record is None or not record.settled:
        return None
    report = str(paths.report) if paths.report.exists() else ""
    result = Result(**{**record.result, "seconds": time.monotonic() - began, "report": report})
    live = f"version {record.version} is current" if record.version else "no version is live"
    reasons = f": {'; '.join(result.reasons)}" if result.reasons else ""
    print(
        f"nothing to do: data, settings and code are as in run {record.run_id}, which ended {record.ended} as "
        f"{record.verdict}{reasons}; {live}. `farelite run --force` runs all the same",
        file=sys.stderr,
    )
    return result


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
