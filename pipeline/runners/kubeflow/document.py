"""Writes a specification as the kfp client reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def write(documents: list[dict[str, Any]], path: Path) -> None:
    """Writes YAML as the kfp client reads it: one document for the specification, one for the platform."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.part")
    aside.write_text(yaml.safe_dump_all(documents, sort_keys=True, width=120))
    aside.replace(path)
