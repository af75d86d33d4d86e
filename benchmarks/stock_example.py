"""Wall time of a first `farelite run` beside TFX's own taxi example, run in turn on the same machine.

The stock example is `tfx/examples/chicago_taxi_pipeline/taxi_pipeline_native_keras.py` as shipped: same trips, fewer
steps (no compression, no conversion, no proof). It needs its files under `$HOME/taxi` and `pip` in its environment, so
it gets a home of its own and pip from a folder beside it.

    make bench-stock            three rounds, about four minutes a round
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FARELITE = Path(sys.executable).parent / "farelite"


def main() -> None:
    """Prints Markdown on standard output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    times: dict[str, list[float]] = {"stock example": [], "first run": [], "second run": [], "third run": []}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.rounds):
            times["stock example"].append(stock(Path(folder) / f"stock-{number}"))
            runs = Path(folder) / f"runs-{number}"
            for name in ("first run", "second run", "third run"):
                times[name].append(timed([str(FARELITE), "run", "--runs-dir", str(runs)], dict(os.environ)))
    print("| what | median seconds | lowest | highest | of the stock example |")
    print("|---|---|---|---|---|")
    base = statistics.median(times["stock example"])
    for name, taken in times.items():
        middle = statistics.median(taken)
        print(f"| {name} | {middle:.1f} | {min(taken):.1f} | {max(taken):.1f} | {middle / base:.2f} |")


def stock(home: Path) -> float:
    """Seconds of one run of the stock example in a fresh home."""
    spec = importlib.util.find_spec("tfx")
    assert spec is not None  # farelite depends on it
    assert spec.submodule_search_locations is not None
    example = Path(spec.submodule_search_locations[0]) / "examples" / "chicago_taxi_pipeline"
    (home / "taxi" / "data" / "simple").mkdir(parents=True)
    shutil.copy(example / "data" / "simple" / "data.csv", home / "taxi" / "data" / "simple")
    shutil.copy(example / "taxi_utils_native_keras.py", home / "taxi")
    pip = home / "pip"
    uv = subprocess.run(["sh", "tools/uv.sh"], capture_output=True, text=True, check=True).stdout.strip()
    fetch = [uv, "pip", "install", "--quiet", "--python", sys.executable, "--target", str(pip), "pip", "wheel"]
    subprocess.run(fetch, check=True)
    environment = {**os.environ, "HOME": str(home), "PYTHONPATH": str(pip), "TF_USE_LEGACY_KERAS": "1"}
    environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return timed([sys.executable, str(example / "taxi_pipeline_native_keras.py")], environment)


def timed(command: list[str], environment: dict[str, str]) -> float:
    """Wall seconds of a command that must succeed."""
    start = time.monotonic()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[0]} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return time.monotonic() - start


if __name__ == "__main__":
    main()
