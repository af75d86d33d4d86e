"""Telling an interrupt from an error, however deep it is wrapped."""

from __future__ import annotations


def is_interrupt(error: BaseException | None) -> bool:
    """Whether Ctrl-C lies behind an error: one that hits Beam's in-process runner comes out as a RuntimeError."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False
