"""The service: enters due times, starts one run at a time, and sees each to its one outcome."""

import time
from collections.abc import Callable

from pipeline.runners.schedule.attempts import Attempt, Ending, ProcessRunner
from pipeline.runners.schedule.ledger import Ledger
from pipeline.runners.schedule.policy import OVERLAPPED, QUEUED, RUNNING, Decision, decide
from pipeline.runners.schedule.slot import DUE, FAILED, NOTHING_NEW, STOPPED, TIMED_OUT, VERDICTS, Slot
from pipeline.settings import calendar
from pipeline.settings.schedule import Schedule

GRACE_S = 30.0
"""So long a run may take to end itself when it is interrupted."""
SLICE_S = 0.2
"""A signal is heeded after so long at most: Python goes on sleeping behind its handler."""


class Clock:
    """The machine's."""

    def now(self) -> float:
        """Unix seconds; may jump."""
        return time.time()

    def steady(self) -> float:
        """Seconds that never jump, from an arbitrary moment on."""
        return time.monotonic()

    def sleep(self, seconds: float, stopping: Callable[[], bool]) -> None:
        """Lets time pass, no more of it once it is time to stop."""
        ends = self.steady() + seconds
        while not stopping() and (left := ends - self.steady()) > 0:
            time.sleep(min(left, SLICE_S))


