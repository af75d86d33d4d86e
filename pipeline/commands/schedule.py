"""Commands for unattended runs."""

from __future__ import annotations

import dataclasses
import getpass
import signal
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from pipeline.commands.options import (
    BAD_INPUT,
    DEFAULT_RUNS,
    DONE,
    INTERRUPTED,
    REFUSED,
    UNEXPECTED,
    AsJson,
    ConfigFile,
    Override,
    RunsDir,
    print_json,
)

if TYPE_CHECKING:
    from pipeline.runners.schedule.assembly import Assembly

group = typer.Typer(help="Run the pipeline unattended, by the configuration's `schedule:` block.", no_args_is_help=True)
Moment = Annotated[
    str, typer.Argument(help="Such as 2026-11-01T00:00, in the schedule's time zone unless it says one.")
]
_CODES = {"pushed": DONE, "unchanged": DONE, "nothing_new": DONE, "refused": REFUSED, "stopped": BAD_INPUT}


@group.command()
def run(config: ConfigFile = None, runs_dir: RunsDir = DEFAULT_RUNS, override: Override = None) -> None:
    """Serve the schedule in the foreground: start a run at each due time, until told to stop.

    Every due time is entered in a ledger on disk and comes to one outcome, over restarts and kills. A run that a
    killed service left behind is taken over. Health and metrics (Prometheus) answer on the loopback interface.

    Example: farelite schedule run --config my-city.yaml
    """
    assembly = _assembly(config, runs_dir, override)
    stopping = _signals()
    with assembly.alone():
        ledger = assembly.ledger()
        service = assembly.service(ledger, _say)
        with assembly.page(service) as address:
            following = _told(assembly, assembly.next_due())
            _say(f"{assembly.config.name}: next due {following}" + (f"; {address}/health" if address else ""))
            service.serve(lambda: bool(stopping))
    if stopping == [signal.SIGINT]:
        raise typer.Exit(INTERRUPTED)


