"""Measurements kept as JSON lines, so that a long benchmark goes on where it ended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def earlier(path: Path | None) -> list[dict[str, Any]]:
    """What stands there; nothing where there is no file."""
    if path is None or not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


def keep(path: Path | None, one: dict[str, Any]) -> None:
    """Adds one, where a file is wanted."""
    if path:
        with path.open("a") as stream:
            stream.write(json.dumps(one) + "\n")
