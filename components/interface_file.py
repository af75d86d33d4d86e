"""What the Trainer tells of a SavedModel's inputs and output, in a file beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from components.files import INTERFACE_FILE
from data.vocabulary import Interface

EXTRA = "assets.extra"
"""Folder of a SavedModel for what TensorFlow does not read."""


def write(saved_model: str | Path, told: Interface) -> None:
    """Beside a SavedModel."""
    path = _file(saved_model)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(told.model_dump_json(indent=1))


def read(saved_model: str | Path) -> Interface:
    """What was written.

    Raises:
        FileNotFoundError: nothing is beside it.
    """
    return Interface.model_validate_json(_file(saved_model).read_text())


def columns(saved_model: str | Path) -> dict[str, str]:
    """Source column by input, in the order of the manifest; none where nothing beside the SavedModel tells.

    Also of models of earlier versions, whose inputs told less than `Interface` asks for.
    """
    path = _file(saved_model)
    told = json.loads(path.read_text())["inputs"] if path.exists() else []
    return {one["name"]: one.get("source_column", one["name"]) for one in told}


def output(saved_model: str | Path) -> dict[str, Any]:
    """What was told of the output, which may be less than `Interface` asks for, as in `columns`."""
    path = _file(saved_model)
    told: dict[str, Any] = json.loads(path.read_text())["output"] if path.exists() else {}
    return told


def _file(saved_model: str | Path) -> Path:
    return Path(saved_model) / EXTRA / INTERFACE_FILE