@group.command(name="list")
def list_(
    config: ConfigFile = None,
    runs_dir: RunsDir = DEFAULT_RUNS,
    override: Override = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="The newest so many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the newest due times with what became of each, and the next ones.

    Example: farelite schedule list --limit 48
    """
    from itertools import islice

    from pipeline.settings.calendar import due_after

    assembly = _assembly(config, runs_dir, override)
    ledger = assembly.ledger()
    slots, paused = ledger.slots(limit=limit), ledger.paused()
    following = list(islice(due_after(assembly.schedule.cron, assembly.schedule.time_zone, time.time()), 3))
    if as_json:
        shown = [dataclasses.asdict(slot) for slot in slots]
        print_json({"pipeline": assembly.config.name, "paused": paused, "slots": shown, "next": following})
        return
    from pipeline.commands.schedule_view import show_slots

    show_slots(slots, following, paused, assembly.schedule.time_zone)


@group.command()
def pause(config: ConfigFile = None, runs_dir: RunsDir = DEFAULT_RUNS, override: Override = None) -> None:
    """Skip due times from now on, and say so in the ledger; a run under way goes on.

    Example: farelite schedule pause
    """
    before = _assembly(config, runs_dir, override).ledger().pause(True)
    print("paused already" if before else "paused; `farelite schedule resume` goes on")


@group.command()
def resume(config: ConfigFile = None, runs_dir: RunsDir = DEFAULT_RUNS, override: Override = None) -> None:
    """Go on after a pause, from the next due time.

    Example: farelite schedule resume
    """
    assembly = _assembly(config, runs_dir, override)
    before = assembly.ledger().pause(False)
    print(f"{'resumed' if before else 'was not paused'}; next due {_told(assembly, assembly.next_due())}")


@group.command()
def once(
    config: ConfigFile = None,
    runs_dir: RunsDir = DEFAULT_RUNS,
    override: Override = None,
    due: Annotated[bool, typer.Option("--due", help="Only what is due and not settled yet; for cron.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make one run now, with retries and time limit, and enter it in the ledger.

    With --due, settle what is due instead and end; cron or a Kubernetes CronJob can call it at each due time. A service
    that is serving takes the run over.

    Exit code 0: pushed, unchanged or nothing new. 3: refused. 2: stopped by data. 1: failed after all attempts.
    """
    from pipeline.runners.schedule.slot import ASKED, ScheduleError

    assembly = _assembly(config, runs_dir, override)
    ledger = assembly.ledger()
    began = time.time()
    asked = [] if due else ledger.ask([int(began)], began, ASKED)
    stopping = _signals()
    try:
        with assembly.alone():
            assembly.service(ledger, _say).drain(lambda: bool(stopping))
    except ScheduleError as error:
        if due:
            raise
        _say(f"queued; the serving process starts it next ({error})")
        return
    ended = [slot for slot in ledger.slots() if slot.ended is not None and slot.ended >= began]
    ended = [slot for slot in ended if slot.due in asked] if asked else ended
    if as_json:
        print_json([dataclasses.asdict(slot) for slot in ended])
    if stopping:
        raise typer.Exit(INTERRUPTED)
    if due and not ended:
        _say(f"nothing is due; next {_told(assembly, assembly.next_due())}")
    codes = [_CODES.get(slot.outcome, UNEXPECTED) for slot in ended if slot.state == "done"]
    raise typer.Exit(max(codes, default=DONE))


@group.command()
def backfill(
    begin: Moment,
    end: Moment,
    config: ConfigFile = None,
    runs_dir: RunsDir = DEFAULT_RUNS,
    override: Override = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which.")] = False,
) -> None:
    """Queue the due times of a stretch of the past that were skipped or never entered.

    Those that ran stay as they are. The serving process starts them, oldest first; where none is serving,
    `farelite schedule once --due` does.

    Example: farelite schedule backfill 2026-11-01T00:00 2026-11-02T00:00
    """
    from pipeline.runners.schedule.slot import DUE, ScheduleError
    from pipeline.settings.calendar import due_between

    assembly = _assembly(config, runs_dir, override)
    zone = assembly.schedule.time_zone
    first, last, now = _moment(begin, zone), _moment(end, zone), time.time()
    if first > last:
        raise ScheduleError(f"{begin} is after {end}; give the earlier moment first")
    dues = due_between(assembly.schedule.cron, zone, first - 1, min(last, now))
    ledger = assembly.ledger()
    queued = ledger.missing(dues) if dry_run else ledger.ask(dues, now, DUE)
    for due in queued:
        print(_told(assembly, due))
    print(f"{'would queue' if dry_run else 'queued'} {len(queued)} of {len(dues)} due times", file=sys.stderr)


@group.command()
def unit(
    config: ConfigFile = None,
    runs_dir: RunsDir = DEFAULT_RUNS,
    override: Override = None,
    kind: Annotated[str, typer.Option("--kind", help="`systemd` or `crontab`.")] = "systemd",
) -> None:
    """Print what the system needs to keep the schedule: a systemd unit, or a crontab line.

    Example: farelite schedule unit --kind crontab
    """
    from pipeline.runners.schedule.slot import ScheduleError
    from pipeline.runners.schedule.units import Place, crontab_line, systemd_unit

    assembly = _assembly(config, runs_dir, override)
    program = Path(sys.executable).parent / "farelite"
    place = Place(assembly.config.name, program, Path.cwd(), tuple(assembly.arguments()), getpass.getuser())
    if kind not in ("systemd", "crontab"):
        raise ScheduleError(f"--kind {kind!r}: write systemd or crontab")
    print(systemd_unit(place) if kind == "systemd" else crontab_line(place, assembly.schedule), end="")


def _assembly(config: Path | None, runs_dir: Path, override: list[str] | None) -> Assembly:
    from pipeline.runners.schedule.assembly import Assembly

    return Assembly(config, runs_dir, override or [])


def _signals() -> list[int]:
    """Filled by the first SIGINT or SIGTERM."""
    got: list[int] = []
    handler: Callable[[int, object], None] = lambda number, frame: got.append(number)  # noqa: E731
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)
    return got


def _moment(text: str, time_zone: str) -> float:
    from pipeline.runners.schedule.slot import ScheduleError

    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ScheduleError(f"{text!r} is no moment; write one such as 2026-11-01T00:00") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(time_zone))).timestamp()


def _told(assembly: Assembly, moment: float) -> str:
    from pipeline.settings.calendar import told

    return told(moment, assembly.schedule.time_zone)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
