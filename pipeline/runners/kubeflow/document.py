"""Writes a specification as the kfp client reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from data.errors import DataError
from data.writing import write_text


def write(documents: list[dict[str, Any]], path: Path) -> None:
    """Writes YAML as the kfp client reads it: one document for the specification, one for the platform.

    Raises:
        DataError: the place cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot make the folder {path.parent}: {error.strerror}; give another --output") from error
    write_text(path, yaml.safe_dump_all(documents, sort_keys=True, width=120))
