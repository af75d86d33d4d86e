"""Runs as processes of their own, which outlive a killed service and are found again by the next one."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.machine import born
from pipeline.runners.schedule.slot import FAILED, VERDICTS, Slot

KEPT_LOGS = 500


@dataclass(frozen=True)
class Ending:
    """How an attempt ended.

    Attributes:
        outcome: the run's verdict, or `failed`.
        result: what the run printed.
    """

    outcome: str
    reason: str
    result: dict[str, Any] = field(default_factory=dict)


class ProcessRunner:
    """Starts a command for each attempt; its standard output and error go to files.

    Args:
        command: program and arguments for a slot; it prints one JSON object with `verdict`.
        folder: of the files.
    """

    def __init__(self, command: Callable[[Slot], list[str]], folder: Path) -> None:
        self._command = command
        self._folder = folder

    def start(self, slot: Slot, number: int) -> Attempt:
        """Begins one, in a session of its own, so that a signal to the service is not one to the run."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._discard_old()
        out, log = self._files(slot, number)
        with out.open("wb") as to_out, log.open("wb") as to_log:
            child = subprocess.Popen(
                self._command(slot), stdin=subprocess.DEVNULL, stdout=to_out, stderr=to_log, start_new_session=True
            )
        return Attempt(f"{child.pid}:{born(child.pid)}", out, log, child)

    def adopt(self, slot: Slot, number: int, process: str) -> Attempt:
        """Takes over one that an earlier service began."""
        return Attempt(process, *self._files(slot, number))

    def _files(self, slot: Slot, number: int) -> tuple[Path, Path]:
        stem = f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(slot.due))}-{slot.kind}-{number}"
        return self._folder / f"{stem}.json", self._folder / f"{stem}.log"

    def _discard_old(self) -> None:
        for path in sorted(self._folder.iterdir())[: -2 * KEPT_LOGS]:
            path.unlink()


class Attempt:
    """One run under way."""

    def __init__(self, process: str, out: Path, log: Path, child: subprocess.Popen[bytes] | None = None) -> None:
        self.process = process
        self._out, self._log, self._child = out, log, child

    def poll(self) -> Ending | None:
        """How it ended; None while it goes on."""
        if self._alive():
            return None
        result = _read_result(self._out)
        if result.get("verdict") in VERDICTS:
            return Ending(result["verdict"], "; ".join(result.get("reasons") or []), result)
        code = "" if self._child is None else f"exit code {self._child.returncode}: "
        return Ending(FAILED, f"{code}{_last_words(self._log)}")

    def stop(self, grace_s: float) -> None:
        """Interrupts it, and after so many seconds kills it; it has ended when this returns."""
        self._signal(signal.SIGINT)
        deadline = time.monotonic() + grace_s
        while self._alive() and time.monotonic() < deadline:
            time.sleep(0.05)
        self._signal(signal.SIGKILL)
        while self._alive():
            time.sleep(0.05)

    def _alive(self) -> bool:
        if self._child is not None:
            return self._child.poll() is None
        pid, _, began = self.process.partition(":")
        return bool(pid) and born(int(pid)) == began

    def _signal(self, number: signal.Signals) -> None:
        pid = self.process.partition(":")[0]
        if pid and self._alive():
            # It may end between the look and the signal.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(int(pid), number)


def _read_result(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _last_words(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except FileNotFoundError:
        lines = []
    return f"{lines[-1].strip()} ({log})" if lines else f"ended without a result ({log})"
