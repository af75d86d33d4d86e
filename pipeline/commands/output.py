"""What commands print for other programs."""

from __future__ import annotations

import json
import math
from typing import Any


def print_json(value: Any, indent: int | None = None) -> None:
    """On standard output, as RFC 8259 has it: it knows no NaN and no infinity, which become null."""
    print(json.dumps(_strict(value), indent=indent, allow_nan=False))


def _strict(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _strict(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
