"""Rows per second and peak memory of TripExampleGen beside TFX's CsvExampleGen, on the same file, in turn.

The file is made from the configured trips: accepted rows, repeated with jitter by a seeded generator.

    make bench-ingest                                   1 and 4 million rows; CsvExampleGen on the smaller file only
    make bench-ingest ARGS="--config my-city.yaml"      other trips
"""

from __future__ import annotations

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
import pyarrow.compute as pc
import pyarrow.csv
from common import in_a_process, parser

from data.reader import read
from data.rows import to_rows
from data.sources import locate
from data.spec import WALL_CLOCK, Dataset, Split
from pipeline.config import load
from pipeline.machine import peak_bytes

CHUNK_ROWS = 100_000
OURS, STOCK = "TripExampleGen", "CsvExampleGen"
NOTHING_TOLD = dict.fromkeys(("located", "fingerprint", "data_root", "until", "code"), "")
"""Of what a runner has found out before."""


def main() -> None:
    """Prints Markdown on standard output; `--measure` is how it calls itself in a process of its own."""
    wanted = parser(__doc__, "--config", "--set", "--rounds")
    wanted.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 4_000_000])
    wanted.add_argument("--measure", nargs=3, metavar=("READER", "DATASET", "FOLDER"), help=argparse.SUPPRESS)
    options = wanted.parse_args()
    if options.measure:
        print(json.dumps(measure(*options.measure)))
        return
    dataset = load(options.config, options.set).data
    with tempfile.TemporaryDirectory() as folder:
        print("| reader | rows | median seconds | rows a second | peak memory, MiB | of CsvExampleGen's speed |")
        print("|---|---|---|---|---|---|")
        for place, rows in enumerate(sorted(options.rows)):
            source = Path(folder) / str(rows)
            source.mkdir()
            described = make_trips(dataset, source / "trips.csv", rows, 0)
            readers = [STOCK, OURS] if place == 0 else [OURS]
            found: dict[str, list[dict[str, Any]]] = {name: [] for name in readers}
            for _ in range(options.rounds):
                for name in readers:
                    found[name].append(in_a_process("--measure", name, described.model_dump_json(), folder))
            report(rows, found)


def report(rows: int, found: dict[str, list[dict[str, Any]]]) -> None:
    """One line a reader."""
    medians = {name: statistics.median(one["seconds"] for one in runs) for name, runs in found.items()}
    for name, runs in found.items():
        peak = max(one["peak_mib"] for one in runs)
        speed = f"{medians[STOCK] / medians[name]:.1f}" if STOCK in medians else ""
        print(f"| {name} | {rows:,} | {medians[name]:.1f} | {rows / medians[name]:,.0f} | {peak:,.0f} | {speed} |")


def make_trips(dataset: Dataset, path: Path, rows: int, seed: int) -> Dataset:
    """Writes a CSV of so many rows and returns its description.

    Coordinates move by about 100 m, times by up to a day, other numbers by about one percent.
    """
    accepted = [to_rows(dataset, batch).columns for file in locate(dataset).files for batch in read(dataset, file)]
    trips = pa.concat_tables([pa.table(columns) for columns in accepted])
    generator = np.random.default_rng(seed)
    order = [*dataset.inputs(), dataset.label.column]
    with path.open("wb") as stream:
        for first in range(0, rows, CHUNK_ROWS):
            picked = trips.take(pa.array(np.arange(first, min(first + CHUNK_ROWS, rows)) % len(trips)))
            table = pa.table({name: jitter(dataset, name, picked[name], generator) for name in order})
            pyarrow.csv.write_csv(table, stream, pyarrow.csv.WriteOptions(include_header=first == 0))
    # What was read is the wall clock, and that is what is written.
    clock = dataset.time and dataset.time.model_copy(update={"source_time_zone": WALL_CLOCK})
    changes = {"source": str(path), "header": None, "time": clock, "format": "csv", "split": Split(), "delimiter": ","}
    return dataset.model_copy(update=changes)


def jitter(dataset: Dataset, name: str, column: pa.ChunkedArray, generator: np.random.Generator) -> pa.Array:
    """Values of a column, each moved a little; see `make_trips`."""
    if name in dataset.categorical:
        return column
    values = column.to_numpy()
    if dataset.time and name == dataset.time.column:
        seconds = pa.array(values + generator.integers(-86400, 86400, len(values)))
        if dataset.time.format == "unix":
            return seconds
        return pc.strftime(seconds.cast(pa.timestamp("s")), format=dataset.time.format)
    if name in dataset.coordinates():
        return pa.array(np.round(values + generator.normal(0, 1e-3, len(values)), 6).astype(np.float32))
    return pa.array(np.round(values * generator.normal(1, 0.01, len(values)), 2).astype(np.float32))


def measure(name: str, dataset: str, folder: str) -> dict[str, Any]:
    """Seconds of the component by TFX's launcher, without imports, and the process's peak memory."""
    import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
    from tfx.components.example_gen.csv_example_gen.component import CsvExampleGen
    from tfx.orchestration import metadata, pipeline
    from tfx.orchestration.local.local_dag_runner import LocalDagRunner

    from components.trip_example_gen.component import TripExampleGen
    from pipeline.settings.beam import Beam

    with tempfile.TemporaryDirectory(dir=folder) as root:
        if name == OURS:
            component = TripExampleGen(dataset=dataset, **NOTHING_TOLD)
        else:
            component = CsvExampleGen(input_base=str(Path(Dataset.model_validate_json(dataset).source).parent))
        built = pipeline.Pipeline(
            pipeline_name="ingest",
            pipeline_root=root,
            components=[component],
            metadata_connection_config=metadata.sqlite_metadata_connection_config(f"{root}/metadata.db"),
            beam_pipeline_args=Beam().local_arguments("in_process"),
        )
        began = time.monotonic()
        LocalDagRunner().run(built)
        seconds = time.monotonic() - began
    return {"seconds": seconds, "peak_mib": peak_bytes(resource.getrusage(resource.RUSAGE_SELF)) / 2**20}


if __name__ == "__main__":
    main()
