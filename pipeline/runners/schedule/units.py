"""What the system's own services need to run the schedule: a systemd unit, a crontab line."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from pipeline.runners.schedule.slot import ScheduleError
from pipeline.settings.schedule import Schedule


@dataclass(frozen=True)
class Place:
    """Where the schedule runs.

    Attributes:
        arguments: of the command line, paths absolute: `--config`, `--runs-dir`, `--set`.
    """

    name: str
    program: Path
    folder: Path
    arguments: tuple[str, ...]
    user: str


def systemd_unit(place: Place) -> str:
    """A service that systemd keeps running.

    The run that is under way gets the time that it needs to end itself, and is taken up again after the start.
    """
    command = " ".join(_quoted(word) for word in (str(place.program), "schedule", "run", *place.arguments))
    return f"""\
# /etc/systemd/system/farelite-{place.name}.service
# sudo systemctl daemon-reload && sudo systemctl enable --now farelite-{place.name}
[Unit]
Description=farelite: scheduled runs of {place.name}
After=network-online.target
Wants=network-online.target

[Service]
Type=simple
User={place.user}
WorkingDirectory={str(place.folder).replace("%", "%%")}
ExecStart={command}
Restart=on-failure
RestartSec=10
# Bad input or configuration: starting again would not help.
RestartPreventExitStatus=2
KillMode=mixed
TimeoutStopSec=90
NoNewPrivileges=true
ProtectSystem=full
PrivateTmp=true

[Install]
WantedBy=multi-user.target
"""


def crontab_line(place: Place, schedule: Schedule) -> str:
    """A line for `crontab -e`: cron wakes, the ledger decides.

    Raises:
        ScheduleError: the cron line uses what crontab does not know.
    """
    if re.search(r"[L#?W]", schedule.cron):
        raise ScheduleError(f"schedule.cron {schedule.cron!r} uses L or #, which crontab does not know; use systemd")
    command = shlex.join([str(place.program), "schedule", "once", "--due", *place.arguments])
    # To crontab a % is the end of the line.
    escaped = f"cd {shlex.quote(str(place.folder))} && {command}".replace("%", "\\%")
    return f"""\
# farelite: scheduled runs of {place.name}. Where cron does not know CRON_TZ, the times are those of the machine.
CRON_TZ={schedule.time_zone}
{schedule.cron} {escaped}
"""


def _quoted(word: str) -> str:
    """One word of ExecStart: systemd expands % and $, and splits at spaces."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if re.search(r"[\s\"'\\;]", word) or not word else escaped
