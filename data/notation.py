"""How a table writes its values as texts: what stands for a missing one, and for the decimal point."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

MISSING = ("NA", "N/A", "n/a", "#N/A", "<NA>", "NULL", "Null", "null", "NaN", "nan", "NaT", "None", "\\N")
"""What databases and libraries write for a value that is not there. Published versions rest on it."""


class Notation(NamedTuple):
    """How values are written as texts: `Dataset.missing` and `Dataset.decimal`."""

    missing: tuple[str, ...] = MISSING
    decimal: str = "."

    @classmethod
    def of(cls, missing: Iterable[str] | None, decimal: str) -> Notation:
        """From the two settings; None stands for the usual texts."""
        return cls(MISSING if missing is None else tuple(missing), decimal)
