"""This checkout beside another revision of it: first runs in turn, in the same environment, in pairs.

make bench-compare BASE=main                            three pairs
make bench-compare BASE=v1.0.0 ARGS="--pairs 5 --config my.yaml --set training.seed=3"
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from common import chosen, parser
from timed import Cost, middle, steps, timed

from pipeline.terminal import markdown

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Prints Markdown on standard output."""
    wanted = parser(__doc__, "--config", "--set")
    wanted.add_argument("base", help="revision to compare with, as git names it")
    wanted.add_argument("--pairs", type=int, default=3)
    options = wanted.parse_args()
    words = chosen(options.config and options.config.resolve(), options.set)
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / "base"
        git("worktree", "add", "--detach", str(other), options.base)
        try:
            found: dict[str, list[Cost]] = {"base": [], "now": []}
            for number in range(options.pairs):
                sides = [("base", other), ("now", ROOT)]
                for name, checkout in sides if number % 2 == 0 else reversed(sides):
                    found[name].append(first_run(checkout, Path(folder) / f"{name}-{number}", words))
        finally:
            git("worktree", "remove", "--force", str(other))
    print(report(options.base, found["base"], found["now"]))


def git(*words: str) -> None:
    """A command of git in this checkout."""
    subprocess.run(["git", "-C", str(ROOT), *words], check=True, capture_output=True)


def first_run(checkout: Path, runs: Path, words: Sequence[str]) -> Cost:
    """A run of that checkout's code in a folder of its own."""
    command = [sys.executable, "-m", "pipeline", "run", "--json", "--runs-dir", str(runs), *words]
    cost, out = timed(command, {**os.environ, "PYTHONPATH": str(checkout)}, checkout)
    return {**cost, "steps": json.loads(out)["components"]}


def report(base: str, before: Sequence[Cost], now: Sequence[Cost]) -> str:
    """The table: both medians, and the ratio of each pair."""
    lines = []
    wholes = {"wall, s": "wall_s", "CPU, s": "cpu_s", "largest process, MiB": "peak_mib", "load": "load"}
    for name, what in wholes.items():
        lines.append([name, middle(before, what), middle(now, what), ratios(before, now, what)])
    earlier = dict(steps(before))
    for name, costs in steps(now):
        if name in earlier:
            one = earlier[name]
            times = (middle(one, "wall_s"), middle(costs, "wall_s"), ratios(one, costs, "wall_s"))
            lines.append([f"{name}, wall, s", *times])
    return markdown(["what", base, "now", f"now over {base}, by pair"], lines)


def ratios(before: Sequence[Cost], now: Sequence[Cost], what: str) -> str:
    """Median of the pairs with the lowest and the highest."""
    pairs = [b[what] / a[what] for a, b in zip(before, now, strict=True) if a[what]]
    return f"{statistics.median(pairs):.2f} ({min(pairs):.2f} to {max(pairs):.2f})" if pairs else ""


if __name__ == "__main__":
    main()
