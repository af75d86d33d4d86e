"""How long this process has been running, as who started it has felt it."""

from __future__ import annotations

import os
import time
from pathlib import Path

_IMPORTED = time.monotonic()


def began() -> float:
    """When the process started, on the clock of `time.monotonic`; where no system tells, when this was imported."""
    try:
        # Behind the name, which may hold spaces; in ticks since the machine was started.
        ticks = float(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, ValueError):
        return _IMPORTED
    return time.monotonic() - age
