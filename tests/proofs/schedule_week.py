"""Simulated weeks of a schedule under a fake clock: is every due time accounted for exactly once?

The service, its policies and its SQLite ledger are the real ones; the clock and the runs are not. In each week the
service is killed at random statements, calls of the clock and starts of runs; the clock jumps; runs last longer than
the gap, fail, hang, or outlive the service; data come late. The weeks lie over the two changes of the clock in Chicago.
What should be due is reckoned here without the cron library.

Run it by `make prove-schedule` (ARGS="--weeks 300").
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.runners.schedule.attempts import Ending
from pipeline.runners.schedule.ledger import Ledger
from pipeline.runners.schedule.service import Clock, Service
from pipeline.runners.schedule.slot import VERDICTS, Slot
from pipeline.settings.schedule import Schedule

ZONE = "America/Chicago"
HOUR = 3600.0
WEEK = 7 * 24 * HOUR
STARTS = (datetime(2026, 10, 29), datetime(2026, 3, 5))
"""Three days before clocks go back on 1 November, and before they go forward on 8 March."""


class Killed(BaseException):
    """The process is gone: nothing it would have done after this happens."""


@dataclass
class World:
    """What goes on around the service and does not end with it."""

    random: random.Random
    steady: float = 0.0
    offset: float = 0.0
    steps_to_kill: int = 0
    dead: bool = False
    data: int = 0
    data_missing_until: float = 0.0
    processes: dict[str, FakeProcess] = field(default_factory=dict)
    started: Counter[tuple[str, int]] = field(default_factory=Counter)
    told: Counter[tuple[str, int]] = field(default_factory=Counter)
    kills: int = 0
    jumps: int = 0

    @property
    def wall(self) -> float:
        """Unix seconds as the machine's clock shows them."""
        return self.steady + self.offset

    def step(self) -> None:
        """One thing that a kill may come before."""
        if self.dead:
            raise Killed
        self.steps_to_kill -= 1
        if self.steps_to_kill == 0:
            self.dead = True
            raise Killed

    def pass_time(self, seconds: float) -> None:
        """Lets time pass; data may come, and the clock may be set."""
        self.steady += seconds
        if self.random.random() < seconds / (2 * HOUR):
            self.data += 1
            self.data_missing_until = self.steady + self.random.choice([0, 0, 0, 0.1 * HOUR])
        if self.random.random() < seconds / (40 * HOUR):
            self.offset += self.random.choice([-1, 1]) * self.random.uniform(1, 2.5 * HOUR)
            self.jumps += 1

    def revive(self) -> None:
        """The next process; some runs went down with the last one, and it was away for a while."""
        self.dead = False
        self.steps_to_kill = int(self.random.expovariate(1 / 400)) + 1
        for process in self.processes.values():
            if process.ends > self.steady and self.random.random() < 0.5:
                process.ends, process.ending = self.steady, Ending("failed", "killed with the service")
        self.pass_time(self.random.choice([1, 60, 0.5 * HOUR, 5 * HOUR]) * self.random.random())


@dataclass
class FakeProcess:
    """A run: when it ends (steady seconds), and how."""

    ends: float
    ending: Ending


