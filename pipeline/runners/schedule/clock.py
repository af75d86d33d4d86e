"""Time, so that tests can put another in its place."""

from __future__ import annotations

import time


class Clock:
    """The machine's."""

    def now(self) -> float:
        """Unix seconds; may jump."""
        return time.time()

    def steady(self) -> float:
        """Seconds that never jump, from an arbitrary moment on."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Lets time pass."""
        time.sleep(seconds)
