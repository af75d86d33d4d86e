from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.runners.schedule.slot import ScheduleError
from pipeline.runners.schedule.units import Place, crontab_line, systemd_unit
from pipeline.settings.schedule import Schedule

PLACE = Place(
    "chicago",
    Path("/opt/farelite/.venv/bin/farelite"),
    Path("/srv/fares"),
    ("--config", "/srv/fares/100% my city.yaml", "--runs-dir", "/srv/fares/runs"),
    "fares",
)


def test_the_unit_starts_the_service_and_does_not_repeat_a_bad_configuration() -> None:
    lines = systemd_unit(PLACE).splitlines()
    assert (
        'ExecStart=/opt/farelite/.venv/bin/farelite schedule run --config "/srv/fares/100%% my city.yaml" '
        "--runs-dir /srv/fares/runs"
    ) in lines
    assert "User=fares" in lines
    assert "RestartPreventExitStatus=2" in lines


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here to check the unit")
def test_systemd_itself_finds_nothing_wrong(tmp_path: Path) -> None:
    program = tmp_path / "farelite"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "farelite-chicago.service"
    unit.write_text(systemd_unit(Place("chicago", program, tmp_path, ("--runs-dir", "/a b"), "root")))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_crontab_line_wakes_at_the_due_times_and_escapes_percent_signs() -> None:
    text = crontab_line(PLACE, Schedule(cron="15 6 * * 1-5", time_zone="America/Chicago"))
    zone, line = text.splitlines()[-2:]
    assert zone == "CRON_TZ=America/Chicago"
    assert line == (
        "15 6 * * 1-5 cd /srv/fares && /opt/farelite/.venv/bin/farelite schedule once --due "
        "--config '/srv/fares/100\\% my city.yaml' --runs-dir /srv/fares/runs"
    )


def test_what_crontab_does_not_know_is_refused() -> None:
    with pytest.raises(ScheduleError, match="'0 0 L \\* \\*' uses L or #, which crontab does not know"):
        crontab_line(PLACE, Schedule(cron="0 0 L * *"))
