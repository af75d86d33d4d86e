"""Commands that ask the record of runs: what there was, and where a file came from."""

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import typer

from data.writing import write_text
from pipeline.commands.options import DEFAULT_RUNS, AsJson, Pipeline, Run, RunsDir, print_json, run_asked


def runs(
    runs_dir: RunsDir = DEFAULT_RUNS,
    pipeline: Pipeline = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="The newest so many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the runs, newest first: when, how long, verdict, version, errors, settings and data.

    A run that did not come to its end is shown as crashed, with the step that it was in.

    Example: farelite runs --limit 5
    """
    from pipeline.lineage.journal import runs_of
    from pipeline.paths import pipeline_folder

    paths = pipeline_folder(runs_dir, pipeline)
    found = runs_of(paths, limit)
    if as_json:
        print_json([{**dataclasses.asdict(one), "seconds": one.seconds} for one in found], indent=1)
        return
    from components.registry.recheck import summaries
    from components.registry.store import Store
    from pipeline.lineage.tables import show_runs

    states = {
        one.version: "live" if one.live else "withdrawn" if one.withdrawn else ""
        for one in summaries(Store(paths.models))
    }
    show_runs(found, states)


def compare(
    before: Annotated[str, typer.Argument(metavar="A", help="A version such as 2, latest, or a run's id.")],
    after: Annotated[str, typer.Argument(metavar="B", help="Likewise.")],
    runs_dir: RunsDir = DEFAULT_RUNS,
    pipeline: Pipeline = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page instead.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show two runs or versions side by side: errors, sizes, latency, settings, features, rows, slice by slice.

    Each measurement says which of the two is better. Refused runs too: what was measured of their file is kept. With
    --html it is one page that opens offline, with the training curves. What made them differ, down to data and code, is
    told by `farelite lineage --diff`.

    Example: farelite compare 1 2 --html compared.html
    """
    from pipeline.lineage.comparison import compare as compared
    from pipeline.lineage.comparison_tables import show_comparison, to_json
    from pipeline.lineage.sides import side
    from pipeline.paths import pipeline_folder

    paths = pipeline_folder(runs_dir, pipeline)
    found = compared(side(paths, before), side(paths, after))
    if html is not None:
        from pipeline.report.comparison import write_comparison

        print(write_comparison(found, paths.root.name, html), file=sys.stderr if as_json else sys.stdout)
    if as_json:
        print_json(to_json(found), indent=1)
    elif html is None:
        show_comparison(found)


def report(
    runs_dir: RunsDir = DEFAULT_RUNS,
    pipeline: Pipeline = None,
    run: Run = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            help="Where to; without it, report.html in the pipeline's folder, or report-unfinished.html for a run that "
            "was interrupted or failed.",
        ),
    ] = None,
) -> None:
    """Make the page on one run: verdict, errors, data, dimensions, training, lineage, history and model card.

    One file that opens offline. Every run makes it too.

    Example: farelite report --run 20260124-052940-b3f706 --output that-run.html
    """
    from pipeline.paths import pipeline_folder
    from pipeline.pulse import going_on
    from pipeline.report.page import write_report

    with going_on("writing the report"):
        paths = pipeline_folder(runs_dir, pipeline)
        written = write_report(paths, run_asked(paths, run), output)
    print(written)


def clean(
    runs_dir: RunsDir = DEFAULT_RUNS,
    pipeline: Pipeline = None,
    keep_runs: Annotated[int, typer.Option("--keep-runs", min=0, help="The newest so many keep their artifacts.")] = 3,
    yes: Annotated[bool, typer.Option("--yes", help="Free it; without this, it is only said what would be.")] = False,
    as_json: AsJson = False,
) -> None:
    """Free the artifacts of runs whose version is gone; says first what it would free.

    What a version that is there rests on, whole lineage included, and what the newest runs made is never touched.

    Example: farelite clean --keep-runs 1 --yes
    """
    from pipeline.lineage.cleaning import carry_out, plan
    from pipeline.lineage.connection import open_metadata, recall
    from pipeline.lineage.tables import show_plan
    from pipeline.lock import run_lock
    from pipeline.paths import pipeline_folder

    paths = pipeline_folder(runs_dir, pipeline)
    with run_lock(paths.lock):
        store = open_metadata(recall(paths), paths)
        wanted = plan(store, paths, keep_runs)
        if yes:
            carry_out(store, wanted)
    if as_json:
        print_json({**dataclasses.asdict(wanted), "bytes": wanted.bytes, "freed": yes}, indent=1)
    else:
        show_plan(wanted, yes)


def lineage(
    what: Annotated[
        str | None,
        typer.Argument(metavar="[FILE|VERSION|latest]", help="A .tflite, a version such as 2, or the live version."),
    ] = None,
    runs_dir: RunsDir = DEFAULT_RUNS,
    pipeline: Pipeline = None,
    diff: Annotated[
        tuple[str, str] | None, typer.Option("--diff", metavar="A B", help="What differs between two of them.")
    ] = None,
    figure: Annotated[Path | None, typer.Option("--figure", metavar="FILE.svg", help="Draw it into a file.")] = None,
    openlineage: Annotated[
        Path | None, typer.Option("--openlineage", metavar="FILE", help="Write OpenLineage events, one JSON a line.")
    ] = None,
    upgrade_store: Annotated[
        bool, typer.Option("--upgrade-store", help="Bring an older metadata store to this schema first.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show which data, code, settings and measurements made a file.

    A file is known by its contents, wherever it lies now. Without the metadata store, the manifest beside it answers.

    Example: farelite lineage ~/app/assets/model.tflite
    """
    from pipeline.lineage.answer import ask

    if diff is not None:
        _show_differences(*diff, runs_dir, pipeline, upgrade_store, as_json)
        return
    answer = ask(what, runs_dir, pipeline, upgrade_store)
    if figure is not None:
        from pipeline.lineage.figure import lineage_svg

        _write(figure, lineage_svg(answer), "--figure")
    if openlineage is not None:
        from pipeline.lineage.openlineage import event_lines

        _write(openlineage, "".join(f"{line}\n" for line in event_lines(answer)), "--openlineage")
    if as_json:
        print_json(answer.to_json(), indent=1)
    elif figure is None and openlineage is None:
        from pipeline.lineage.tree import show_tree

        show_tree(answer)


def _show_differences(
    before: str, after: str, runs_dir: Path, pipeline: str | None, upgrade: bool, as_json: bool
) -> None:
    from pipeline.lineage.answer import ask
    from pipeline.lineage.differences import differences

    found = differences(ask(before, runs_dir, pipeline, upgrade), ask(after, runs_dir, pipeline))
    if as_json:
        print_json([dataclasses.asdict(one) for one in found], indent=1)
    else:
        from pipeline.lineage.tables import show_differences

        show_differences(before, after, found)


def _write(path: Path, text: str, option: str) -> None:
    write_text(path, text, option)
    print(f"wrote {path}", file=sys.stderr)
