"""Time and peak memory of the Transform step with the one-pass PCA, beside the same graph with `tft.pca` in its place,
and with no reducer: learning from all rows, then applying the saved graph to all rows.

The rows are the configured trips, accepted ones, repeated with jitter by a seeded generator. Each measurement runs in a
process of its own, in turn. `tft.pca` gives a matrix and nothing else; the one-pass PCA gives means, variances,
loadings, correlations and the report's asset too.

    make bench-transform                                   1 million rows, three rounds: minutes
    make bench-transform ARGS="--rows 100000 --rounds 1"
"""

import argparse
import json
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from common import in_a_process, parser
from ingest import jitter
from scipy.linalg import subspace_angles

from data.loading import load as load_rows
from data.tensor_names import tensor_name
from pipeline.config import Config, load
from pipeline.machine import peak_bytes
from pipeline.terminal import markdown
from transforms.settings import Reducer

OURS, THEIRS, NONE = "one-pass PCA", "tft.pca", "no reducer"
COMPARED = 2000
"""Rows by whose components the two subspaces are compared."""


def main() -> None:
    """Prints Markdown on standard output; `--measure` is how it calls itself in a process of its own."""
    wanted = parser(__doc__, "--config", "--set", "--rounds")
    wanted.add_argument("--rows", type=int, default=1_000_000)
    wanted.add_argument("--components", type=int, default=10)
    wanted.add_argument("--measure", nargs=2, metavar=("WAY", "FOLDER"), help=argparse.SUPPRESS)
    options = wanted.parse_args()
    if options.measure:
        config = with_reducer(load(options.config, options.set), options.measure[0], options.components)
        print(json.dumps(measure(config, *options.measure, options.rows, 0)))
        return
    found: dict[str, list[dict[str, Any]]] = {OURS: [], THEIRS: [], NONE: []}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.rounds):
            for way, runs in found.items():
                runs.append(in_a_process("--measure", way, folder))
        scores = [np.load(Path(folder) / f"{way}.npy") for way in (OURS, THEIRS)]
    print(report(found))
    angle = subspace_angles(*(one - one.mean(axis=0) for one in scores)).max()
    print(f"\nLargest angle between the two subspaces, by {COMPARED:,} rows: {angle:.1e} rad.")


def report(found: dict[str, list[dict[str, Any]]]) -> str:
    """One line a way, medians over the rounds; on a busy machine CPU seconds tell more than the clock."""
    times = {"learn": "learn, s", "learn_cpu": "learn, CPU s", "apply": "apply, s", "apply_cpu": "apply, CPU s"}
    rows = []
    for way, runs in found.items():
        middle = {key: statistics.median(one[key] for one in runs) for key in (*times, "peak_mib")}
        peak = f"{middle.pop('peak_mib'):,.0f}"
        rows.append([way, f"{runs[0]['rows']:,}", *(f"{one:.1f}" for one in middle.values()), peak])
    return markdown(["in the graph", "rows", *times.values(), "peak memory, MiB"], rows)


def with_reducer(config: Config, way: str, components: int) -> Config:
    """The configuration with so many components, not whitened, since `tft.pca` knows no variances; or with none."""
    reducer = Reducer(kind="none" if way == NONE else "pca", components=components, whiten=False)
    return config.model_copy(update={"features": config.features.model_copy(update={"reducer": reducer})})


def measure(config: Config, way: str, folder: str, rows: int, seed: int) -> dict[str, Any]:
    """Seconds of learning and of applying, without imports and making the rows; peak memory of the process in MiB."""
    import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
    from transforms import in_memory
    from transforms.features import BLOCK

    plan = config.plan()
    if way == THEIRS:
        only_tft_pca()
    columns = make_rows(config, rows, seed)
    with tempfile.TemporaryDirectory(dir=folder) as own:
        began = now()
        graph = in_memory.learn(plan, columns, Path(own))
        learned = now()
        block = in_memory.apply(graph, plan.dataset, columns)[BLOCK]
        applied = now()
    np.save(Path(folder) / f"{way}.npy", block[:COMPARED])
    peak = peak_bytes(resource.getrusage(resource.RUSAGE_SELF)) / 2**20
    (learn, learn_cpu), (apply, apply_cpu) = learned - began, applied - learned
    times = {"learn": learn, "learn_cpu": learn_cpu, "apply": apply, "apply_cpu": apply_cpu}
    return {"rows": len(block), **times, "peak_mib": peak}


def now() -> Any:
    """Seconds on the clock, and of this process on the CPU."""
    return np.array([time.monotonic(), time.process_time()])


def only_tft_pca() -> None:
    """Puts `tft.pca` in the place of the one-pass reducer, for this process; the report has nothing of it."""
    import tensorflow as tf
    import tensorflow_transform as tft

    from transforms import analyzers

    def reduction(plan: Any, rows: Any, columns: Any) -> tuple[dict[str, Any], Any]:
        # The block is z-scored, so its mean is zero already.
        count = plan.features.reducer.components
        matrix = tft.pca(rows.block, count, tf.float32)
        return {"centre": tf.zeros([matrix.shape[0]]), "matrix": matrix}, columns.path

    analyzers.reduction = reduction


def make_rows(config: Config, rows: int, seed: int) -> dict[str, Any]:
    """Columns of so many trips: accepted ones in turn, moved as `benchmarks/ingest.py` does."""
    dataset = config.data
    table = load_rows(dataset).table
    generator = np.random.default_rng(seed)
    picked = table.take(pa.array(np.arange(rows) % len(table)))
    unix = dataset.model_copy(update={"time": dataset.time and dataset.time.model_copy(update={"format": "unix"})})
    columns = {tensor_name(name): np.asarray(jitter(unix, name, picked[name], generator)) for name in dataset.columns()}
    return {name: one if one.dtype.kind != "U" else one.astype(bytes) for name, one in columns.items()}


if __name__ == "__main__":
    main()
