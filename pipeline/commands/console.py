"""What a person sees of a run: how it goes, the card at its end, and tables."""

from __future__ import annotations

import dataclasses
import json
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from components import beside
from components.files import STUDY_FILE, TUNING_FILE
from components.shown import scale_of, shown
from components.task import task_of, title_of
from components.task.task import Task
from components.task.words import baselines_of, boosted_in_words, in_brief
from pipeline.commands.progress_lines import ProgressLines
from pipeline.commands.search_views import WIDTH as STUDY_WIDTH
from pipeline.commands.search_views import study_table, tuning_table
from pipeline.config import Config
from pipeline.garbage import collecting_nothing, collecting_seldom
from pipeline.machine import began, cores
from pipeline.pulse import going_on
from pipeline.run import Run, opened, prepare
from pipeline.runners.events import Result
from pipeline.terminal import plain_table

if TYPE_CHECKING:
    from components.registry.recheck import Summary
    from pipeline.commands.doctor import Finding

_VERDICTS = {
    "pushed": "[bold green]pushed[/]",
    "unchanged": "[bold green]unchanged[/]: the live model has the same bytes",
    "refused": "[bold red]refused[/]",
    "stopped": "[bold red]stopped[/] by the data gate",
}


def run_with_progress(
    config: Config,
    runs_dir: Path,
    force: bool = False,
    wait: float = 0,
    since: float | None = None,
    quiet: bool = False,
    alone: bool = False,
) -> Result:
    """Runs the pipeline, draws how it goes, makes the report, and prints the card.

    Args:
        config, runs_dir, force, wait: as `farelite run` takes them.
        since: from when on its seconds count, on the clock of `time.monotonic`; None takes the start of this process.
        quiet: print nothing.
        alone: nothing but this command lives in this process, so that copies of it may work beside it.
    """
    since = began() if since is None else since
    with going_on(f"reading {config.data.source}", Console(quiet=True) if quiet else None):
        run = prepare(config, runs_dir, force)
    with opened(run, wait) as terminal:
        console = Console(file=terminal, highlight=False, quiet=quiet)
        console.print(Text(run.label), soft_wrap=True)
        progress = ProgressLines(console)
        progress.say("loading TFX")
        result = _run(run, progress, console, alone)
        progress.say("writing the report")
        report = _make_report(run, progress)
        progress.stop()
        result = dataclasses.replace(result, report=report, seconds=time.monotonic() - since)
        _show(result, run, console)
    return result


def _run(run: Run, progress: ProgressLines, console: Console, alone: bool) -> Result:
    try:
        ours = alone and "tensorflow" not in sys.modules and cores() > 1
        # Only now, since it takes seconds: the configuration is known to be good and the spinner turns.
        with collecting_nothing():
            from pipeline.runners import local

        with beside.helped(ours), collecting_seldom():
            return local.run(run, progress)
    except BaseException as error:
        progress.stop()
        if progress.running:
            console.print(f"[red]{progress.running} did not finish[/] ({type(error).__name__}); log: {run.log}")
        if progress.planned:
            _make_report(run, progress)
        raise


def _show(result: Result, run: Run, console: Console) -> None:
    """Tables of what was compared, then the card."""
    if result.study_dir:
        results = json.loads((Path(result.study_dir) / STUDY_FILE).read_text())
        # Wide as it is: a column cut short tells nothing.
        wide = Console(file=console.file, highlight=False, width=max(console.width, STUDY_WIDTH), quiet=console.quiet)
        wide.print(study_table(results, result.study_dir))
    if result.tuning_dir:
        found = json.loads((Path(result.tuning_dir) / TUNING_FILE).read_text())
        console.print(tuning_table(found, result.tuning_dir))
    console.print(card(result, run.config.data.label.in_words, run.log))


def _make_report(run: Run, progress: ProgressLines) -> str:
    """Where the page lies. A page that cannot be made is no reason to lose the run: it is said, and the run stands."""
    from pipeline.report.page import write_report

    try:
        return str(write_report(run.paths, run.id))
    except Exception as error:
        logging.exception("the report could not be made")
        progress.remark(
            f"the report could not be made ({type(error).__name__}: {error}); `farelite report` tries again"
        )
        return ""


