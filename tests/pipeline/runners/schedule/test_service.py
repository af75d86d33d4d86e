"""The service over real processes, a real ledger and real kills; only the clock runs faster than the wall's."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pipeline.runners.schedule.assembly import tell
from pipeline.runners.schedule.attempts import ProcessRunner
from pipeline.runners.schedule.ledger import Ledger
from pipeline.runners.schedule.page import Collector, Health, serving
from pipeline.runners.schedule.service import Clock, Service
from pipeline.runners.schedule.slot import ASKED, ScheduleError, Slot
from pipeline.settings.schedule import Schedule

ROOT = Path(__file__).parents[4]
HOURLY = {"cron": "0 * * * *", "retries": {"attempts": 2, "delay_s": 0}}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "schedule.db", time.time())
    yield opened
    opened.close()


def program(text: str) -> Callable[[Slot], list[str]]:
    return lambda slot: [sys.executable, "-c", text]


def printing(verdict: str, **more: Any) -> Callable[[Slot], list[str]]:
    return program(f"print({json.dumps({'verdict': verdict, 'reasons': ['why'], **more})!r})")


def run_once(
    ledger: Ledger,
    command: Callable[[Slot], list[str]],
    inputs: Callable[[Slot], str] = lambda slot: "data",
    stands: bool = True,
    **block: Any,
) -> tuple[Slot, list[str]]:
    said: list[str] = []
    (due,) = ledger.ask([int(time.time())], time.time(), ASKED)
    schedule = Schedule.model_validate(HOURLY | block)
    runner = ProcessRunner(command, ledger.path.parent / "logs")
    Service("city", schedule, ledger, runner, inputs, lambda slot: stands, say=said.append, poll_s=0.02).drain()
    return next(slot for slot in ledger.slots() if slot.due == due and slot.kind == ASKED), said


@pytest.mark.parametrize("verdict", ["pushed", "unchanged", "refused", "stopped"])
def test_a_verdict_is_final_after_one_attempt(ledger: Ledger, verdict: str) -> None:
    slot, said = run_once(ledger, printing(verdict, version="000007"))
    assert (slot.state, slot.outcome, slot.attempts) == ("done", verdict, 1)
    assert slot.result["version"] == "000007"
    assert said[-1].endswith(f"{verdict} 000007: why")


def test_a_run_that_breaks_is_tried_again_and_then_failed_with_its_last_words(ledger: Ledger) -> None:
    slot, said = run_once(ledger, program("import sys; print('half'); sys.exit('error: no disk left')"))
    assert (slot.state, slot.outcome, slot.attempts) == ("done", "failed", 2)
    assert slot.reason.startswith("exit code 1: error: no disk left (")
    assert "failed, again in 0 s" in said[1]


def test_a_run_over_its_time_is_ended_with_its_children(ledger: Ledger, tmp_path: Path) -> None:
    child = f"import os, time; open({str(tmp_path / 'child')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    slot, _ = run_once(ledger, program(parent), time_limit_s=1.5, retries={"attempts": 1})
    assert (slot.outcome, slot.attempts) == ("timed_out", 1)
    assert slot.reason == "ended after schedule.time_limit_s 1.5"
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "child").read_text()), 0)


def test_no_new_data_starts_no_run_and_says_so(ledger: Ledger, tmp_path: Path) -> None:
    run_once(ledger, printing("refused"))
    slot, said = run_once(ledger, program(f"open({str(tmp_path / 'ran')!r}, 'w')"))
    assert (slot.outcome, slot.attempts) == ("nothing_new", 0)
    assert "nothing new: nothing has changed since the run due" in said[-1]
    assert not (tmp_path / "ran").exists()
    slot, _ = run_once(ledger, printing("pushed"), inputs=lambda slot: "more data")
    assert slot.outcome == "pushed"


def test_the_same_data_start_a_run_once_code_or_live_version_have_changed(ledger: Ledger) -> None:
    run_once(ledger, printing("pushed"))
    slot, _ = run_once(ledger, printing("refused"), stands=False)
    assert slot.outcome == "refused"


def test_a_run_that_failed_does_not_count_as_seen(ledger: Ledger) -> None:
    run_once(ledger, program("raise SystemExit(1)"))
    assert run_once(ledger, printing("pushed"))[0].outcome == "pushed"


def test_data_that_come_late_are_waited_for(ledger: Ledger) -> None:
    looks: list[int] = []

    def inputs(slot: Slot) -> str:
        looks.append(1)
        if len(looks) == 1:
            raise ScheduleError("data.source: no file for span 2016-01-02")
        return "data"

    slot, said = run_once(ledger, printing("pushed"), inputs)
    assert (slot.outcome, slot.attempts) == ("pushed", 2)
    assert any("no file for span 2016-01-02" in line for line in said)


def test_a_due_time_under_a_run_started_elsewhere_is_skipped_if_the_policy_says_so(tmp_path: Path) -> None:
    begun = time.time() // 3600 * 3600
    ledger = Ledger(tmp_path / "schedule.db", begun - 1)
    schedule = Schedule.model_validate(HOURLY | {"overlap": "skip", "catch_up": "all"})
    runner = ProcessRunner(printing("pushed"), tmp_path)
    Service("city", schedule, ledger, runner, lambda slot: "data", elsewhere=lambda: True).drain()
    (slot,) = ledger.slots()
    assert (slot.state, slot.outcome) == ("skipped", "overlapped")
    assert slot.reason == "a run that the schedule did not start was under way"
    ledger.close()


def test_the_command_on_result_hears_the_outcome_as_json_and_its_failure_changes_nothing(
    ledger: Ledger, tmp_path: Path
) -> None:
    slot, _ = run_once(ledger, printing("pushed", version="000001"))
    heard = tmp_path / "heard.json"
    assert tell(("sh", "-c", f"cat > {heard}"), "city", slot) == "ok"
    told = json.loads(heard.read_text())
    assert (told["pipeline"], told["outcome"], told["due"], told["attempts"]) == ("city", "pushed", slot.due, 1)
    assert told["result"]["version"] == "000001"
    assert tell(("sh", "-c", "echo no mail >&2; exit 4"), "city", slot) == "sh: exit code 4: no mail"
    assert "No such file" in tell(("/no/such/program",), "city", slot)
    assert tell((), "city", slot) == "-"


SERVICE = """
import sys, time
from pathlib import Path
from pipeline.runners.schedule.attempts import ProcessRunner
from pipeline.runners.schedule.service import Clock
from pipeline.runners.schedule.ledger import Ledger
from pipeline.runners.schedule.service import Service
from pipeline.settings.schedule import Schedule

