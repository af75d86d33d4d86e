"""How fast farelite is: runs beside TFX's stock taxi example in turn, the start of every command, and growth.

    make bench                                                 three rounds: half an hour on two idle cores
    make bench ARGS="--keep speed.jsonl --parts stock runs"    a part of it, kept, so that the next call goes on

Every figure is a median with its spread. CPU time and the load of the machine stand beside wall time.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from common import FARELITE, earlier, keep, parser
from growth import KINDS, exponent, figure
from timed import Cost, memory_together, middle, steps, timed

from pipeline.machine import cores
from pipeline.terminal import markdown

COMMAND = (str(FARELITE),)
PARTS = ("stock", "runs", "memory", "starts", "growth")
RUNS = ("stock example", "first", "second", "cached", "nothing to do")
STARTS = (
    *(f"{name} --help" for name in ("", "run", "study", "tune", "predict", "data describe", "schedule run", "lineage")),
    "versions",
    "runs",
    "doctor",
)
"""Commands whose start is measured; `versions` and `runs` where nothing was run yet."""


def main() -> None:
    """Prints Markdown on standard output."""
    told = parser(__doc__, "--rounds", "--json")
    told.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    told.add_argument("--rows", type=int, nargs="+", default=[15_000, 60_000, 240_000])
    told.add_argument("--columns", type=int, nargs="+", default=[8, 32, 128])
    told.add_argument("--versions", type=int, nargs="+", default=[2, 20, 200])
    told.add_argument("--keep", type=Path, default=None, help="JSON lines of every measurement; what stands is kept")
    told.add_argument("--figure", type=Path, default=None, help="growth as an SVG")
    options = told.parse_args()
    found = earlier(options.keep)
    with tempfile.TemporaryDirectory() as folder:
        for what, measure in wanted(options, Path(folder)):
            if not any(one["what"] == what for one in found):
                for one in measure():
                    found.append(one)
                    keep(options.keep, one)
    print(report(found))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))
    if options.figure:
        options.figure.write_text(figure({kind: points(found, kind) for kind in KINDS}))


def wanted(options: argparse.Namespace, folder: Path) -> Iterator[tuple[str, Callable[[], Iterator[Cost]]]]:
    """Every measurement in order, by its name."""
    for number in range(options.rounds):
        if "stock" in options.parts:
            yield f"stock {number}", lambda n=number: stock_round(folder, n)
        if "runs" in options.parts:
            yield f"first {number}", lambda n=number: runs_round(folder, n)
    if "memory" in options.parts:
        yield "memory", lambda: memory(folder)
    if "starts" in options.parts:
        for words in STARTS:
            yield f"start {words}", lambda w=words: start(folder, w, options.rounds)
    if "growth" in options.parts:
        for kind, measure in KINDS.items():
            for size in getattr(options, kind):
                yield f"{kind} {size}", lambda k=kind, m=measure, s=size: grown(folder, k, m, s)


def stock_round(folder: Path, number: int) -> Iterator[Cost]:
    """The stock example once."""
    yield {"what": f"stock {number}", "kind": "stock example", **stock(folder / f"stock-{number}")}


def runs_round(folder: Path, number: int) -> Iterator[Cost]:
    """A first run; a second, which sees its own champion; a third, all from the cache; one that nobody forces."""
    runs = ["run", "--json", "--runs-dir", str(folder / f"runs-{number}")]
    for kind, more in (("first", []), ("second", ["--force"]), ("cached", ["--force"]), ("nothing to do", [])):
        cost, out = timed([*COMMAND, *runs, *more])
        told = json.loads(out)
        yield {"what": f"{kind} {number}", "kind": kind, **cost, "steps": told["components"]}


def memory(folder: Path) -> Iterator[Cost]:
    """A first run with the process beside it."""
    load = os.getloadavg()[0]
    most = memory_together([*COMMAND, "run", "--runs-dir", str(folder / "memory")])
    yield {"what": "memory", "kind": "memory", "together_mib": most, "load": load}


def start(folder: Path, words: str, rounds: int) -> Iterator[Cost]:
    """A command that looks at a folder without a run, or its help."""
    (folder / "empty" / "none" / "models").mkdir(parents=True, exist_ok=True)
    place = ["--runs-dir", str(folder / "empty")] if words in ("versions", "runs") else []
    for _ in range(rounds):
        cost, _ = timed([*COMMAND, *words.split(), *place])
        yield {"what": f"start {words}", "kind": "start", "command": " ".join(["farelite", *words.split()]), **cost}


def grown(folder: Path, kind: str, measure: Callable[..., Cost], size: int) -> Iterator[Cost]:
    """One size."""
    yield {"what": f"{kind} {size}", "kind": kind, "size": size, **measure(COMMAND, folder / f"{kind}-{size}", size)}


def points(found: list[Any], kind: str) -> list[tuple[int, float]]:
    """CPU seconds by size, ascending."""
    return sorted((one["size"], one["cpu_s"]) for one in found if one["kind"] == kind)


def report(found: list[Any]) -> str:
    """All tables."""
    loads = [one["load"] for one in found]
    about = f"{cores()} cores of {os.uname().machine}; load {min(loads):.1f} to {max(loads):.1f}."
    cost = ("wall, s", "CPU, s", "largest process, MiB")
    whole = {kind: costs for kind in RUNS if (costs := [one for one in found if one["kind"] == kind])}
    base = whole.get(RUNS[0], [])
    runs = [
        [kind, *figures(costs), *(share(costs, base, what) for what in ("wall_s", "cpu_s"))]
        for kind, costs in whole.items()
    ]
    of_steps = [[name, *figures(costs)] for name, costs in steps(whole["first"])] if "first" in whole else []
    commands = dict.fromkeys(one["command"] for one in found if one["kind"] == "start")
    starts = [[f"`{name}`", *figures([one for one in found if one.get("command") == name])] for name in commands]
    growth = [
        [kind, ", ".join(f"{size:,}: {cpu:.1f}" for size, cpu in sizes), f"{exponent(*zip(*sizes, strict=True)):.2f}"]
        for kind in KINDS
        if (sizes := points(found, kind))
    ]
    together = [["first", f"{one['together_mib']:,.0f}"] for one in found if one["kind"] == "memory"]
    tables = (
        (["what", *cost, "wall of the stock example", "its CPU"], runs),
        (["step of a first run", "wall, s", "CPU, s", "memory up to then, MiB"], of_steps),
        (["what", "all its processes at once, MiB"], together),
        (["start of", *cost], starts),
        (["growth with", "CPU seconds by size", "exponent"], growth),
    )
    return "\n\n".join([about, *(markdown(head, rows) for head, rows in tables if rows)])


def figures(costs: list[Cost]) -> list[str]:
    """Three cells."""
    return [middle(costs, what) for what in ("wall_s", "cpu_s", "peak_mib")]


def share(costs: list[Cost], base: list[Cost], what: str) -> str:
    """Of the stock example's median."""
    if not base:
        return ""
    one, other = (sorted(run[what] for run in group)[len(group) // 2] for group in (costs, base))
    return f"{one / other:.3f}"


def stock(home: Path) -> Cost:
    """One run in a fresh home: the example wants its files under `$HOME/taxi`, and `pip` in its environment."""
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
    return timed([sys.executable, str(example / "taxi_pipeline_native_keras.py")], environment)[0]


if __name__ == "__main__":
    main()
