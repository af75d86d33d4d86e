"""Signs of life while something goes on, a spinner or a line at least every two seconds, and the time that is left."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

BAR = 20


class Pace:
    """Guesses the time left by what the work so far has taken; `clock` gives seconds that only go up."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._start = clock()

    def __call__(self, text: str, done: float, total: float) -> str:
        """One line: bar, percent, time left, and what is being done; only that where the whole is not known."""
        if total <= 0:
            return text
        share = min(1.0, done / total)
        full = round(share * BAR)
        bar = "━" * full + "─" * (BAR - full)
        return f"{bar} {share:4.0%}  {self._left(share)}  {text}"

    def in_words(self, text: str, done: float, total: float) -> str:
        """The same without a bar."""
        if total <= 0:
            return text
        share = min(1.0, done / total)
        return f"{share:.0%}, {self._left(share)}" + (f": {text}" if text else "")

    def _left(self, share: float) -> str:
        if share <= 0:
            return "time left unknown"
        seconds = round((self._clock() - self._start) * (1 - share) / share)
        return f"{seconds // 60}:{seconds % 60:02d} left"


EVERY_SECONDS, FIRST_SECONDS = 1.5, 0.8
"""Between two lines, and before the first."""


class Pulse:
    """Says what goes on until it is stopped.

    Args:
        console: to print on.
        every, first: seconds between two lines where there is no terminal, and before the first.
        clock: seconds that only go up.
    """

    def __init__(
        self,
        console: Console,
        every: float = EVERY_SECONDS,
        first: float = FIRST_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console, self._every, self._clock = console, every, clock
        self._status = console.status("", spinner="dots") if console.is_terminal else None
        self._ended, self._thread = threading.Event(), threading.Thread(target=self._beat, daemon=True)
        self._what = self._how = ""
        self._began = clock()
        self._last = self._began + first - every

    def say(self, what: str, how: str = "") -> None:
        """Something goes on now.

        Args:
            what: its name; with another one its seconds are counted anew.
            how: how far it is, which may change quickly.
        """
        if what != self._what:
            self._began = self._clock()
        self._what, self._how = what, how
        if self._status is not None:
            self._status.update(Text(f"{what}  {how}"))
            self._status.start()
        elif not self._thread.is_alive() and not self._ended.is_set():
            self._thread.start()

    def how(self, text: str, done: float, total: float) -> None:
        """How far what goes on is, as `components.progress` reports it."""
        self.say(self._what, text)

    def print(self, line: Text) -> None:
        """A line that stays, and is a sign of life itself."""
        self._console.print(line, soft_wrap=True)
        self._last = self._clock()

    def stop(self) -> None:
        """Nothing goes on any more."""
        if self._status is not None:
            self._status.stop()
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _beat(self) -> None:
        while not self._ended.wait(self._every / 10):
            if self._clock() - self._last >= self._every:
                seconds = f"{self._clock() - self._began:.0f} s"
                self.print(Text("  ".join(one for one in (self._what, seconds, self._how) if one), style="dim"))


@contextmanager
def going_on(what: str, console: Console | None = None) -> Iterator[Pulse]:
    """Signs of life on a console, or on standard error, while the block runs; of a quick one nothing is left."""
    # A descriptor of its own, since the block may send the common one elsewhere.
    with os.fdopen(os.dup(2), "w", buffering=1) as error:
        pulse = Pulse(console or Console(file=error, highlight=False))
        pulse.say(what)
        try:
            yield pulse
        finally:
            pulse.stop()
