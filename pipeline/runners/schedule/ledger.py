"""The ledger on disk: one row for each due time, from the moment it is due to its one final outcome.

A due time is entered in the same transaction that moves the watermark past it, and its time is the table's key. So
none is lost and none is entered twice, whenever the process is killed.
"""

import json
from collections.abc import Callable
from typing import Any

from pipeline.runners.schedule.ledger_file import LedgerFile
from pipeline.runners.schedule.policy import COALESCED, DONE, QUEUED, RUNNING, SKIPPED, Decision
from pipeline.runners.schedule.slot import ASKED, DUE, FAILED, STOPPED, VERDICTS, Slot

_SELECT = (
    "SELECT s.kind, s.due, s.state, s.outcome, s.reason, s.start_at, s.ended, s.inputs, s.result, s.told, "
    f"COUNT(a.number) FILTER (WHERE a.outcome != '{STOPPED}'), COUNT(a.number) FILTER (WHERE a.outcome = '{STOPPED}') "
    "FROM slots s LEFT JOIN attempts a ON a.kind = s.kind AND a.due = s.due "
)


class Ledger(LedgerFile):
    """The rows of one pipeline."""

    def enter(
        self,
        now: float,
        dues_after: Callable[[float], list[int]],
        decide: Callable[[list[int], bool, bool], tuple[list[Decision], bool]],
        start_at: Callable[[int], float],
    ) -> list[Decision]:
        """Enters the due times since the last call, each with what is to become of it.

        Args:
            now: Unix seconds.
            dues_after: due times later than the watermark and not later than now.
            decide: from due times, paused and busy to decisions, and whether what waits gives way to the last one.
            start_at: when a queued one may start.
        """
        with self.transaction():
            watermark = float(self._fact("watermark") or now)
            dues = dues_after(watermark)
            if not dues:
                return []
            decisions, gives_way = decide(dues, self.paused(), self.busy())
            if gives_way:
                self._give_way(decisions[-1].due, now)
            for one in decisions:
                ended = now if one.state == SKIPPED else None
                self._connection.execute(
                    "INSERT INTO slots (kind, due, state, outcome, reason, start_at, entered, ended) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (DUE, one.due, one.state, one.outcome, one.reason, start_at(one.due), now, ended),
                )
            self._set_fact("watermark", repr(float(dues[-1])))
            return decisions

    def _give_way(self, into: int, now: float) -> None:
        """What waits is skipped for a later one; what failed and waits for another attempt stays failed."""
        for slot in self.slots(QUEUED):
            if slot.kind != DUE:
                continue
            reason = f"one run makes up for it: the one due at {into}"
            if slot.attempts:
                reason = f"{reason}; before, {slot.reason}"
                self._set(slot, state=DONE, outcome=FAILED, reason=reason, ended=now)
            else:
                self.skip(slot, now, COALESCED, reason)

    def _set(self, slot: Slot, **values: object) -> None:
        """Columns of its row."""
        columns = ", ".join(f"{name} = ?" for name in values)
        self._connection.execute(
            f"UPDATE slots SET {columns} WHERE kind = ? AND due = ?", (*values.values(), *slot.key)
        )

    def ask(self, dues: list[int], now: float, kind: str) -> list[int]:
        """Queues runs on request; returns those that were queued.

        Of kind `asked`, the due time is moved on until it is free. Of kind `due`, one that was skipped, or never
        entered, is queued; one that ran, or will, stays as it is.
        """
        queued = []
        with self.transaction():
            for due in dues:
                if kind == ASKED:
                    while self._slot(ASKED, due):
                        due += 1
                old = self._slot(kind, due)
                if old and old.state != SKIPPED:
                    continue
                before = f"asked for; before, {old.outcome}: {old.reason}" if old else "asked for"
                self._connection.execute(
                    "INSERT OR REPLACE INTO slots (kind, due, state, reason, entered) VALUES (?, ?, ?, ?, ?)",
                    (kind, due, QUEUED, before, now),
                )
                queued.append(due)
        return queued

    def missing(self, dues: list[int]) -> list[int]:
        """Those that were skipped or never entered."""
        found = {due: self._slot(DUE, due) for due in dues}
        return [due for due, slot in found.items() if slot is None or slot.state == SKIPPED]

    def begin(self, slot: Slot, now: float, inputs: str) -> int:
        """Marks a slot as running and returns the number of the attempt, from 1."""
        with self.transaction():
            (last,) = self._connection.execute(
                "SELECT COALESCE(MAX(number), 0) FROM attempts WHERE kind = ? AND due = ?", slot.key
            ).fetchone()
            self._connection.execute(
                "INSERT INTO attempts (kind, due, number, began) VALUES (?, ?, ?, ?)", (*slot.key, last + 1, now)
            )
            self._set(slot, state=RUNNING, inputs=inputs)
        return int(last) + 1

    def note_process(self, slot: Slot, number: int, process: str) -> None:
        """Which process runs the attempt, so that the next service can find it."""
        self._connection.execute(
            "UPDATE attempts SET process = ? WHERE kind = ? AND due = ? AND number = ?", (process, *slot.key, number)
        )

    def last_attempt(self, slot: Slot) -> tuple[int, float, str]:
        """Number, beginning (Unix seconds) and process of the last attempt."""
        row = self._connection.execute(
            "SELECT number, began, process FROM attempts WHERE kind = ? AND due = ? ORDER BY number DESC LIMIT 1",
            slot.key,
        ).fetchone()
        return int(row[0]), float(row[1]), str(row[2])

    def end_attempt(self, slot: Slot, number: int, now: float, outcome: str, reason: str, retry_at: float) -> None:
        """The attempt ended without a final outcome; the slot waits for another."""
        with self.transaction():
            self._end_attempt(slot, number, now, outcome, reason)
            self._set(slot, state=QUEUED, reason=reason, start_at=retry_at)

    def finish(
        self,
        slot: Slot,
        number: int | None,
        now: float,
        outcome: str,
        reason: str,
        result: dict[str, Any] | None = None,
    ) -> None:
        """The slot's one final outcome, with that of its attempt."""
        with self.transaction():
            if number is not None:
                self._end_attempt(slot, number, now, outcome, reason)
            told = json.dumps(result or {})
            self._set(slot, state=DONE, outcome=outcome, reason=reason, ended=now, result=told)

    def skip(self, slot: Slot, now: float, outcome: str, reason: str) -> None:
        """A queued slot comes to nothing."""
        self._set(slot, state=SKIPPED, outcome=outcome, reason=reason, ended=now)

    def _end_attempt(self, slot: Slot, number: int, now: float, outcome: str, reason: str) -> None:
        self._connection.execute(
            "UPDATE attempts SET ended = ?, outcome = ?, reason = ? WHERE kind = ? AND due = ? AND number = ?",
            (now, outcome, reason, *slot.key, number),
        )

    def tell(self, slot: Slot, how: str) -> None:
        """What became of `on_result`."""
        self._set(slot, told=how)

    def slots(self, *states: str, limit: int = -1) -> list[Slot]:
        """Slots in these states (all states for none), earliest first; the newest `limit` of them."""
        where = f"WHERE s.state IN ({', '.join('?' * len(states))}) " if states else ""
        return self._select(where + "GROUP BY s.kind, s.due ORDER BY s.due DESC, s.kind LIMIT ?", *states, limit)[::-1]

    def slot(self, slot: Slot) -> Slot:
        """The same row as it is now."""
        found = self._slot(*slot.key)
        assert found is not None  # rows are never deleted
        return found

    def _slot(self, kind: str, due: int) -> Slot | None:
        found = self._select("WHERE s.kind = ? AND s.due = ? GROUP BY s.kind, s.due", kind, due)
        return found[0] if found else None

    def untold(self) -> list[Slot]:
        """Slots that ended and whose outcome was not given to `on_result`."""
        return self._select("WHERE s.state = ? AND s.told = '' GROUP BY s.kind, s.due ORDER BY s.due", DONE)

    def _select(self, clauses: str, *values: object) -> list[Slot]:
        rows = self._connection.execute(_SELECT + clauses, values).fetchall()
        return [_as_slot(*row) for row in rows]

    def last_inputs(self) -> tuple[str, int] | None:
        """Inputs and due time of the newest slot that came to a verdict; None before the first."""
        marks = ", ".join("?" * len(VERDICTS))
        row = self._connection.execute(
            f"SELECT inputs, due FROM slots WHERE outcome IN ({marks}) AND inputs != '' ORDER BY ended DESC LIMIT 1",
            VERDICTS,
        ).fetchone()
        return (str(row[0]), int(row[1])) if row else None

    def counts(self) -> dict[tuple[str, str], int]:
        """Number of slots by state and outcome."""
        rows = self._connection.execute("SELECT state, outcome, COUNT(*) FROM slots GROUP BY state, outcome").fetchall()
        return {(str(state), str(outcome)): int(count) for state, outcome, count in rows}

    def attempts(self) -> int:
        """Number of attempts so far."""
        return int(self._connection.execute("SELECT COUNT(*) FROM attempts").fetchone()[0])

    def busy(self) -> bool:
        """True while a run is under way or waits."""
        return bool(
            self._connection.execute(
                "SELECT EXISTS (SELECT 1 FROM slots WHERE state IN (?, ?))", (QUEUED, RUNNING)
            ).fetchone()[0]
        )


def _as_slot(*columns: Any) -> Slot:
    kind, due, state, outcome, reason, start_at, ended, inputs, result, told, attempts, stops = columns
    return Slot(kind, due, state, outcome, reason, start_at, ended, inputs, json.loads(result), told, attempts, stops)
