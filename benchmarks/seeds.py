"""Runs a pipeline over several seeds and prints the README's table: the file, the float model, a linear model on the
same features, each seed and the mean with its spread. Exit code 3 where a mean misses an aim.

    make bench-seeds                        five hash splits of the default, about a minute each
    make bench-new-york TRIPS=FOLDER        the course's files, which lie there, by the seed of the training
"""

import statistics
import tempfile
from pathlib import Path
from typing import Any

from common import parser, result

from pipeline.terminal import markdown


def main() -> None:
    """Prints Markdown on standard output."""
    wanted = parser(__doc__, "--seeds", "--first", "--config", "--set")
    wanted.add_argument("--vary", default="data.split.seed", metavar="KEY", help="what each seed is the value of")
    wanted.add_argument("--aim", type=float, nargs=2, metavar=("RMSE", "MAE"), help="at most, of the file")
    options = wanted.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        seeds = range(options.first, options.first + options.seeds)
        sets = {seed: [*options.set, f"{options.vary}={seed}"] for seed in seeds}
        results = {seed: result(Path(folder) / str(seed), options.config, sets[seed]) for seed in seeds}
    models = [f"{model} {error}" for model in ("file", "float", "linear") for error in ("RMSE", "MAE")]
    header = ["hash seed" if options.vary == "data.split.seed" else options.vary, "verdict", *models, "bytes", "zeros"]
    rows = [row(str(seed), one["verdict"], figures(one)) for seed, one in results.items()]
    columns = list(zip(*map(figures, results.values()), strict=True))
    means = [statistics.mean(column) for column in columns]
    rows.append(row("mean", "", means))
    if len(results) > 1:
        rows.append(row("standard deviation", "", [statistics.stdev(column) for column in columns]))
    print(markdown(header, rows))
    if options.aim and any(mean > aim for mean, aim in zip(means, options.aim, strict=False)):
        raise SystemExit(3)


def figures(told: dict[str, Any]) -> list[float]:
    """The columns of the table."""
    found, metrics = told["metrics"], told["metrics"]["metrics"]
    models = (metrics["file"], metrics["float"], metrics["baselines"]["linear"])
    errors = [model[name] for model in models for name in ("rmse", "mae")]
    return [*errors, found["bytes"], found["sparsity"]["dense_kernels"]]


def row(name: str, verdict: str, values: list[float]) -> list[str]:
    """One line of the table."""
    *errors, size, zeros = values
    return [name, verdict, *(f"{one:.3f}" for one in errors), f"{size:,.0f}", f"{zeros:.1%}"]


if __name__ == "__main__":
    main()
