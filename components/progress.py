"""How far a long step is, told to whoever runs it in the same process; to nobody elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Reporter = Callable[[str, float, float], None]
_reporter: ContextVar[Reporter | None] = ContextVar("reporter", default=None)


def report(text: str, done: float, total: float) -> None:
    """Says what is being done, and how much of the whole is behind, in a unit of its own; 0 of 0 where nobody knows."""
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
