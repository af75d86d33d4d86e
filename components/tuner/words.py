"""A search in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def judged_by(found: Mapping[str, Any]) -> str:
    """The rows of `tuning.json` that its trials were measured on."""
    rows = f"{found['rows']:,} rows of train and validation"
    return f"{rows} in {found['folds']} folds" if found["folds"] > 1 else f"{rows} that they have not learned from"
