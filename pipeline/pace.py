"""A bar with the time left, from how much of a step is behind."""

from __future__ import annotations

import time
from collections.abc import Callable

BAR = 20


class Pace:
    """Guesses the time left by what the work so far has taken.

    Args:
        clock: seconds that only go up.
    """

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
