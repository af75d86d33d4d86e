"""Processes that are known by more than their number: started with a mark, ended with all their children, no others."""

import contextlib
import json
import os
import signal
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

MARK = "FARELITE_FLINK"
"""Environment variable that every process started here, and every child of it, carries; it holds the state's folder."""


@dataclass(frozen=True)
class Started:
    """One process, leader of a session of its own.

    Attributes:
        name: what it is.
        pid: its number, also that of its session.
        ticks: when it started, in clock ticks since the machine did (field 22 of /proc/PID/stat).
    """

    name: str
    pid: int
    ticks: int


def start(name: str, command: list[str], folder: Path, environment: dict[str, str] | None = None) -> Started:
    """Starts a process whose output goes to `FOLDER/log/NAME.log`, and notes it down in FOLDER before returning."""
    log = folder / "log" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as stream:
        child = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(environment or {}), MARK: str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    one = Started(name, child.pid, _stat(child.pid)[1])
    # It outlives this program, so Popen has nothing to wait for or to complain of.
    child.returncode = 0
    _note(folder, [*noted(folder), one])
    return one


def noted(folder: Path) -> list[Started]:
    """What was started and not yet ended."""
    try:
        return [Started(**one) for one in json.loads((folder / "processes.json").read_text())]
    except FileNotFoundError:
        return []


def alive(one: Started) -> bool:
    """Whether the process itself runs; another one that has its number by now does not count."""
    try:
        state = _stat(one.pid)
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state[1] == one.ticks and state[2] != "Z"


def stop(one: Started, folder: Path, patience_s: float = 10.0) -> None:
    """Ends a process and its session: asks first, then kills. The others of the session end with it."""
    for sign, wait_s in ((signal.SIGTERM, patience_s), (signal.SIGKILL, 5.0)):
        members = session(one, folder)
        for member in members:
            _signal(member.pid, sign)
        deadline = time.monotonic() + wait_s
        # One that is ending has no environment to be known by any more, and is not gone yet.
        while (any(map(alive, members)) or session(one, folder)) and time.monotonic() < deadline:
            _reap()
            time.sleep(0.05)
    _note(folder, [other for other in noted(folder) if other != one])


def session(one: Started, folder: Path) -> list[Started]:
    """The living processes of a session that carry this folder's mark."""
    wanted = f"{MARK}={folder}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            owner, ticks, state = _stat(int(entry.name))
            if owner == one.pid and state != "Z" and wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.append(Started(one.name, int(entry.name), ticks))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


def _stat(pid: int) -> tuple[int, int, str]:
    """Session, start time in ticks, state letter."""
    # The program's name, in brackets, may hold blanks and brackets.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[3]), int(fields[19]), fields[0]


def _signal(pid: int, sign: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, sign)


def _reap() -> None:
    """Collects children of ours that have ended; there are some when one program starts and stops."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _note(folder: Path, those: list[Started]) -> None:
    aside = folder / ".processes.json.part"
    aside.write_text(json.dumps([asdict(one) for one in those], indent=1))
    aside.replace(folder / "processes.json")