def card(result: Result, unit: str, log: Path) -> Panel:
    """The end of a run: verdict, reasons, errors against baselines, size, sparsity, latency, and where it lies."""
    parts: list[Any] = [Text.from_markup(f"{_VERDICTS[result.verdict]}  [bold]{result.version}[/]")]
    parts += [Text(f"- {reason}") for reason in result.reasons]
    parts += [Text(f"warning: {warning}", style="yellow") for warning in result.warnings]
    if "metrics" in result.metrics:
        parts += [_errors(_task(result.metrics), result.metrics, unit)]
        parts += [Text(told, style="dim")] if (told := boosted_in_words(result.metrics)) else []
        parts.append(_figures(result.metrics))
    elif "evaluation" in result.metrics:
        parts.append(Text(_judged(_task(result.metrics["evaluation"]), result.metrics["evaluation"])))
    if judged := result.metrics.get("gate") or result.metrics.get("evaluation"):
        parts.append(Text(_rule(judged)))
    if result.model_dir:
        parts.append(Text(f"{'model' if result.version else 'kept aside'}: {result.model_dir}"))
    if result.report:
        parts.append(Text(f"report: {result.report}"))
    parts.append(Text(f"took {result.seconds:.1f} s; log: {log}", style="dim"))
    return Panel(Group(*parts), title="farelite", title_align="left", expand=False)


def _task(figures: dict[str, Any]) -> Task:
    return task_of(figures.get("output") or {})


def _judged(task: Task, evaluation: dict[str, Any]) -> str:
    there = {name: evaluation[name] for name in ("candidate", "champion") if evaluation[name]}
    return "; ".join(f"{name}: {in_brief(task, metrics)}" for name, metrics in there.items())


def _rule(evaluation: dict[str, Any]) -> str:
    """What the model was held against, and how many slices were."""
    counts = evaluation["slices"]
    slices = f"; {counts['judged']} slices, {counts['small']} too small to judge" if any(counts.values()) else ""
    return f"gate: {evaluation['rule']}{slices}"


def _errors(task: Task, figures: dict[str, Any], unit: str) -> Table:
    metrics = figures["metrics"]
    there = figures["evaluation"]["candidate"]["rows"]
    sampled = f" of {there:,.0f}" if there > metrics["rows"] else ""
    titles = [task.metrics[name].heading(unit) for name in task.shown]
    table = plain_table([f"error on {metrics['rows']:,}{sampled} test rows", *titles], right=titles)
    rows = {
        "model.tflite": metrics["file"],
        "float model": metrics["float"],
        **{title: metrics["baselines"][name] for name, title in reversed(baselines_of(task, figures).items())},
    }
    scale = scale_of(values.get(task.primary.name) or 0.0 for values in rows.values())
    for name, values in rows.items():
        table.add_row(name, *(shown(values.get(key), scale) for key in task.shown))
    return table


def _figures(figures: dict[str, Any]) -> Text:
    latency, sparsity = figures["latency_us"], figures["sparsity"]
    difference = figures["difference_to_saved_model"]
    tried = figures.get("targets", {}).get("micro", {}).get("arena_bytes")
    memory = f"{tried:,}" if tried else f"at least {figures['arena_bytes']:,}"  # then by the tensors alone
    return Text(
        f"{figures['bytes']:,} bytes ({figures['gzip_bytes']:,} gzip), {sparsity['dense_kernels']:.1%} zeros in "
        f"{sparsity['weights']:,} dense weights ({figures['quantization']['dense_kernels']}),\n"
        f"{latency['p50']:.0f} us a call (p95 {latency['p95']:.0f}), {memory} bytes of memory,\n"
        f"off the SavedModel by {difference['mean']:.3g} in the mean, {difference['p99']:.2g} on one row in a hundred, "
        f"{difference['max']:.2g} at most"
    )


def show_findings(findings: Sequence[Finding]) -> None:
    """The doctor's table, on standard output."""
    table = plain_table(("", "what", "found", "needed for", "remedy"))
    marks = {"ok": "[green]ok[/]", "missing": "[red]missing[/]", "warning": "[yellow]note[/]"}
    for one in findings:
        table.add_row(marks[one.state], one.what, one.found, one.needed_for, one.remedy)
    Console(highlight=False).print(table)


def show_versions(summaries: Sequence[Summary]) -> None:
    """The list of versions, on standard output."""
    named = list(dict.fromkeys(name for one in summaries for name in one.errors))
    numbers = [*map(title_of, named), "bytes"]
    table = plain_table(("version", "pushed", "", *numbers, "sha256"), right=numbers)
    for one in summaries:
        marks = [mark for mark, set_ in (("live", one.live), ("withdrawn", one.withdrawn)) if set_]
        table.add_row(
            one.version,
            one.pushed or "?",
            ", ".join(marks),
            *("?" if one.errors.get(name) is None else shown(one.errors[name]) for name in named),
            "?" if one.bytes is None else f"{one.bytes:,}",
            (one.sha256 or "?")[:12],
        )
    Console(highlight=False).print(table if summaries else "no version was pushed yet; `farelite run` makes the first")
