"""Runs a pipeline over several seeds and prints the README's table: the file, the float model, a linear model on the
same features, each seed and the mean with its spread. Exit code 3 where a mean misses an aim.

    make bench-seeds                        five hash splits of the default, about a minute each
    make bench-new-york TRIPS=FOLDER        the course's files, which lie there, by the seed of the training
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

FARELITE = Path(sys.executable).parent / "farelite"


def main() -> None:
    """Prints Markdown on standard output."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--vary", default="data.split.seed", metavar="KEY", help="what each seed is the value of")
    parser.add_argument("--aim", type=float, nargs=2, metavar=("RMSE", "MAE"), help="at most, of the file")
    parser.add_argument("--config", type=Path, default=None)
    parser.add_argument("--set", action="append", default=[], help="as for farelite run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        seeds = range(options.first, options.first + options.seeds)
        sets = {seed: [*options.set, f"{options.vary}={seed}"] for seed in seeds}
        results = {seed: run(Path(folder) / str(seed), options.config, sets[seed]) for seed in seeds}
    models = [f"{model} {error}" for model in ("file", "float", "linear") for error in ("RMSE", "MAE")]
    header = ["hash seed" if options.vary == "data.split.seed" else options.vary, "verdict", *models, "bytes", "zeros"]
    print(f"| {' | '.join(header)} |")
    print("|---" * len(header) + "|")
    for seed, result in results.items():
        print(row(str(seed), result["verdict"], figures(result)))
    columns = list(zip(*(figures(result) for result in results.values()), strict=True))
    means = [statistics.mean(column) for column in columns]
    print(row("mean", "", means))
    if len(results) > 1:
        print(row("standard deviation", "", [statistics.stdev(column) for column in columns]))
    if options.aim and any(mean > aim for mean, aim in zip(means, options.aim, strict=False)):
        raise SystemExit(3)


def run(runs_dir: Path, config: Path | None, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """One whole run; a refusal is a result too."""
    command = [str(FARELITE), "run", "--json", "--runs-dir", str(runs_dir)]
    command += ["--config", str(config)] if config else []
    command += [word for one in overrides for word in ("--set", one)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}")
    result: dict[str, Any] = json.loads(done.stdout)
    if "metrics" not in result["metrics"]:  # refused before there was a file to measure
        raise SystemExit(f"{result['verdict']}: {'; '.join(result['reasons'])}")
    return result


def figures(result: dict[str, Any]) -> list[float]:
    """The columns of the table."""
    found, metrics = result["metrics"], result["metrics"]["metrics"]
    models = (metrics["file"], metrics["float"], metrics["baselines"]["linear"])
    errors = [model[name] for model in models for name in ("rmse", "mae")]
    return [*errors, found["bytes"], found["sparsity"]["dense_kernels"]]


def row(name: str, verdict: str, values: list[float]) -> str:
    """One line of the table."""
    *errors, size, zeros = values
    return f"| {name} | {verdict} | " + " | ".join(f"{e:.3f}" for e in errors) + f" | {size:,.0f} | {zeros:.1%} |"


if __name__ == "__main__":
    main()
