"""Studies of features on the terminal: progress on standard error, tables on standard output."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from components.shown import shown
from components.task import task_of
from pipeline.config import Config, load
from pipeline.paths import RunPaths
from pipeline.pulse import Pace, Pulse, going_on
from pipeline.quiet import libraries_to
from pipeline.settled import settled
from pipeline.studies.stages import EMBEDDINGS, Stage, stages
from pipeline.terminal import markdown as as_markdown
from pipeline.terminal import plain_table


def ablate_with_progress(
    config_file: Path | None,
    runs_dir: Path,
    overrides: Sequence[str],
    seeds: Sequence[int],
    vary_split: bool,
    linear_only: bool,
) -> dict[str, Any]:
    """Runs an ablation and draws how it goes."""
    # At once, before seconds go into loading TensorFlow.
    config, *_ = settled(load(config_file, overrides))
    paths = RunPaths(runs_dir / config.name)
    print(cost(config, len(seeds), linear_only), file=sys.stderr, flush=True)
    with loading(paths, "ablate") as pulse:
        from pipeline.studies.ablation import Ablation

        study = Ablation(config, seeds, "split" if vary_split else "training", linear_only, paths.root)
        cells = study.cells()
        pulse.say(_cell(*cells[0]), f"1 of {len(cells)}")
        return study.run(_teller(pulse, cells))


@contextmanager
def loading(paths: RunPaths, study: str) -> Iterator[Pulse]:
    """Signs of life while the block loads TensorFlow and studies; what libraries print goes to a log."""
    paths.make()
    log = paths.logs / f"{study}-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    with (
        libraries_to(log) as terminal,
        going_on("loading TensorFlow", Console(file=terminal, highlight=False)) as pulse,
    ):
        yield pulse


def _teller(pulse: Pulse, cells: list[tuple[Stage, int]]) -> Callable[[Stage, int, bool], None]:
    """Told of each training: a line on it, then what goes on."""
    pace = Pace()

    def done(stage: Stage, seed: int, kept: bool) -> None:
        place = cells.index((stage, seed)) + 1
        pulse.print(Text(f"{place} of {len(cells)}: {_cell(stage, seed)}: {'kept' if kept else 'trained'}"))
        if place < len(cells):
            left = pace.in_words("", place, len(cells))
            pulse.say(_cell(*cells[place]), f"{place + 1} of {len(cells)}, {left}")

    return done


def cost(config: Config, seeds: int, linear_only: bool) -> str:
    """What an ablation takes, before it begins."""
    groups = [one.name for one in stages(config) if not (linear_only and one.name == EMBEDDINGS)]
    count = seeds * len(groups)
    what = "linear models, seconds each" if linear_only else "trainings, each as long as the Trainer of a run takes"
    less = "" if linear_only else "; --linear measures plain models only, --seeds 1 takes the least"
    times = f"{seeds} seed{'' if seeds == 1 else 's'}"
    return f"{count} {what}: {', '.join(groups)}, times {times}; what is done is kept, so it may be stopped{less}"


def _cell(stage: Any, seed: int) -> str:
    return f"{stage.name}, seed {seed}"


def show_ablation(table: dict[str, Any], markdown: bool = False) -> None:
    """One line a group: errors as mean and standard deviation over seeds, parameters and bytes."""
    header, rows = _lines(table)
    if markdown:
        print(as_markdown(header, rows))
        return
    shown = plain_table(header, right=header[1:])
    for row in rows:
        shown.add_row(*row)
    Console(highlight=False).print(shown)


def _lines(table: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Header and rows of the table."""
    task = task_of(table.get("label") or {})
    unit, count = table["unit"], len(table["seeds"])
    what = ("split" if table["vary"] == "split" else "seed") + ("" if count == 1 else "s")
    titles = {name: task.metrics[name].title for name in task.brief}
    names = {
        **{f"file.{name}": f"{title} of the file ({unit})" for name, title in titles.items()},
        f"network.{task.primary.name}": f"{task.primary.title} float",
        **{f"linear.{name}": f"{title} linear" for name, title in titles.items()},
        "inputs": "inputs",
        "parameters": "parameters",
        "bytes": "bytes",
    }
    there = [name for name in names if name in table["stages"][0]]
    rows = [
        [f"{'+ ' if number else ''}{stage['name']}", *(_figure(stage[name], name) for name in there)]
        for number, stage in enumerate(table["stages"])
    ]
    return [f"features ({count} {what})", *(names[name] for name in there)], rows


def _figure(value: dict[str, Any], name: str) -> str:
    if "." not in name:
        return f"{value['mean']:,.0f}"
    spread = f" ± {shown(value['spread'], value['mean'])}" if len(value["values"]) > 1 else ""
    return f"{shown(value['mean'])}{spread}"
