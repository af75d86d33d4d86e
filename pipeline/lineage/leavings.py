"""Files that the steps of a run have left in their artifacts, as far as they are there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.lineage.records import Artifact, NodeRun


def output(nodes: Mapping[str, NodeRun], key: str) -> Artifact | None:
    """The first artifact under an output key, of whichever step has one."""
    return next((group[0] for node in nodes.values() for name, group in node.outputs.items() if name == key), None)


def left(nodes: Mapping[str, NodeRun], key: str, name: str = "") -> Path | None:
    """A file, or without a name the folder, of an artifact; None where it is not, or not any more."""
    artifact = output(nodes, key)
    path = Path(artifact.uri) / name if artifact else None
    return path if path is not None and path.exists() else None


def told(path: Path | None) -> Any:
    """The value in a JSON file; None without one."""
    return None if path is None else json.loads(path.read_text())
