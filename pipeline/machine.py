"""What Linux and macOS say in different ways: cores of this process, its largest size, when a process began."""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

ON_LINUX = sys.platform == "linux"


def cores() -> int:
    """Cores that this process may use; macOS lets it use all."""
    if ON_LINUX:
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def peak_bytes(usage: resource.struct_rusage) -> int:
    """Largest resident size; Linux counts it in KiB, macOS in bytes."""
    return int(usage.ru_maxrss) * (1024 if ON_LINUX else 1)


def own_peak_bytes() -> int:
    """Largest resident size of this process so far."""
    return peak_bytes(resource.getrusage(resource.RUSAGE_SELF))


def cpu_seconds() -> float:
    """That this process has used, and those that it has started and that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def born(pid: int) -> str:
    """When a process began, which tells it from a later one of the same number; '' if it is gone."""
    return _born_by_proc(pid) if ON_LINUX else _born_by_ps(pid)


def _born_by_proc(pid: int) -> str:
    """In the kernel's ticks."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    # The name, in brackets, may hold anything; the state comes first after it, the beginning is field 22 in all.
    state, *rest = stat.rpartition(")")[2].split()
    return "" if state in "ZX" else rest[18]


def _born_by_ps(pid: int) -> str:
    """To the second: macOS has no /proc."""
    told = subprocess.run(
        ["ps", "-o", "stat=", "-o", "lstart=", "-p", str(pid)],
        env={**os.environ, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()
    return "" if not told or told[0][0] in "ZX" else " ".join(told[1:])


_IMPORTED = time.monotonic()


def began() -> float:
    """When this process started, on the clock of `time.monotonic`; where no system tells, when this was imported."""
    try:
        return time.monotonic() - (
            time.clock_gettime(time.CLOCK_BOOTTIME) - float(born(os.getpid())) / os.sysconf("SC_CLK_TCK")
        )
    except (OSError, AttributeError, ValueError):
        return _IMPORTED
