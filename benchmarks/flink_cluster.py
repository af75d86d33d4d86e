"""The cluster of `make flink-up`, as benchmarks start, end and look at it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
TOOL = ROOT / "tools" / "flink" / "cluster.py"
FOLDER = ROOT / ".tools" / "flink" / "cluster"
MARK = "FARELITE_FLINK"

TASK_MANAGER, WORKER = "TaskManager", "Python worker"
_GROUPS = {
    TASK_MANAGER: "taskexecutor.TaskManagerRunner",
    WORKER: "SdkHarness(",
    "worker pool": "worker_pool.py",
    "JobManager": "StandaloneSessionClusterEntrypoint",
    "job server": "JobServer.java",
}


def call(verb: str, *arguments: str) -> None:
    """Calls the tool that keeps the cluster."""
    subprocess.run([sys.executable, str(TOOL), verb, *arguments], check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def up(*arguments: str) -> Iterator[None]:
    """A cluster for the block.

    Raises:
        AssertionError: a process was left behind.
    """
    call("up", *arguments)
    try:
        yield
    finally:
        call("down")
    left = list(members())
    assert not left, f"left behind: {left}"


def members() -> Iterator[tuple[str, psutil.Process]]:
    """Living processes of this checkout's cluster and what each is."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(MARK) == str(FOLDER):
                command = " ".join(process.cmdline())
                yield next((group for group, word in _GROUPS.items() if word in command), "other"), process
