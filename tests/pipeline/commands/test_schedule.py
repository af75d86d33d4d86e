"""`farelite schedule` as a process."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.runners.schedule.ledger import Ledger
from tests.e2e import command

Farelite = Callable[..., tuple[int, str, str]]
COMMAND = [sys.executable, "-c", "from pipeline.cli import main; main()", "schedule"]
CONFIG = """
name: tiny
data: {source: trips.csv, label: {column: fare}, numeric: [distance, seats]}
schedule: {cron: "0 * * * *", time_zone: America/Chicago, port: null, retries: {attempts: 1}}
"""


@pytest.fixture
def schedule(tmp_path: Path) -> Farelite:
    """Runs `farelite schedule` in the test's folder, which holds a configuration and no data."""
    (tmp_path / "my.yaml").write_text(CONFIG)

    def run(verb: str, *arguments: str) -> tuple[int, str, str]:
        done = command.farelite("schedule", verb, *arguments, "--config", "my.yaml", cwd=tmp_path)
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("schedule=", "my.yaml has no schedule; add for example\nschedule: {cron:"),
        ("schedule.cron=0 * *", "schedule.cron: '0 * *' has 3 fields; a cron line has five"),
        ("schedule.cron=61 * * * *", "the minute field cannot be read; minute 0-59"),
        ("schedule.time_zone=Mars/Base", "'Mars/Base' is no IANA time zone; write one such as 'America/Chicago'"),
        ("schedule.jiter_s=3", "schedule.jiter_s: no such key. Did you mean jitter_s?"),
    ],
)
def test_a_schedule_that_cannot_be_kept_ends_with_code_2(schedule: Farelite, override: str, said: str) -> None:
    code, _, error = schedule("list", "--set", override)
    assert code == 2
    assert said in error


def test_data_that_are_not_there_fail_the_run_and_the_list_says_why(schedule: Farelite) -> None:
    code, _, said = schedule("once")
    assert code == 1
    assert "no such file" in said
    code, out, _ = schedule("list", "--json")
    (slot,) = json.loads(out)["slots"]
    assert (code, slot["kind"], slot["outcome"]) == (0, "asked", "failed")
    assert "failed" in schedule("list")[1]


def test_nothing_is_due_between_two_due_times(schedule: Farelite) -> None:
    code, _, said = schedule("once", "--due")
    assert (code, "nothing is due; next 2" in said) == (0, True)


def test_pause_and_resume_are_seen_by_the_list(schedule: Farelite) -> None:
    assert schedule("pause")[1] == "paused; `farelite schedule resume` goes on\n"
    assert schedule("pause")[1] == "paused already\n"
    assert "paused: due times are skipped" in schedule("list")[1]
    assert schedule("resume")[1].startswith("resumed; next due 2")
    assert schedule("resume")[1].startswith("was not paused")


def test_backfill_queues_past_due_times_once(schedule: Farelite) -> None:
    stretch = ["2026-03-08T00:00", "2026-03-08T04:00"]  # 02:00 does not exist on this day
    code, out, said = schedule("backfill", *stretch, "--dry-run")
    assert code == 0
    assert [line[11:16] for line in out.splitlines()] == ["00:00", "01:00", "03:00", "04:00"]
    assert said == "would queue 4 of 4 due times\n"
    assert schedule("backfill", *stretch)[2] == "queued 4 of 4 due times\n"
    assert schedule("backfill", *stretch)[2] == "queued 0 of 4 due times\n"


@pytest.mark.parametrize(
    ("stretch", "said"),
    [
        (["yesterday", "2026-03-08"], "'yesterday' is no moment; write one such as 2026-11-01T00:00"),
        (["2026-03-09", "2026-03-08"], "2026-03-09 is after 2026-03-08; give the earlier moment first"),
    ],
)
def test_a_stretch_that_is_none_ends_with_code_2(schedule: Farelite, stretch: list[str], said: str) -> None:
    code, _, error = schedule("backfill", *stretch)
    assert (code, said in error) == (2, True)


def test_the_unit_and_the_crontab_line_name_the_configuration_by_its_whole_path(
    schedule: Farelite, tmp_path: Path
) -> None:
    code, out, _ = schedule("unit")
    assert code == 0
    assert f"schedule run --config {tmp_path}/my.yaml --runs-dir {tmp_path}/runs" in out
    code, out, _ = schedule("unit", "--kind", "crontab")
    assert (code, out.splitlines()[-1].startswith("0 * * * * cd ")) == (0, True)
    assert "--kind 'launchd': write systemd or crontab" in schedule("unit", "--kind", "launchd")[2]


def test_a_ledger_of_an_older_version_ends_with_code_2(schedule: Farelite, tmp_path: Path) -> None:
    schedule("list")
    import sqlite3

    connection = sqlite3.connect(tmp_path / "runs" / "tiny" / "schedule.db")
    connection.execute("PRAGMA user_version = 0")
    connection.close()
    code, _, said = schedule("list")
    assert code == 2
    assert "was written by an older farelite (ledger version 0; this one reads 1). Move it aside" in said


def test_the_service_answers_health_stops_on_sigterm_and_lets_no_second_one_in(
    schedule: Farelite, tmp_path: Path
) -> None:
    words = [*COMMAND, "run", "--config", "my.yaml", "--set", "schedule.port=9478"]
    with subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as service:
        assert service.stderr is not None
        said = service.stderr.readline()
        assert said.startswith("tiny: next due 2")
        assert said.endswith("; http://127.0.0.1:9478/health\n")
        with urllib.request.urlopen("http://127.0.0.1:9478/health") as answer:
            assert json.loads(answer.read())["ok"] is True
        code, _, error = schedule("run")
        assert code == 2
        assert "another schedule service runs for" in error
        assert "stop it first" in error
        asked = schedule("once")
        assert (asked[0], "queued; the serving process starts it next" in asked[2]) == (0, True)
        service.send_signal(signal.SIGTERM)
        assert service.wait(timeout=4) == 0, "a nap of five seconds is cut short"
    ledger = Ledger(tmp_path / "runs" / "tiny" / "schedule.db", time.time())
    assert next(slot.outcome or slot.state for slot in ledger.slots()) in ("failed", "queued")
    ledger.close()