folder, zero, begun = Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])

class Fast(Clock):
    # One second of the wall is three quarters of an hour here.
    def now(self): return zero + (time.time() - begun) * 2700
    def sleep(self, seconds, stopping): time.sleep(min(seconds, 0.02))

schedule = Schedule(cron="*/15 * * * *", catch_up="all", overlap="all", catch_up_horizon_h=1000,
                    retries={"attempts": 50, "delay_s": 0}, time_limit_s=60)
ledger = Ledger(folder / "schedule.db", zero)
command = lambda slot: [sys.executable, "-S", "-c", (folder / "run.py").read_text(), str(folder), str(slot.due)]
service = Service("city", schedule, ledger, ProcessRunner(command, folder / "logs"), lambda slot: str(slot.due),
                  clock=Fast(), poll_s=0.02)
service.serve(lambda: (folder / "stop").exists()) if len(sys.argv) == 4 else service.drain()
"""

RUN = """
import fcntl, json, sys, time
folder, due = sys.argv[1:]
lock = open(folder + "/lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
began = time.time()
time.sleep(0.05)
with open(folder + "/runs.jsonl", "a") as stream:
    stream.write(json.dumps([due, began, time.time()]) + "\\n")
print(json.dumps({"verdict": "pushed"}))
"""


def test_killed_at_random_moments_the_service_accounts_for_every_due_time_once(tmp_path: Path) -> None:
    draw = random.Random(5)
    (tmp_path / "run.py").write_text(RUN)
    zero, begun = 1_800_000_000.0, time.time()
    arguments = [sys.executable, "-c", SERVICE, str(tmp_path), repr(zero), repr(begun)]
    for _ in range(8):
        # In a session of its own, so that only the service dies: its run may live on and is taken over.
        with subprocess.Popen(arguments, cwd=ROOT, start_new_session=True) as service:
            time.sleep(draw.uniform(0.3, 1.2))
            service.send_signal(signal.SIGKILL)
    subprocess.run([*arguments, "drain"], cwd=ROOT, check=True, timeout=120)
    ledger = Ledger(tmp_path / "schedule.db", 0.0)
    slots = ledger.slots()
    ledger.close()
    since, until = int(zero) // 900 + 1, slots[-1].due // 900
    assert [slot.due for slot in slots] == [900 * n for n in range(since, until + 1)]
    assert len(slots) > 10
    assert {slot.outcome for slot in slots} == {"pushed"}
    runs = [json.loads(line) for line in (tmp_path / "runs.jsonl").read_text().splitlines()]
    assert {int(due) for due, _, _ in runs} == {slot.due for slot in slots}
    # A run whose result the killed service had not entered yet may come again, none more often than it was tried.
    tried = {str(slot.due): slot.attempts for slot in slots}
    assert all(count <= tried[due] for due, count in Counter(due for due, _, _ in runs).items())
    ordered = sorted(runs, key=lambda run: run[1])
    assert all(one[2] <= other[1] for one, other in pairwise(ordered))


def test_a_run_left_by_a_killed_service_is_taken_over_and_its_result_counts(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "schedule.db", time.time())
    (due,) = ledger.ask([int(time.time())], time.time(), ASKED)
    (slot,) = ledger.slots()
    text = 'import time; time.sleep(1.5); print(\'{"verdict": "pushed", "version": "000003"}\')'
    runner = ProcessRunner(program(text), tmp_path / "logs")
    number = ledger.begin(slot, time.time(), "data")
    attempt = runner.start(slot, number)
    ledger.note_process(slot, number, attempt.process)
    # A service that knows nothing of the child but what the ledger says.
    Service("city", Schedule.model_validate(HOURLY), ledger, runner, lambda slot: "data", poll_s=0.02).drain()
    (slot,) = ledger.slots()
    assert (slot.due, slot.outcome, slot.attempts, slot.result["version"]) == (due, "pushed", 1, "000003")
    assert attempt.poll() is not None
    ledger.close()


def test_a_stopped_service_interrupts_its_run_and_starts_it_again_next_time(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "schedule.db", time.time())
    ledger.ask([int(time.time())], time.time(), ASKED)
    schedule = Schedule.model_validate(HOURLY | {"retries": {"attempts": 1}})
    began = threading.Event()
    slow = ProcessRunner(program("import time; time.sleep(60)"), tmp_path / "logs")
    service = Service("city", schedule, ledger, slow, lambda slot: "data", say=lambda line: began.set(), poll_s=0.02)
    service.serve(began.is_set)
    (slot,) = ledger.slots()
    assert (slot.state, slot.attempts, slot.stops) == ("queued", 0, 1)
    Service("city", schedule, ledger, ProcessRunner(printing("pushed"), tmp_path / "logs"), lambda slot: "data").drain()
    assert ledger.slots()[0].outcome == "pushed"
    ledger.close()


def test_the_page_tells_health_and_counts_and_answers_503_for_a_loop_that_hangs(ledger: Ledger) -> None:
    run_once(ledger, printing("pushed"))
    run_once(ledger, printing("pushed"))
    ok = [True]
    collector = Collector("city", lambda: Ledger(ledger.path, 0.0), lambda: 1_900_000_000)
    health = lambda: Health(ok[0], "city", False, False, 0, 0.5)  # noqa: E731
    with serving("127.0.0.1", 0, collector, health) as port:
        text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
        assert json.loads(urllib.request.urlopen(f"http://127.0.0.1:{port}/health").read())["ok"] is True
        ok[0] = False
        with pytest.raises(urllib.error.HTTPError, match="503"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health")
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/")
        with (
            pytest.raises(ScheduleError, match=f"cannot listen on 127.0.0.1:{port} .*set schedule.port to a free one"),
            serving("127.0.0.1", port, collector, health),
        ):
            pass
    assert 'farelite_schedule_due_times_total{outcome="pushed",pipeline="city"} 1.0' in text
    assert 'farelite_schedule_due_times_total{outcome="nothing_new",pipeline="city"} 1.0' in text
    assert 'farelite_schedule_attempts_total{pipeline="city"} 1.0' in text
    assert 'farelite_schedule_next_due_timestamp_seconds{pipeline="city"} 1.9e+09' in text


def test_in_simulated_weeks_every_due_time_has_exactly_one_outcome() -> None:
    script = [sys.executable, str(ROOT / "tests" / "proofs" / "schedule_week.py"), "--weeks", "6", "--json"]
    done = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)
    assert told["wrong"] == []
    assert told["due"] > 600
    assert told["kills"] > 300
    assert {"pushed", "nothing_new", "missed", "coalesced", "overlapped", "failed"} <= set(told["outcomes"])


def test_the_machines_clock_is_the_default() -> None:
    assert abs(Clock().now() - time.time()) < 1
