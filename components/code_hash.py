"""A fingerprint of the modules that a step runs, so that the cache notices changed code."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path


def code_hash(*packages: str) -> str:
    """Twelve hex digits of the source files and templates of modules and packages, by dotted name."""
    digest = hashlib.sha256()
    for name in sorted(packages):
        for path in _sources(name):
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _sources(name: str) -> list[Path]:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"no module {name!r} to take a fingerprint of")
    if spec.submodule_search_locations:
        return sorted(path for pattern in ("*.py", "*.j2") for path in Path(spec.origin).parent.rglob(pattern))
    return [Path(spec.origin)]
