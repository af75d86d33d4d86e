"""Both lines of TFX beside each other on the default data, and each one's file and runs folder in the other's hands.

The older line runs in this environment, the newer one in the Debian 13 of `tools/current.sh`; in turn, on the same
machine. Ends with code 1 where

- the RMSE of the two files differs by more than 0.5 %,
- a file's test vectors fail in the other line's interpreter,
- the newer line does not go on in the older one's runs folder, with its version as champion.

    make bench-lines                              three pairs of a first and a cached run, about eight minutes
    make bench-lines ARGS="--pairs 1"             what .ci/run asks for
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common import FARELITE, parser

from pipeline.terminal import markdown

ROOT = Path(__file__).resolve().parents[1]
MOST_APART = 0.005


@dataclass
class Line:
    """One line of TFX.

    Attributes:
        python: the words that start its Python.
        first: what each first run told.
        cached: what each second run in the same folder told.
    """

    name: str
    python: list[str]
    first: list[dict[str, Any]] = field(default_factory=list)
    cached: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, *words: str) -> dict[str, Any]:
        """What this program answers on that line."""
        done = subprocess.run(
            [*self.python, "benchmarks/lines.py", *words], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        if done.returncode:
            raise SystemExit(f"{self.name}: benchmarks/lines.py {' '.join(words)} ended with {done.returncode}")
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


def main() -> None:
    """Prints Markdown on standard output."""
    wanted = parser(__doc__)
    wanted.add_argument("--pairs", type=int, default=3)
    wanted.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    wanted.add_argument("--verify", type=Path, help=argparse.SUPPRESS)
    options = wanted.parse_args()
    if options.run:
        print(json.dumps(run(options.run)))
    elif options.verify:
        print(json.dumps(verify(options.verify)))
    elif sys.version_info >= (3, 11):
        raise SystemExit("this environment is of the newer line already; `FARELITE_PYTHON=3.10 make setup` first")
    else:
        with tempfile.TemporaryDirectory() as folder:
            sys.exit(compare(Path(folder), options.pairs))


def compare(folder: Path, pairs: int) -> int:
    """Runs both in turn, then hands each one's folder to the other; the exit code."""
    os.environ["FARELITE_SHARE"] = str(folder)
    older = Line("TFX 1.16, Python 3.10", [sys.executable])
    newer = Line("TFX 1.21, Python 3.13", ["sh", "tools/current.sh", "python"])
    for number in range(pairs):
        for line in (older, newer) if number % 2 == 0 else (newer, older):
            runs = folder / f"{line.name[4:8]}-{number}"
            line.first.append(line.ask("--run", str(runs)))
            line.cached.append(line.ask("--run", str(runs)))
    print(table(older, newer))
    trouble = [*apart(older, newer), *in_the_others_hands(older, newer, folder)]
    for one in trouble:
        print(f"WRONG: {one}")
    return 1 if trouble else 0


def run(runs: Path) -> dict[str, Any]:
    """One `farelite run`, with its wall and CPU seconds from start to end and the size of the environment."""
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [str(FARELITE), "run", "--force", "--json", "--runs-dir", str(runs)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(done.returncode)
    size = sum(path.stat().st_size for path in Path(sys.prefix).rglob("*") if path.is_file() and not path.is_symlink())
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**json.loads(done.stdout), "wall": wall, "cpu": cpu, "environment_gb": size / 1e9}


def verify(runs: Path) -> dict[str, Any]:
    """Whether the live version is sound and answers its test vectors as it did where it was made."""
    command = [str(FARELITE), "verify", "--json", "--runs-dir", str(runs)]
    told: dict[str, Any] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout)
    return told


def table(*lines: Line) -> str:
    """Of both, as Markdown."""
    rows = []
    for line in lines:
        manifest = manifest_of(line)
        error = manifest["metrics"]["file"]
        seconds = (f"{middle(runs, 'wall'):.1f} ({middle(runs, 'cpu'):.1f})" for runs in (line.first, line.cached))
        figures = (f"{error['rmse']:.3f}", f"{error['mae']:.3f}", f"{manifest['bytes']:,}")
        rows.append([line.name, *figures, *seconds, f"{line.first[0]['environment_gb']:.1f}"])
    times = ("first run: s (of CPU)", "cached run: s (of CPU)")
    return markdown(["line", "file RMSE", "file MAE", "bytes", *times, "environment, GB"], rows)


def middle(runs: list[dict[str, Any]], what: str) -> float:
    """The median."""
    return statistics.median(one[what] for one in runs)


def manifest_of(line: Line) -> dict[str, Any]:
    """Of the version that its first run has pushed."""
    manifest: dict[str, Any] = json.loads((Path(line.first[0]["model_dir"]) / "model.json").read_text())
    return manifest


def apart(older: Line, newer: Line) -> Iterator[str]:
    """Marks on the same rows that differ by more than they may."""
    one, other = (manifest_of(line)["metrics"] for line in (older, newer))
    if one["rows"] != other["rows"]:
        yield f"judged on {one['rows']} and {other['rows']} rows"
    if abs(one["file"]["rmse"] / other["file"]["rmse"] - 1) > MOST_APART:
        yield f"RMSE {one['file']['rmse']} and {other['file']['rmse']}"


def in_the_others_hands(older: Line, newer: Line, folder: Path) -> Iterator[str]:
    """Each file in the other's interpreter, and the older one's runs folder opened by the newer one."""
    for maker, reader in ((older, newer), (newer, older)):
        told = reader.ask("--verify", str(folder / f"{maker.name[4:8]}-0"))
        print(f"{reader.name} reads the file of {maker.name}: {told}")
        if told.get("problems", "?") != []:
            yield f"{reader.name} does not take the file of {maker.name}"
    told = newer.ask("--run", str(folder / f"{older.name[4:8]}-0"))
    (champion,) = (one["figure"] for one in told["components"] if one["name"] == "Champion")
    print(f"{newer.name} in the runs folder of {older.name}: {told['verdict']}, champion: {champion}")
    if told["verdict"] not in ("pushed", "unchanged", "refused"):
        yield f"{newer.name} does not go on in the runs folder of {older.name}: {told['verdict']}"


if __name__ == "__main__":
    main()
