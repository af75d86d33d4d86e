"""Commands that look for a better model: ways to compress it, and choices of its training."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.commands.options import (
    DEFAULT_RUNS,
    AsJson,
    ConfigFile,
    Markdown,
    Override,
    RunsDir,
    Wait,
    exit_code,
    print_json,
)

if TYPE_CHECKING:
    from pipeline.config import Config


def study(
    config: ConfigFile = None,
    runs_dir: RunsDir = DEFAULT_RUNS,
    override: Override = None,
    wait: Wait = 0,
    markdown: Markdown = False,
    as_json: AsJson = False,
) -> None:
    """Compress the float model in many ways, measure each file, and go on with the one that the policy chooses.

    The grid and the policy are the configuration's block `study`; without one, the default grid. The chosen variant is
    judged, proven and pushed like any other model. A study that was killed goes on where it was.
    Exit code 0: pushed or unchanged. 2: bad data or configuration. 3: refused by a gate, a proof or the policy.

    Example: farelite study --set study.select.policy=most_accurate --set study.select.max_bytes=16000
    """
    from components.files import STUDY_FILE
    from pipeline.commands import search_views
    from pipeline.commands.console import run_with_progress

    settings = _with("study", config, override)
    result = run_with_progress(settings, runs_dir, force=False, wait=wait, alone=True)
    results = json.loads((Path(result.study_dir) / STUDY_FILE).read_text()) if result.study_dir else None
    if as_json:
        print_json({**dataclasses.asdict(result), "study": results})
    elif markdown and results:
        print(search_views.markdown(results))
    raise typer.Exit(exit_code(result.verdict))


def tune(
    config: ConfigFile = None,
    runs_dir: RunsDir = DEFAULT_RUNS,
    override: Override = None,
    minutes: Annotated[
        float | None, typer.Option("--minutes", help="Of searching, as tuner.minutes: 10 unless given.")
    ] = None,
    wait: Wait = 0,
    as_json: AsJson = False,
) -> None:
    """Search for better choices of training, judged by the converted file on rows held out, and go on with the best.

    The first trial is the configuration as it stands. What was found is written as tuned.yaml into the pipeline's
    folder and printed as options of `farelite run`; its model is judged, proven and pushed like any other. A search
    that was killed goes on where it was, and so does one that is given more minutes.
    Exit code 0: pushed or unchanged. 2: bad data or configuration. 3: refused by a gate or a proof.

    Example: farelite tune --config my.yaml --minutes 30
    """
    from components.files import PATCH_FILE
    from pipeline.commands import search_views
    from pipeline.commands.console import run_with_progress

    settings = _with("tuner", config, override, *([] if minutes is None else [f"tuner.minutes={minutes}"]))
    result = run_with_progress(settings, runs_dir, force=False, wait=wait, alone=True)
    found, place = _kept(result.tuning_dir, runs_dir / settings.name / PATCH_FILE)
    if as_json:
        print_json({**dataclasses.asdict(result), "tuning": found, "patch": place})
    elif found:
        print(search_views.keep(found, place))
    raise typer.Exit(exit_code(result.verdict))


def _with(block: str, config: Path | None, override: list[str] | None, *more: str) -> Config:
    """The configuration with a block that it may leave out, and with further overrides of that."""
    from pipeline.config import load

    sets = list(override or [])
    settings = load(config, sets)
    if getattr(settings, block) is None:
        more = (f"{block}={{}}", *more)
    return load(config, [*sets, *more]) if more else settings


def _kept(tuning_dir: str, place: Path) -> tuple[dict[str, Any] | None, str]:
    """What a search found, its patch now at `place`; nothing where it was not made."""
    from components.files import PATCH_FILE, TUNING_FILE
    from data.writing import write_text

    if not tuning_dir:
        return None, ""
    write_text(place, (Path(tuning_dir) / PATCH_FILE).read_text())
    return json.loads((Path(tuning_dir) / TUNING_FILE).read_text()), str(place)
