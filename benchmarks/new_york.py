"""The course's New York files: trained on one, the shipped file scored on the other.

make bench-new-york ARGS="--trips FOLDER"     FOLDER holds nyc_lab_train.csv and nyc_lab_valid.csv
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

FARELITE = Path(sys.executable).parent / "farelite"
CONFIG = Path(__file__).parent.parent / "pipeline" / "configs" / "nyc.yaml"
AIM = {"rmse": 4.6, "mae": 1.85}


def main() -> None:
    """Prints Markdown on standard output; exit code 3 where an aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trips", type=Path, required=True, help="folder of the two files")
    parser.add_argument("--seeds", type=int, default=1, help="so many values of training.seed, from 0")
    parser.add_argument("--set", action="append", default=[], help="as for farelite run")
    options = parser.parse_args()
    errors_of = [f"{model} {error}" for model in ("file", "float", "linear") for error in ("RMSE", "MAE")]
    header = ["training seed", "verdict", "rows", *errors_of, "bytes"]
    print(f"| {' | '.join(header)} |")
    print("|---" * len(header) + "|")
    missed = False
    for seed in range(options.seeds):
        with tempfile.TemporaryDirectory() as runs:
            sources = {"data.source": "nyc_lab_train.csv", "data.split.test_source": "nyc_lab_valid.csv"}
            command = [str(FARELITE), "run", "--json", "--config", str(CONFIG), "--runs-dir", runs]
            command += ["--set", f"training.seed={seed}"]
            given = [f"{key}={(options.trips / name).resolve()}" for key, name in sources.items()]
            for one in [*given, *options.set]:
                command += ["--set", one]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode not in (0, 3):
            raise SystemExit(f"farelite run ended with {done.returncode}")
        result = json.loads(done.stdout)
        if "metrics" not in result["metrics"]:  # refused before there was a file to measure
            raise SystemExit(f"{result['verdict']}: {'; '.join(result['reasons'])}")
        metrics = result["metrics"]["metrics"]
        models = (metrics["file"], metrics["float"], metrics["baselines"]["linear"])
        errors = " | ".join(f"{model[name]:.3f}" for model in models for name in ("rmse", "mae"))
        print(f"| {seed} | {result['verdict']} | {metrics['rows']:,} | {errors} | {result['metrics']['bytes']:,} |")
        missed = missed or any(metrics["file"][name] > aim for name, aim in AIM.items())
    raise SystemExit(3 if missed else 0)


if __name__ == "__main__":
    main()
