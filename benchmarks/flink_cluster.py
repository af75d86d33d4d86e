"""The cluster of `make flink-up`, as benchmarks start, end and look at it, and what groups of processes use."""

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
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
    """A cluster for the block."""
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


INTERVAL_S = 0.5

Find = Callable[[], Iterable[tuple[str, psutil.Process]]]


class Usage(threading.Thread):
    """Samples until it is told to end; what a process used after its last sample is not seen.

    Args:
        find: names the group of every living process that counts.
    """

    def __init__(self, find: Find) -> None:
        super().__init__(daemon=True)
        self._find = find
        self._over = threading.Event()
        self._seen: dict[tuple[int, float], float] = {}
        self.moments: list[tuple[float, float]] = []
        """Clock (`time.time`) and CPU seconds of all groups up to then."""
        self.peak_mib: dict[str, float] = {}
        """Largest resident size that a process of the group has had, in MiB."""

    def run(self) -> None:
        """Takes samples."""
        while not self._over.wait(INTERVAL_S):
            self.sample()

    def sample(self) -> None:
        """Takes one."""
        for group, process in self._find():
            with contextlib.suppress(psutil.Error, FileNotFoundError, ProcessLookupError):
                times = process.cpu_times()
                self._seen[process.pid, process.create_time()] = times.user + times.system
                self.peak_mib[group] = max(self.peak_mib.get(group, 0.0), _peak_mib(process))
        self.moments.append((time.time(), sum(self._seen.values())))

    def end(self) -> None:
        """Takes a last sample and stops."""
        self._over.set()
        self.join()
        self.sample()

    def cpu_between(self, began: float, ended: float) -> float:
        """CPU seconds of all groups between two moments of the clock, by the samples next to them."""
        first = max((cpu for at, cpu in self.moments if at <= began), default=0.0)
        last = min((cpu for at, cpu in self.moments if at >= ended), default=self.moments[-1][1])
        return last - first


def _peak_mib(process: psutil.Process) -> float:
    """So far; of the samples alone where there is no /proc."""
    if not psutil.LINUX:
        return process.memory_info().rss / 2**20
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)
