"""The data steps on growing numbers of rows: in process, in two processes, on Flink with one and with two TaskManagers.

The rows are the configured trips, repeated with jitter by a seeded generator, in files of 250,000. Of them 96 % are
train rows and 2 % the Evaluator's, whose model is of the trips as they are, trained for one epoch. Each measurement
runs in a process of its own, on a fresh cluster where it needs one.

    make bench-flink ARGS="--set data.source=nyc_trips_45k.csv.gz"            1, 4 and 16 million rows: an hour or two
    make bench-flink ARGS="... --rows 250000 1000000 --results some.jsonl"    goes on where an earlier call ended
"""

import argparse
import contextlib
import itertools
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flink_cluster
import numpy as np
import psutil
from common import earlier, keep, parser
from flink_cluster import Usage
from ingest import make_trips

from data.spec import Dataset, Split
from pipeline.config import Config, load

FILE_ROWS = 250_000
PLACES = ("in process", "multi-process", "Flink, 1 TaskManager", "Flink, 2 TaskManagers")
HERE, CHILD = "main process", "child process"
SMALL = "small"
SPLIT = Split(test_fraction=0.02, validation_fraction=0.02)
QUICK = ["training.epochs=1", "training.distillation=null", "training.pruning=null", "training.quantization=null"]
MEASURED = ("handshake", "TripExampleGen", "StatisticsGen", "Transform", "Evaluator")
BEFORE_TRAINING = ("TripExampleGen", "RowsGate", "StatisticsGen", "Schema", "ExampleValidator", "DataGate", "Transform")


def main() -> None:
    """Prints Markdown on standard output; `--prepare` and `--measure` are how it calls itself in other processes."""
    wanted = parser(__doc__, "--config", "--set")
    wanted.set_defaults(config=flink_cluster.ROOT / "benchmarks" / "nyc_45k.yaml")
    wanted.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 4_000_000, 16_000_000])
    wanted.add_argument("--places", nargs="+", choices=PLACES, default=PLACES)
    wanted.add_argument("--results", type=Path, help="JSON lines; what stands there is not measured again")
    wanted.add_argument("--prepare", metavar="RUNS", help=argparse.SUPPRESS)
    wanted.add_argument("--measure", nargs=3, metavar=("PLACE", "DATASET", "RUNS"), help=argparse.SUPPRESS)
    told = wanted.parse_args()
    config = load(told.config, [*told.set, *QUICK])
    if told.prepare:
        prepare(config, Path(told.prepare))
        return
    if told.measure:
        measure(config, *told.measure)
        return
    done = earlier(told.results)
    known = {(one["place"], one["rows"]) for one in done}
    missing = [(rows, place) for rows in sorted(told.rows) for place in told.places if (place, rows) not in known]
    if missing:
        done += measure_all(config.data, missing, told.results)
    report(done)


def measure_all(dataset: Dataset, cases: list[tuple[int, str]], kept: Path | None) -> Iterator[dict[str, Any]]:
    """Measures each number of rows at its places; each result is kept as soon as it is there."""
    with tempfile.TemporaryDirectory(prefix="farelite-bench-flink-") as folder:
        finished(call(folder, "--prepare", f"{folder}/runs"), folder)
        for rows, group in itertools.groupby(cases, key=lambda case: case[0]):
            described = make_files(dataset, Path(folder) / "trips", rows)
            for _, place in group:
                one = {"place": place, "rows": rows, **watch(place, described, folder)}
                print(json.dumps(one), file=sys.stderr, flush=True)
                keep(kept, one)
                yield one


def make_files(dataset: Dataset, folder: Path, rows: int) -> Dataset:
    """Writes so many rows into files and returns their description."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number, first in enumerate(range(0, rows, FILE_ROWS)):
        path = folder / f"trips-{number:03d}.csv"
        described = make_trips(dataset, path, min(FILE_ROWS, rows - first), number)
    return described.model_copy(update={"source": str(folder / "trips-*.csv"), "split": SPLIT})


def call(folder: str, *arguments: str) -> subprocess.Popen[str]:
    """This program in another process; what it says goes to a file in the folder."""
    with (Path(folder) / "log").open("w") as log:
        return subprocess.Popen([sys.executable, *sys.argv, *arguments], stdout=subprocess.PIPE, stderr=log, text=True)


def finished(child: subprocess.Popen[str], folder: str) -> str:
    """What it printed, once it has ended."""
    printed, _ = child.communicate()
    if child.returncode:
        raise RuntimeError(f"exit code {child.returncode}: {(Path(folder) / 'log').read_text()[-3000:]}")
    return printed


def watch(place: str, dataset: Dataset, folder: str) -> dict[str, Any]:
    """`measure` in a process of its own, and what its processes and those of the cluster used."""
    managers = place.split()[1] if place.startswith("Flink") else "0"
    with flink_cluster.up("--task-managers", managers) if managers != "0" else contextlib.nullcontext():
        child = call(folder, "--measure", place, dataset.model_dump_json(), f"{folder}/runs")
        usage = Usage(lambda: processes(child.pid))
        usage.start()
        printed = finished(child, folder)
        usage.end()
    found = json.loads(printed.splitlines()[-1])
    steps = {}
    for name, (began, ended) in found["steps"].items():
        steps[name] = {"seconds": ended - began, "cpu_s": usage.cpu_between(began, ended)}
    return {"steps": steps, "shuffled": found["shuffled"], "peak_mib": usage.peak_mib}


def processes(pid: int) -> Iterator[tuple[str, psutil.Process]]:
    """The measuring process, its children, and the cluster's."""
    with contextlib.suppress(psutil.Error):
        main_process = psutil.Process(pid)
        yield HERE, main_process
        yield from ((CHILD, child) for child in main_process.children(recursive=True))
    yield from flink_cluster.members()