class Service:
    """The loop.

    Args:
        name: of the pipeline.
        schedule: the policies.
        ledger: on disk.
        runner: starts runs.
        inputs: fingerprint of data and configuration as they are now; what it raises is a failed attempt.
        stands: whether the last run would come to the same once more, with the inputs that it had.
        elsewhere: True while a run that is not ours holds the folder.
        tell: gives an outcome to `on_result` and returns what became of it.
        say: a line for the log.
        clock: time.
        poll_s, idle_s: longest sleep while a run is under way, and while none is.
    """

    def __init__(
        self,
        name: str,
        schedule: Schedule,
        ledger: Ledger,
        runner: ProcessRunner,
        inputs: Callable[[Slot], str],
        stands: Callable[[Slot], bool] = lambda slot: True,
        elsewhere: Callable[[], bool] = lambda: False,
        tell: Callable[[Slot], str] = lambda slot: "-",
        say: Callable[[str], None] = lambda line: None,
        clock: Clock | None = None,
        poll_s: float = 0.5,
        idle_s: float = 5.0,
    ) -> None:
        self._name, self._schedule, self._ledger, self._runner = name, schedule, ledger, runner
        self._inputs, self._stands, self._elsewhere, self._tell, self._say = inputs, stands, elsewhere, tell, say
        self._clock = clock or Clock()
        self._poll_s, self._idle_s = poll_s, idle_s
        self._current: tuple[Slot, int, Attempt] | None = None
        self._ends_at = 0.0
        self.beat = self._clock.steady()

    def serve(self, stopping: Callable[[], bool]) -> None:
        """Goes on until told to stop; a run under way is then interrupted, and its slot queued again."""
        self._recover()
        while not stopping():
            self._tick()
            self._clock.sleep(self._nap_s(), stopping)
        self._stop()

    def drain(self, stopping: Callable[[], bool] = lambda: False) -> None:
        """Enters what is due and sees it to its end, waits for further attempts included."""
        self._recover()
        while not stopping():
            self._tick()
            if self._current is None and (self._ledger.paused() or not self._ledger.slots(QUEUED)):
                return
            self._clock.sleep(self._nap_s(), stopping)
        self._stop()

    def _tick(self) -> None:
        self.beat = self._clock.steady()
        for one in self._enter():
            if one.outcome:
                self._say(f"{self._when(one.due)}  {one.outcome}: {one.reason}")
        if self._current is not None:
            self._watch(*self._current)
        if self._current is None:
            self._report()
            self._start_next()

    def _enter(self) -> list[Decision]:
        cron, zone = self._schedule.cron, self._schedule.time_zone
        now = self._clock.now()
        return self._ledger.enter(
            now,
            lambda after: calendar.due_between(cron, zone, after, now),
            lambda dues, paused, busy: decide(dues, now, self._schedule, paused, busy),
            lambda due: due + calendar.delay_s(self._name, due, self._schedule.jitter_s),
        )

    def _start_next(self) -> None:
        if self._ledger.paused():
            return
        now = self._clock.now()
        ready = [slot for slot in self._ledger.slots(QUEUED) if slot.start_at <= now]
        if not ready:
            return
        slot = ready[0]
        if slot.kind == DUE and self._schedule.overlap == "skip" and self._elsewhere():
            self._ledger.skip(slot, now, OVERLAPPED, "a run that the schedule did not start was under way")
            self._say(f"{self._when(slot.due)}  {OVERLAPPED}: a run that the schedule did not start was under way")
            return
        try:
            inputs = self._inputs(slot)
        except Exception as error:
            # Whatever keeps the data from being read, such as a file that is not there yet, may pass.
            number = self._ledger.begin(slot, now, "")
            self._conclude(slot, number, Ending(FAILED, str(error)))
            return
        seen = self._ledger.last_inputs()
        if seen and seen[0] == inputs and self._stands(slot):
            reason = f"nothing has changed since the run due {self._when(seen[1])}"
            self._ledger.finish(slot, None, now, NOTHING_NEW, reason)
            self._say(f"{self._when(slot.due)}  nothing new: {reason}")
            self._report()
            return
        number = self._ledger.begin(slot, now, inputs)
        attempt = self._runner.start(slot, number)
        self._ledger.note_process(slot, number, attempt.process)
        self._current = (slot, number, attempt)
        self._ends_at = self._clock.steady() + self._schedule.time_limit_s
        self._say(f"{self._when(slot.due)}  started, attempt {number}")

    def _watch(self, slot: Slot, number: int, attempt: Attempt) -> None:
        ending = attempt.poll()
        if ending is None and self._clock.steady() >= self._ends_at:
            attempt.stop(GRACE_S)
            ended = attempt.poll()
            limit = f"ended after schedule.time_limit_s {self._schedule.time_limit_s:g}"
            # It may have come to its verdict at the very last.
            ending = ended if ended and ended.outcome in VERDICTS else Ending(TIMED_OUT, limit)
        if ending is not None:
            self._current = None
            self._conclude(slot, number, ending)

    def _conclude(self, slot: Slot, number: int, ending: Ending) -> None:
        now, attempts = self._clock.now(), self._ledger.slot(slot).attempts
        retries = self._schedule.retries
        if ending.outcome in VERDICTS or attempts >= retries.attempts:
            self._ledger.finish(slot, number, now, ending.outcome, ending.reason, ending.result)
            what = f"{ending.outcome} {ending.result.get('version') or ''}".rstrip()
            self._say(f"{self._when(slot.due)}  {what}{': ' * bool(ending.reason)}{ending.reason}")
            self._report()
            return
        wait = retries.wait_s(attempts)
        self._ledger.end_attempt(slot, number, now, ending.outcome, ending.reason, now + wait)
        self._say(f"{self._when(slot.due)}  {ending.outcome}, again in {wait:g} s: {ending.reason}")

    def _report(self) -> None:
        for slot in self._ledger.untold():
            how = self._tell(slot)
            self._ledger.tell(slot, how)
            if how not in ("-", "ok"):
                self._say(f"{self._when(slot.due)}  on_result: {how}")

    def _recover(self) -> None:
        """Takes over what an earlier service left running; its result counts, if there is one."""
        for slot in self._ledger.slots(RUNNING):
            number, began, process = self._ledger.last_attempt(slot)
            self._current = (slot, number, self._runner.adopt(slot, number, process))
            left = began + self._schedule.time_limit_s - self._clock.now()
            self._ends_at = self._clock.steady() + min(max(left, 0.0), self._schedule.time_limit_s)

    def _stop(self) -> None:
        if self._current is None:
            return
        slot, number, attempt = self._current
        attempt.stop(GRACE_S)
        ending = attempt.poll()
        self._current = None
        if ending and ending.outcome in VERDICTS:
            self._conclude(slot, number, ending)
            return
        now = self._clock.now()
        self._ledger.end_attempt(slot, number, now, STOPPED, "the service was stopped", now)
        self._say(f"{self._when(slot.due)}  interrupted; it starts again with the service")

    def _nap_s(self) -> float:
        if self._current is not None:
            return self._poll_s
        now = self._clock.now()
        following = next(calendar.due_after(self._schedule.cron, self._schedule.time_zone, self._ledger.watermark()))
        moments = [following, *(slot.start_at for slot in self._ledger.slots(QUEUED))]
        return min(max(min(moments) - now, 0.01), self._idle_s)

    def _when(self, moment: float) -> str:
        return calendar.told(moment, self._schedule.time_zone)
