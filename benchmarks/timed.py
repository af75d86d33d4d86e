"""What a command takes: wall and CPU seconds, and the largest process of it."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

Cost = dict[str, Any]
"""`wall_s`, `cpu_s`, `peak_mib`, and `load`: processes that waited for a core when it began, on average of a minute."""

# Linux lets a process inherit the largest size of the one that started it; this one is small.
_AROUND = """
import json, resource, subprocess, sys, time
start = time.monotonic()
code = subprocess.call(sys.argv[2:])
wall, used = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
unit = 1 if sys.platform == "darwin" else 1024
cost = {"wall_s": wall, "cpu_s": used.ru_utime + used.ru_stime, "peak_mib": used.ru_maxrss * unit / 2**20}
open(sys.argv[1], "w").write(json.dumps(cost))
sys.exit(code)
"""


def timed(
    command: Sequence[str], environment: Mapping[str, str] | None = None, cwd: Path | None = None
) -> tuple[Cost, str]:
    """Cost of a command that must succeed, and what it printed."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "usage"
        done = subprocess.run(
            [sys.executable, "-S", "-c", _AROUND, str(told), *command],
            env=environment,
            cwd=cwd,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
        return {**json.loads(told.read_text()), "load": load}, done.stdout


def memory_together(command: Sequence[str]) -> float:
    """The most that a command and all that it starts hold at once, in MiB of proportional set size, which counts a page
    that two processes share half for each; looked at ten times a second, which takes time of its own. Linux alone."""
    most = 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as started:
        root = psutil.Process(started.pid)
        while started.poll() is None:
            most = max(most, sum(map(_shared_out, [root, *root.children(recursive=True)])))
            time.sleep(0.1)
    if started.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {started.returncode}")
    return most / 2**20


def _shared_out(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:  # it has ended
        return 0


def middle(costs: Iterable[Cost], what: str) -> str:
    """Median with the lowest and the highest."""
    values = [one[what] for one in costs]
    digits = 0 if what == "peak_mib" else 1
    spread = f" ({min(values):.{digits}f} to {max(values):.{digits}f})" if len(values) > 1 else ""
    return f"{statistics.median(values):.{digits}f}{spread}"


def steps(costs: Sequence[Cost]) -> list[tuple[str, list[Cost]]]:
    """By step in order, what it took in each run."""
    return [
        (first["name"], [_step(run["steps"][place]) for run in costs]) for place, first in enumerate(costs[0]["steps"])
    ]


def _step(told: Mapping[str, Any]) -> Cost:
    # A revision from before steps told of it has no CPU time and no memory.
    peak = told.get("peak_bytes", 0) / 2**20
    return {"wall_s": told["seconds"], "cpu_s": told.get("cpu_seconds", 0.0), "peak_mib": peak}
