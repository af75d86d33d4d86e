"""Tables of the schedule for the terminal, on standard output."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from pipeline.runners.schedule.slot import Slot
from pipeline.settings.calendar import told
from pipeline.terminal import plain_table

_STYLES = {
    "pushed": "green",
    "unchanged": "green",
    "nothing_new": "green",
    "refused": "red",
    "stopped": "red",
    "failed": "red",
    "timed_out": "red",
}


def show_slots(slots: Sequence[Slot], following: Sequence[int], paused: bool, time_zone: str) -> None:
    """One line a due time, the newest last, and the next ones."""
    table = plain_table(("due", "outcome", "attempts", "version", "reason"), right=("attempts",))
    for slot in slots:
        outcome = slot.outcome or slot.state
        due = told(slot.due, time_zone) + (" (asked for)" if slot.kind == "asked" else "")
        version = str(slot.result.get("version") or "")
        table.add_row(
            due,
            Text(outcome.replace("_", " "), _STYLES.get(outcome, "")),
            str(slot.attempts),
            version,
            Text(slot.reason),
        )
    console = Console(highlight=False)
    console.print(table if slots else "no due time has come yet; `farelite schedule run` serves the schedule")
    if paused:
        console.print("[yellow]paused[/]: due times are skipped; `farelite schedule resume` goes on")
    console.print("next: " + ", ".join(told(due, time_zone) for due in following), style="dim")
