"""Runs the default pipeline over several hash splits and prints the README's table: the file, the float model, a
linear model on the same features, each split and the mean with its spread.

    make bench-seeds            five seeds, about a minute each
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--config", type=Path, default=None)
    parser.add_argument("--set", action="append", default=[], help="as for farelite run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        seeds = range(options.first, options.first + options.seeds)
        results = {seed: run(seed, Path(folder) / str(seed), options.config, options.set) for seed in seeds}
    models = [f"{model} {error}" for model in ("file", "float", "linear") for error in ("RMSE", "MAE")]
    header = ["hash seed", "verdict", *models, "bytes", "zeros"]
    print(f"| {' | '.join(header)} |")
    print("|---" * len(header) + "|")
    for seed, result in results.items():
        print(row(str(seed), result["verdict"], figures(result)))
    columns = list(zip(*(figures(result) for result in results.values()), strict=True))
    print(row("mean", "", [statistics.mean(column) for column in columns]))
    if len(results) > 1:
        print(row("standard deviation", "", [statistics.stdev(column) for column in columns]))


def run(seed: int, runs_dir: Path, config: Path | None, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """One whole run; a refusal is a result too."""
    command = [str(FARELITE), "run", "--json", "--runs-dir", str(runs_dir), "--set", f"data.split.seed={seed}"]
    command += ["--config", str(config)] if config else []
    command += [word for one in overrides for word in ("--set", one)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 3):
        raise SystemExit(f"seed {seed}: farelite run ended with {done.returncode}")
    result: dict[str, Any] = json.loads(done.stdout)
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