class FakeClock(Clock):
    """Time in the world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def now(self) -> float:
        """Unix seconds."""
        self._world.step()
        return self._world.wall

    def steady(self) -> float:
        """Seconds that never jump."""
        return self._world.steady

    def sleep(self, seconds: float, stopping: Callable[[], bool]) -> None:
        """Lets the world go on."""
        self._world.step()
        self._world.pass_time(seconds)


class FakeAttempt:
    """What the service holds of a run."""

    def __init__(self, world: World, process: str) -> None:
        self.process = process
        self._world = world

    def poll(self) -> Ending | None:
        """The ending, once time has come."""
        process = self._world.processes.get(self.process)
        if process is None:
            return Ending("failed", "ended without a result")
        return process.ending if process.ends <= self._world.steady else None

    def stop(self, grace_s: float) -> None:
        """Ends it now."""
        process = self._world.processes.get(self.process)
        if process and process.ends > self._world.steady:
            process.ends, process.ending = self._world.steady, Ending("failed", "interrupted")


class FakeRunner:
    """Starts runs of random length and ending; one waits for another by the folder's lock, as the real ones do."""

    def __init__(self, world: World) -> None:
        self._world = world

    def start(self, slot: Slot, number: int) -> FakeAttempt:
        """See `pipeline.runners.schedule.attempts.Runner`."""
        world = self._world
        world.step()
        draw = world.random
        lasts = draw.choice([draw.expovariate(1 / 600), draw.uniform(0, 2 * HOUR), 9 * HOUR])
        outcome = draw.choices(["pushed", "unchanged", "refused", "stopped", "failed"], [5, 2, 1, 1, 2])[0]
        free = max([world.steady, *(one.ends for one in world.processes.values())])
        name = f"{slot.kind}-{slot.due}-{number}-{len(world.processes)}"
        world.processes[name] = FakeProcess(free + lasts, Ending(outcome, "drawn", {"verdict": outcome}))
        world.started[slot.key] += 1
        return FakeAttempt(world, name)

    def adopt(self, slot: Slot, number: int, process: str) -> FakeAttempt:
        """Likewise."""
        return FakeAttempt(self._world, process)


def mortal(world: World) -> type[sqlite3.Connection]:
    """A connection on which the process may die before or after any statement."""

    class Connection(sqlite3.Connection):
        def execute(self, *arguments: Any) -> sqlite3.Cursor:
            world.step()
            done = super().execute(*arguments)
            world.step()
            return done

    return Connection