def prepare(config: Config, runs: Path) -> None:
    """Everything up to a model of the trips as they are."""
    import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
    from steps import Steps, run_of

    from pipeline.runners.engine import Engine

    engine = Engine("in_process", tuple(config.beam.local_arguments("in_process")))
    small = Steps(run_of(config, runs, SMALL), engine)
    for name in small.names():
        if name == "Evaluator":
            return
        small.launch(name)


def measure(config: Config, place: str, dataset: str, folder: str) -> None:
    """Runs the data steps; prints JSON with begin and end of each and the bytes that Flink's exchanges carried."""
    import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
    from steps import Steps, run_of

    from pipeline.runners.flink.rest import Cluster

    runs, run_id = Path(folder), f"large-{time.time():.0f}"
    large = config.model_copy(update={"data": Dataset.model_validate_json(dataset)})
    found: dict[str, tuple[float, float]] = {}
    began = time.time()
    engine = engine_of(large, place, runs, run_id)
    found["handshake"] = (began, time.time())
    steps = Steps(run_of(large, runs, run_id), engine)
    for name in (*BEFORE_TRAINING, "Evaluator"):
        borrowed = {"model": SMALL, "baseline_model": SMALL} if name == "Evaluator" else {}
        began = time.time()
        steps.launch(name, borrowed)
        found[name] = (began, time.time())
    shuffled = Cluster(engine.flink.cluster).exchanged(engine.job_name) if engine.flink else {}
    print(json.dumps({"steps": {name: found[name] for name in MEASURED}, "shuffled": shuffled}))


def engine_of(config: Config, place: str, runs: Path, run_id: str) -> Any:
    """The engine, with its workers greeted where it is a cluster."""
    from steps import run_of

    from pipeline.runners.engine import ready

    name = {"in process": "in_process", "multi-process": "multi_process"}.get(place, "flink")
    beam = config.beam.model_copy(update={"runner": name})
    return ready(run_of(config.model_copy(update={"beam": beam}), runs, run_id))


def report(done: list[dict[str, Any]]) -> None:
    """Rows, then fixed cost and slope of each place."""
    peaks = "peak MiB: main process | worker | TaskManager"
    print(f"| where | rows | seconds | rows/s | CPU, s | cores | bytes a row between tasks | {peaks} |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for one in sorted(done, key=lambda one: (PLACES.index(one["place"]), one["rows"])):
        seconds, cpu = _total(one, "seconds"), _total(one, "cpu_s")
        peak = one["peak_mib"]
        workers = max(peak.get(CHILD, 0), peak.get(flink_cluster.WORKER, 0))
        passed = one["shuffled"].get("bytes", 0) / one["rows"]
        cells = [passed, peak[HERE], workers, peak.get(flink_cluster.TASK_MANAGER, 0)]
        sizes = " | ".join(f"{cell:,.0f}" if cell else "" for cell in cells)
        figures = f"{seconds:,.0f} | {one['rows'] / seconds:,.0f} | {cpu:,.0f} | {cpu / seconds:.2f}"
        print(f"| {one['place']} | {one['rows']:,} | {figures} | {sizes} |")
    print("\n| where | fixed, s | a million rows, s | a million rows, CPU s |\n|---|---|---|---|")
    for place in PLACES:
        runs = [one for one in done if one["place"] == place]
        if len(runs) > 1:
            (slope, fixed), (cpu, _) = line(runs, "seconds"), line(runs, "cpu_s")
            print(f"| {place} | {fixed:.0f} | {1e6 * slope:.1f} | {1e6 * cpu:.1f} |")


def _total(one: dict[str, Any], what: str) -> float:
    return sum(step[what] for step in one["steps"].values())


def line(runs: list[dict[str, Any]], what: str) -> tuple[float, float]:
    """Slope a row and fixed part, by least squares of relative errors."""
    rows = np.array([one["rows"] for one in runs], float)
    values = np.array([_total(one, what) for one in runs])
    slope, fixed = np.polyfit(rows, values, 1, w=1 / values)
    return float(slope), float(fixed)


if __name__ == "__main__":
    main()
