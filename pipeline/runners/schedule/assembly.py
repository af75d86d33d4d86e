"""Puts a service together from a configuration and its place on this machine."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from data.sources import locate
from pipeline.config import Config, load
from pipeline.facts import can_tell
from pipeline.last_run import standing
from pipeline.lock import LockedError, run_lock
from pipeline.paths import RunPaths
from pipeline.runners.schedule.attempts import ProcessRunner
from pipeline.runners.schedule.ledger import Ledger
from pipeline.runners.schedule.page import STALE_AFTER_S, Collector, Health, serving
from pipeline.runners.schedule.policy import QUEUED, RUNNING
from pipeline.runners.schedule.service import Service
from pipeline.runners.schedule.slot import ScheduleError, Slot
from pipeline.settings import calendar
from pipeline.settings.schedule import Schedule

TELL_TIMEOUT_S = 60.0


class Assembly:
    """A pipeline's schedule on this machine.

    Raises:
        ConfigError, RunsFolderError: the input's fault.
        ScheduleError: the configuration has no `schedule:` block.
    """

    def __init__(self, config_file: Path | None, runs_dir: Path, overrides: list[str]) -> None:
        self._config_file, self._overrides = config_file, overrides
        self.config: Config = load(config_file, overrides)
        if self.config.schedule is None:
            raise ScheduleError(
                f"{config_file or 'the default configuration'} has no schedule; add for example\n"
                'schedule: {cron: "0 * * * *", time_zone: America/Chicago}'
            )
        self.schedule: Schedule = self.config.schedule
        self.paths = RunPaths(runs_dir / self.config.name)
        self._runs_dir = runs_dir
        self.paths.make()

    def ledger(self) -> Ledger:
        """A connection to the ledger."""
        return Ledger(self.paths.root / "schedule.db", time.time())

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Holds the schedule while the block runs.

        Raises:
            ScheduleError: another service holds it.
        """
        lock = self.paths.root / ".schedule.lock"
        with _held(lock, f"another schedule service runs for {self.paths.root}; stop it first"):
            yield

    def arguments(self) -> list[str]:
        """Options that name this pipeline to another command, paths absolute."""
        config = ["--config", str(self._config_file.resolve())] if self._config_file else []
        sets = [word for override in self._overrides for word in ("--set", override)]
        return [*config, "--runs-dir", str(self._runs_dir.resolve()), *sets]

    def service(self, ledger: Ledger, say: Callable[[str], None]) -> Service:
        """A service over real processes and the machine's clock."""
        return Service(
            self.config.name,
            self.schedule,
            ledger,
            ProcessRunner(self._command, self.paths.logs / "schedule"),
            self._inputs,
            self._stands,
            self._elsewhere,
            self._tell,
            say,
        )

    @contextmanager
    def page(self, service: Service) -> Iterator[str]:
        """Health and metrics while the block runs; yields their address, or nothing."""
        if self.schedule.port is None:
            yield ""
            return
        collector = Collector(self.config.name, self.ledger, self.next_due)
        with serving(self.schedule.host, self.schedule.port, collector, lambda: self._health(service)) as port:
            yield f"http://{self.schedule.host}:{port}"

    def next_due(self) -> int:
        """Unix seconds."""
        return next(calendar.due_after(self.schedule.cron, self.schedule.time_zone, time.time()))

    def _health(self, service: Service) -> Health:
        ledger = self.ledger()
        try:
            waiting, running, paused = ledger.slots(QUEUED), ledger.slots(RUNNING), ledger.paused()
        finally:
            ledger.close()
        silent = time.monotonic() - service.beat
        return Health(silent < STALE_AFTER_S, self.config.name, paused, bool(running), len(waiting), round(silent, 3))

    def _command(self, slot: Slot) -> list[str]:
        wait = f"{self.schedule.time_limit_s:g}"
        until = self.schedule.newest_span(self.config.data.source, slot.due)
        window = ["--set", f"data.spans.until={until}"] if until else []
        return [sys.executable, "-m", "pipeline", "run", *self.arguments(), *window, "--json", "--wait", wait]

    def _inputs(self, slot: Slot) -> str:
        return f"{locate(self._config_of(slot).data).fingerprint()}-{self.config.hash()}"

    def _stands(self, slot: Slot) -> bool:
        """True also where only a run can tell: then data and settings alone decide."""
        config = self._config_of(slot)
        return not can_tell(config) or standing(config, self.paths) is not None

    def _config_of(self, slot: Slot) -> Config:
        """What the run of a due time is told."""
        data = self.config.data
        until = self.schedule.newest_span(data.source, slot.due)
        window = data.spans.model_copy(update={"until": until}) if until else data.spans
        return self.config.model_copy(update={"data": data.model_copy(update={"spans": window})})

    def _elsewhere(self) -> bool:
        try:
            with run_lock(self.paths.lock):
                return False
        except LockedError:
            return True

    def _tell(self, slot: Slot) -> str:
        return tell(self.schedule.on_result, self.config.name, slot)


def tell(command: tuple[str, ...], name: str, slot: Slot) -> str:
    """Gives an outcome to a command as JSON; `ok`, `-` for no command, or what went wrong."""
    if not command:
        return "-"
    told = {
        "pipeline": name,
        "kind": slot.kind,
        "due": slot.due,
        "outcome": slot.outcome,
        "reason": slot.reason,
        "attempts": slot.attempts,
        "ended": slot.ended,
        "result": slot.result or None,
    }
    try:
        done = subprocess.run(
            list(command), input=json.dumps(told), text=True, capture_output=True, timeout=TELL_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{command[0]}: {error}"
    words = (done.stderr or done.stdout).strip().splitlines()
    return "ok" if done.returncode == 0 else f"{command[0]}: exit code {done.returncode}: {(words or [''])[-1]}"


@contextmanager
def _held(lock: Path, otherwise: str) -> Iterator[None]:
    with ExitStack() as stack:
        try:
            stack.enter_context(run_lock(lock))
        except LockedError as error:
            raise ScheduleError(f"{otherwise} ({str(error).partition(';')[0]})") from error
        yield
