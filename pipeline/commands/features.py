"""Commands that study features."""

import sys
from typing import Annotated

import typer

from pipeline.commands.options import (
    DEFAULT_RUNS,
    AsJson,
    ConfigFile,
    Markdown,
    Override,
    Pipeline,
    Run,
    RunsDir,
    print_json,
    run_asked,
)


def ablate(
    config: ConfigFile = None,
    runs_dir: RunsDir = DEFAULT_RUNS,
    override: Override = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Trainings of each group, for the spread.")] = 3,
    first: Annotated[int, typer.Option("--first", min=0, help="The first seed.")] = 0,
    vary_split: Annotated[
        bool, typer.Option("--vary-split", help="A seed changes which rows are held out, in place of the weights.")
    ] = False,
    linear: Annotated[bool, typer.Option("--linear", help="Measure a linear model only, which takes seconds.")] = False,
    markdown: Markdown = False,
    as_json: AsJson = False,
) -> None:
    """Train on raw columns, then add each group of features, and show error, parameters and bytes of each.

    All trainings have the same budget and are measured on the test rows. What is done is kept in the runs folder:
    after a stop, the same command goes on where it was.

    Example: farelite ablate --seeds 2 --set training.epochs=20
    """
    from pipeline.studies.ablation_view import ablate_with_progress, show_ablation

    table = ablate_with_progress(config, runs_dir, override or [], range(first, first + seeds), vary_split, linear)
    if as_json:
        print_json(table)
    else:
        show_ablation(table, markdown)


def dimensions(
    runs_dir: RunsDir = DEFAULT_RUNS,
    pipeline: Pipeline = None,
    run: Run = None,
    rows: Annotated[int, typer.Option("--rows", min=2, help="Training rows to learn from, at most.")] = 20_000,
    few: Annotated[int, typer.Option("--few", min=2, help="Training rows of the second curve.")] = 300,
    seed: Annotated[
        int, typer.Option("--seed", min=0, max=2**31 - 1, help="Of the rows that are drawn, and of the trees.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Show what the dimensions do on a run's data: variance, loadings, correlations, distances, error, parameters.

    Features are added one by one, then the reducer's components, and plain models are measured on the validation rows
    each time. The result is kept in the runs folder, and the report of the newest run shows it.

    Example: farelite dimensions --few 100
    """
    from pipeline.paths import pipeline_folder
    from pipeline.studies.dimensions_view import dimensions_with_progress, show_dimensions

    paths = pipeline_folder(runs_dir, pipeline)
    measured, newest = dimensions_with_progress(paths, run_asked(paths, run), rows, few, seed)
    written = [paths.dimensions_of(measured["run"])]
    if newest:
        from pipeline.report.page import write_report

        written.append(write_report(paths))
    if as_json:
        print_json(measured)
        return
    show_dimensions(measured)
    for one in written:
        print(f"wrote {one}", file=sys.stderr)