def hourly(begin: float, end: float) -> set[int]:
    """Every full hour: Chicago's offsets are full hours, so the clock's changes move none of them."""
    return set(range(int(begin // HOUR + 1) * 3600, int(end) + 1, 3600))


def at_half_past_one(begin: float, end: float) -> set[int]:
    """01:30 of each day, the first one where there are two."""
    first = datetime.fromtimestamp(begin, ZoneInfo(ZONE)).date()
    days = [first + timedelta(days=n) for n in range(-1, int((end - begin) // (24 * HOUR)) + 3)]
    return {due for due in map(_half_past_one, days) if begin < due <= end}


def _half_past_one(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 1, 30, tzinfo=ZoneInfo(ZONE)).timestamp())


KINDS: dict[str, Callable[[float, float], set[int]]] = {"0 * * * *": hourly, "30 1 * * *": at_half_past_one}


def live_a_week(seed: int, folder: Path) -> dict[str, Any]:
    """One week; returns counts and whatever is wrong."""
    draw = random.Random(seed)
    cron = "30 1 * * *" if seed % 5 == 4 else "0 * * * *"
    schedule = Schedule.model_validate(
        {
            "cron": cron,
            "time_zone": ZONE,
            "catch_up": draw.choice(["skip", "latest", "all"]),
            "overlap": draw.choice(["skip", "latest", "all"]),
            "catch_up_horizon_h": 10_000,
            "jitter_s": draw.choice([0, 600]),
            "retries": {"attempts": 3, "delay_s": 300},
            "time_limit_s": 4 * HOUR,
        }
    )
    begin = STARTS[seed % 2].replace(tzinfo=ZoneInfo(ZONE)).timestamp() + draw.uniform(0, HOUR)
    world = World(draw, offset=begin)
    world.steps_to_kill = int(draw.expovariate(1 / 400)) + 1
    path = folder / f"{seed}.db"
    finished = False
    while not finished:
        settling = world.steady > WEEK
        if settling:
            world.steps_to_kill = -1
        finished = _one_process(world, schedule, path, settling)
    ledger = Ledger(path, world.wall)
    expected = KINDS[cron](ledger.since(), max(ledger.watermark(), world.wall))
    wrong = _audit(ledger, world, schedule, expected)
    counts = Counter(slot.outcome for slot in ledger.slots())
    ledger.close()
    return {
        "seed": seed,
        "cron": cron,
        "catch_up": schedule.catch_up,
        "overlap": schedule.overlap,
        "due": sum(counts.values()),
        "kills": world.kills,
        "jumps": world.jumps,
        "runs": sum(world.started.values()),
        "outcomes": dict(sorted(counts.items())),
        "wrong": wrong,
    }


def _one_process(world: World, schedule: Schedule, path: Path, settling: bool) -> bool:
    """One life of the service; True when the week is over and everything has come to its outcome."""

    def inputs(slot: Slot) -> str:
        world.step()
        if world.steady < world.data_missing_until:
            raise FileNotFoundError("the newest span is not there yet")
        return str(world.data)

    def tell(slot: Slot) -> str:
        world.told[slot.key] += 1
        world.step()
        return "ok"

    ledger = None
    try:
        ledger = Ledger(path, world.wall, mortal(world))
        service = Service(
            "week",
            schedule,
            ledger,
            FakeRunner(world),
            inputs,
            tell=tell,
            clock=FakeClock(world),
            poll_s=20,
            idle_s=600,
        )
        if settling:
            service.drain()
            return True
        service.serve(lambda: world.steady > WEEK)
    except Killed:
        world.kills += 1
        world.revive()
    finally:
        if ledger:
            ledger.close()
    return False


def _audit(ledger: Ledger, world: World, schedule: Schedule, expected: set[int]) -> list[str]:
    """What is wrong; nothing when every due time has one outcome and no run that it should not have."""
    slots = ledger.slots()
    dues = Counter(slot.due for slot in slots)
    wrong = [f"lost: {due}" for due in sorted(expected - set(dues))]
    wrong += [f"entered but never due: {due}" for due in sorted(set(dues) - expected)]
    wrong += [f"entered {count} times: {due}" for due, count in dues.items() if count > 1]
    for slot in slots:
        runs = world.started[slot.key]
        if slot.state not in ("done", "skipped") or not slot.outcome or slot.ended is None:
            wrong.append(f"no final outcome: {slot}")
        if slot.state == "skipped" and slot.attempts:
            wrong.append(f"skipped, and yet run: {slot}")
        # An attempt is entered before its run starts, so a kill can leave an attempt without a run, never the reverse.
        if runs > slot.attempts + slot.stops or slot.attempts > schedule.retries.attempts:
            wrong.append(f"{runs} runs, {slot.attempts} attempts: {slot}")
        if runs and slot.outcome == "nothing_new" and not _seen_by_another(slot, slots):
            wrong.append(f"nothing new, and yet run: {slot}")
        if (slot.state == "done") != bool(world.told[slot.key]):
            wrong.append(f"on_result heard {world.told[slot.key]} times: {slot}")
    if schedule.catch_up == schedule.overlap == "all" and any(slot.state == "skipped" for slot in slots):
        wrong.append("skipped, though all were to run")
    return wrong


def _seen_by_another(slot: Slot, slots: list[Slot]) -> bool:
    """Whether the data that a slot once ran on, or later ones, came to a verdict in another run before the slot ended.

    A slot whose run was interrupted waits, and another's attempt, which was due earlier and waited longer, goes before.
    """
    # After a further attempt that could not read the data, the ledger no longer says what an earlier one ran on.
    ran_on = int(slot.inputs or 0)
    others = [one for one in slots if one.outcome in VERDICTS and one.inputs and one.key != slot.key]
    return any(
        int(one.inputs) >= ran_on and one.ended <= slot.ended
        for one in others
        if one.ended is not None and slot.ended is not None
    )


def main() -> int:
    """Prints a line a week and the sums; exit code 1 when anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weeks", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="seed of the first week")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    arguments = parser.parse_args()
    # In memory where there is such a place: the process is killed here, not the machine.
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        weeks = [live_a_week(arguments.first + n, Path(folder)) for n in range(arguments.weeks)]
    sums = {key: sum(week[key] for week in weeks) for key in ("due", "kills", "jumps", "runs")}
    outcomes: Counter[str] = Counter()
    for week in weeks:
        outcomes.update(week["outcomes"])
    wrong = [f"week {week['seed']}: {one}" for week in weeks for one in week["wrong"]]
    total = {"weeks": len(weeks), **sums, "outcomes": dict(sorted(outcomes.items())), "wrong": wrong}
    if arguments.json:
        print(json.dumps(total))
    else:
        print(*(f"{key}: {value:,}" for key, value in total.items() if isinstance(value, int)), sep="\n")
        print("outcomes:", ", ".join(f"{name} {count:,}" for name, count in outcomes.most_common()))
        print("every due time has exactly one outcome" if not wrong else "\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
