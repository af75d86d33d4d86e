"""The error of everything that touches data."""

from __future__ import annotations


class DataError(ValueError):
    """The data or its description is wrong; the message says what was seen, what is allowed and what to do."""
