"""How far a long step is, told to whoever runs it in the same process; to nobody elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Reporter = Callable[[str, float, float], None]
_reporter: ContextVar[Reporter | None] = ContextVar("reporter", default=None)


def report(text: str, done: float, total: float) -> None:
    """Says what is being done, and how much of the whole is behind; the unit is the step's own."""
    listener = _reporter.get()
    if listener is not None:
        listener(text, done, total)


@contextmanager
def reporting(to: Reporter) -> Iterator[None]:
    """Within, reports go to `to`."""
    token = _reporter.set(to)
    try:
        yield
    finally:
        _reporter.reset(token)
