"""Processes of the local cluster: those that were started end, with their children; no other does."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "flink" / "processes.py"
PARENT = "import subprocess, sys, time; print(subprocess.Popen(['sleep', '60']).pid, flush=True); time.sleep(60)"


@pytest.fixture(scope="module")
def processes() -> Any:
    spec = importlib.util.spec_from_file_location("flink_processes", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def started_child(folder: Path, name: str) -> int:
    log = folder / "log" / f"{name}.log"
    deadline = time.monotonic() + 20
    while not log.read_text().strip():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return int(log.read_text())


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_process_ends_with_its_children_and_is_forgotten(processes: Any, tmp_path: Path) -> None:
    one = processes.start("parent", [sys.executable, "-c", PARENT], tmp_path)
    child = started_child(tmp_path, "parent")
    assert processes.noted(tmp_path) == [one]
    assert processes.alive(one)
    processes.stop(one, tmp_path)
    assert not processes.alive(one)
    assert not is_running(child)
    assert processes.noted(tmp_path) == []


def test_children_of_a_process_that_was_killed_end_too(processes: Any, tmp_path: Path) -> None:
    one = processes.start("parent", [sys.executable, "-c", PARENT], tmp_path)
    child = started_child(tmp_path, "parent")
    os.kill(one.pid, signal.SIGKILL)
    os.waitpid(one.pid, 0)
    assert is_running(child)
    assert not processes.alive(one)
    processes.stop(one, tmp_path)
    assert not is_running(child)


def test_one_that_does_not_listen_is_killed(processes: Any, tmp_path: Path) -> None:
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    )
    one = processes.start("stubborn", [sys.executable, "-c", stubborn], tmp_path)
    started_child(tmp_path, "stubborn")
    processes.stop(one, tmp_path, patience_s=0.3)
    assert not processes.alive(one)


def test_a_process_that_got_the_number_of_an_ended_one_is_left_alone(processes: Any, tmp_path: Path) -> None:
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        noted = processes.Started("old", stranger.pid, 12345)
        processes._note(tmp_path, [noted])
        assert not processes.alive(noted)
        processes.stop(noted, tmp_path, patience_s=0.3)
        assert stranger.poll() is None
        assert processes.noted(tmp_path) == []
    finally:
        stranger.kill()
        stranger.wait()
