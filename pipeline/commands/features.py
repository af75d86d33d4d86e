"""Commands that study features."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from pipeline.commands.options import DEFAULT_RUNS, AsJson, ConfigFile, Override, RunsDir


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
    as_json: AsJson = False,
) -> None:
    """Train on raw columns, then add each group of features, and show error, parameters and bytes of each.

    All trainings have the same budget and are measured on the evaluation rows. What is done is kept in the runs folder:
    after a stop, the same command goes on where it was.

    Example: farelite ablate --seeds 2 --set training.epochs=20
    """
    from pipeline.features.view import ablate_with_progress, show_ablation

    table = ablate_with_progress(config, runs_dir, override or [], range(first, first + seeds), vary_split, linear)
    if as_json:
        print(json.dumps(table))
    else:
        show_ablation(table)
