"""Workers that are killed are started again; those that end otherwise are not."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from apache_beam.portability.api import beam_fn_api_pb2 as fn_api

from pipeline.runners.flink.worker_pool import MOST_RESTARTS, WorkerPool

STOP = fn_api.StopWorkerRequest(worker_id="1-1")
SAYS_ITS_NUMBER = "#!/bin/sh\necho $$ >> {folder}/started\nexec {end}\n"


@pytest.fixture
def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], WorkerPool]]:
    made = []

    def make(end: str) -> WorkerPool:
        """A pool whose one worker, once started, does what the shell command says."""
        program = tmp_path / "bin" / "python"
        program.parent.mkdir()
        program.write_text(SAYS_ITS_NUMBER.format(folder=tmp_path, end=end))
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
        made.append(WorkerPool())
        request = fn_api.StartWorkerRequest(worker_id="1-1")
        request.control_endpoint.url = "localhost:1"
        assert not made[0].StartWorker(request, None).error
        return made[0]

    yield make
    for one in made:
        one.StopWorker(STOP, None)
    minded_to_its_end()


def started(tmp_path: Path, at_least: int, patience_s: float = 10.0) -> list[int]:
    """Process numbers of workers so far, once there are so many or patience has ended."""
    deadline = time.monotonic() + patience_s
    found: list[int] = []
    while len(found) < at_least and time.monotonic() < deadline:
        time.sleep(0.02)
        file = tmp_path / "started"
        found = [int(line) for line in file.read_text().split()] if file.exists() else []
    return found


def minded_to_its_end() -> None:
    for thread in threading.enumerate():
        if thread.name == "worker 1-1":
            thread.join(20)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_killed_worker_is_started_again_under_its_id_until_it_is_stopped(
    pool: Callable[[str], WorkerPool], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    made = pool("sleep 60")
    (first,) = started(tmp_path, 1)
    os.kill(first, signal.SIGKILL)
    _, second = started(tmp_path, 2)
    assert alive(second)
    made.StopWorker(STOP, None)
    assert not alive(second)
    assert started(tmp_path, 3, patience_s=0.5) == [first, second]
    assert "worker 1-1 was killed by signal 9; starting it again" in capfd.readouterr().out


def test_a_worker_that_is_killed_again_and_again_is_given_up(pool: Callable[[str], WorkerPool], tmp_path: Path) -> None:
    pool("sh -c 'kill -9 $$'")
    everyone = started(tmp_path, 1 + MOST_RESTARTS)
    assert len(everyone) == 1 + MOST_RESTARTS
    assert started(tmp_path, 2 + MOST_RESTARTS, patience_s=0.5) == everyone


def test_what_a_worker_prints_is_passed_on_and_never_stops_it(
    pool: Callable[[str], WorkerPool], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pool("seq 100000")
    minded_to_its_end()
    assert "99999\n100000\n" in capfd.readouterr().out


@pytest.mark.parametrize("end", ["true", "false", "sh -c 'kill -15 $$'", "sh -c 'kill -2 $$'"])
def test_a_worker_that_ends_by_itself_or_is_asked_to_is_let_go(
    pool: Callable[[str], WorkerPool], tmp_path: Path, end: str
) -> None:
    pool(end)
    assert len(started(tmp_path, 1)) == 1
    assert len(started(tmp_path, 2, patience_s=0.5)) == 1
