"""How the time of a run grows with rows and columns, and that of a question with versions."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ingest import make_trips
from timed import Cost, timed

from components.plot import ALONE, Axis, Plot, ends
from components.registry.store import Store
from pipeline.config import load

LITTLE_TRAINING = ("training.epochs=1", "training.pruning.epochs=2", "training.quantization.epochs=1")
NO_GATE = ("gate={limits: {}, min_skill: null, max_linear_ratio: null}", "push.max_bytes=1000000")
COLUMN_ROWS = 5000


def of_rows(farelite: Sequence[str], folder: Path, rows: int) -> Cost:
    """A first run, with little training, on so many trips like those of the default."""
    folder.mkdir(parents=True)
    described = make_trips(load().data, folder / "trips.csv", rows, seed=0)
    told = json.dumps(described.model_dump(mode="json", exclude_none=True))
    return _run(farelite, folder, [f"data={told}", "schema=null", *LITTLE_TRAINING, *NO_GATE])


def of_columns(farelite: Sequence[str], folder: Path, columns: int) -> Cost:
    """The same on 5,000 made-up rows with so many numbers, half of which say something of the label."""
    folder.mkdir(parents=True)
    values = np.random.default_rng(0).normal(size=(COLUMN_ROWS, columns))
    label = values[:, ::2].sum(axis=1)
    names = [f"n{place}" for place in range(columns)]
    table = np.column_stack([values, label])
    np.savetxt(folder / "t.csv", table, "%.4f", ",", header=",".join([*names, "label"]), comments="")
    (folder / "c.yaml").write_text(
        f"name: wide\ndata: {{source: t.csv, label: {{column: label, kind: number}}, numeric: [{', '.join(names)}]}}\n"
    )
    return _run(farelite, folder, [*LITTLE_TRAINING, *NO_GATE], "--config", str(folder / "c.yaml"))


def of_versions(farelite: Sequence[str], folder: Path, versions: int) -> Cost:
    """`farelite versions` where so many were pushed."""
    store = Store(folder / "runs" / "many" / "models")
    (folder / "source").mkdir(parents=True)
    for number in range(versions):
        store.publish(number.to_bytes(4, "big"), {}, {}, folder / "source")
    return timed([*farelite, "versions", "--runs-dir", str(folder / "runs")])[0]


KINDS = {"rows": of_rows, "columns": of_columns, "versions": of_versions}


def _run(farelite: Sequence[str], folder: Path, sets: Sequence[str], *more: str) -> Cost:
    words = [word for one in sets for word in ("--set", one)]
    return timed([*farelite, "run", "--runs-dir", str(folder / "runs"), *more, *words])[0]


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """The slope of log time over log size by least squares: 1 is linear, 0 is constant; NaN for one size."""
    if len(set(sizes)) < 2:
        return math.nan
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def figure(measured: dict[str, list[tuple[int, float]]]) -> str:
    """CPU seconds over size, each as a multiple of the smallest's, both axes in powers of two."""
    scaled = {
        kind: [(math.log2(size / points[0][0]), math.log2(cpu / points[0][1])) for size, cpu in points]
        for kind, points in measured.items()
        if points
    }
    every: list[Any] = [point for points in scaled.values() for point in points]
    plot = Plot(
        Axis("size over the smallest (powers of two)", *ends(x for x, _ in every)),
        Axis("CPU time over the smallest's (powers of two)", *ends((y for _, y in every), 0.08)),
        "Growth of a run with rows and columns, and of a question with versions",
        right=150,
    )
    for place, points in enumerate(scaled.values(), start=1):
        plot.line(points, f"s{place}")
    plot.beside([(*points[-1], kind) for kind, points in scaled.items()])
    return str(plot.svg(ALONE)) + "\n"
