"""The same run again and again, while other processes load the machine: does it give the same bytes each time?

Each run has a runs folder of its own, another PYTHONHASHSEED and, in turn, all cores or one, an empty cache or one that
holds the Transform step already, Beam in this process or on several. Prints the sha256 of each model.tflite, asks
`farelite lineage --diff` of the first and each other, and ends with code 1 where anything differs.

    make prove-same                                  8 runs: ten minutes on two cores
    make prove-same ARGS="--runs 2 --set training.epochs=2"
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FARELITE = str(Path(sys.executable).parent / "farelite")


@dataclass(frozen=True)
class Way:
    """How one run differs from another that should give the same.

    Attributes:
        cores: of this machine that it sees; 0 for all.
        warm: another seed's run in the same folder goes before.
        runner: of Beam.
    """

    cores: int = 0
    warm: bool = False
    runner: str = "in_process"

    def __str__(self) -> str:
        cores = f"{self.cores} core" if self.cores else "all cores"
        return f"{cores}, {'warm' if self.warm else 'cold'}, {self.runner}"


WAYS = (Way(), Way(cores=1, warm=True), Way(runner="multi_process"), Way(cores=1))


def main(arguments: list[str] | None = None) -> None:
    """Prints Markdown on standard output."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=8)
    parser.add_argument("--load", type=int, default=os.cpu_count(), help="processes that keep the cores busy")
    parser.add_argument("--config", type=Path, default=None)
    parser.add_argument("--set", action="append", default=[], help="as for farelite run")
    parser.add_argument("--first", type=Path, default=None, help="folder of a version of such a run, for the first one")
    parser.add_argument("--ways", type=int, nargs="+", default=[*range(len(WAYS))], help="numbers of ways, in turn")
    options = parser.parse_args(arguments)
    settings = [*(["--config", str(options.config)] if options.config else [])]
    settings += [word for one in options.set for word in ("--set", one)]
    found = []
    print("| run | way | seconds | sha256 | lineage --diff |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, busy(options.load):
        for number in range(options.runs):
            way, began = WAYS[options.ways[number % len(options.ways)]], time.monotonic()
            there = options.first if not found else None
            version = there or run(way, Path(folder) / str(number), number, settings)
            seconds, digest = time.monotonic() - began, sha256(version)
            differences = diff(found[0][0], version) if found else []
            found.append((version, digest, differences))
            print(f"| {number} | {way} | {seconds:.0f} | {digest} | {differences or 'nothing'} |", flush=True)
    if len({digest for _, digest, _ in found}) > 1 or any(differences for *_, differences in found):
        raise SystemExit("not the same")


def run(way: Way, runs_dir: Path, hash_seed: int, settings: list[str]) -> Path:
    """The folder of the version that a run has pushed."""
    command = [FARELITE, "run", "--json", "--runs-dir", str(runs_dir), *settings, "--set", f"beam.runner={way.runner}"]
    for more in [["--set", "training.seed=1234"], []] if way.warm else [[]]:
        done = subprocess.run(
            [*command, *more],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
            preexec_fn=functools.partial(_keep_to, way.cores) if way.cores else None,
        )
        told: dict[str, Any] = json.loads(done.stdout or "{}")
        if told.get("verdict") != "pushed" and not more:
            raise SystemExit(f"{way}: farelite run ended with {done.returncode}: {told.get('reasons')}")
    return Path(told["model_dir"])


def _keep_to(cores: int) -> None:
    """This process and its children see so many cores; macOS has no such order, and lets them see all."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


def sha256(version: Path) -> str:
    """Of the file, as its manifest has it."""
    return str(json.loads((version / "model.json").read_text())["sha256"])


def diff(first: Path, other: Path) -> list[str]:
    """What `farelite lineage --diff` names, but where the run was told to run elsewhere."""
    command = [FARELITE, "lineage", "--diff", str(first), str(other), "--json"]
    told = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    return [one["what"] for one in told if one["what"] != "beam.runner"]


@contextlib.contextmanager
def busy(processes: int) -> Iterator[None]:
    """Processes that do nothing but take time, until the end."""
    started = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for one in started:
            one.kill()
            one.wait()


if __name__ == "__main__":
    main()
