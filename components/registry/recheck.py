"""A published version examined anew: its files against the checksums, then its test vectors through the interpreter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.device import runtime
from components.device.runtime import Columns, Engine
from components.registry import soundness
from components.registry.store import Store
from components.task import KINDS, NUMBER, task_of
from components.task.task import Task

_SHOWN = 5
"""Vectors named one by one before the rest is only counted."""


@dataclass(frozen=True)
class Finding:
    """The outcome for one version.

    Attributes:
        version: six digits.
        problems: one sentence each; empty for a sound version.
        vectors: how many test vectors were run; 0 where a checksum differs, since damaged bytes can crash a runtime.
        largest_difference: between a vector's prediction and this machine's, in label units; None without vectors.
    """

    version: str
    problems: list[str]
    vectors: int
    largest_difference: float | None


@dataclass(frozen=True)
class Summary:
    """One line of the list of versions; None where the manifest does not tell.

    Attributes:
        pushed: ISO 8601, UTC.
        live, withdrawn: whether `current` names it; whether a rollback left it.
        errors: of the file on its test rows, by the brief metrics of the task.
        bytes, sha256: of the file, as pushed.
    """

    version: str
    pushed: str | None
    live: bool
    withdrawn: bool
    errors: dict[str, float | None]
    bytes: int | None
    sha256: str | None


def summaries(store: Store) -> list[Summary]:
    """Every version, ascending; damaged manifests give gaps, not errors.

    Raises:
        CorruptError: `current` or the list of withdrawn files is damaged.
    """
    live, withdrawn = store.current(), store.withdrawn()
    found = []
    for version in store.versions():
        try:
            manifest: Any = store.manifest(version)
        except soundness.CorruptError:
            manifest = {}
        digest = store.digest(version)
        found.append(
            Summary(
                version=version,
                pushed=_at(manifest, str, "run", "finished"),
                live=version == live,
                withdrawn=digest in withdrawn,
                errors={name: _at(manifest, float, "metrics", "file", name) for name in _task(manifest).brief},
                bytes=_at(manifest, int, "bytes"),
                sha256=digest,
            )
        )
    return found


def _task(manifest: Any) -> Task:
    output = _at(manifest, dict, "output")
    return task_of(output if output and output.get("kind", NUMBER) in KINDS else {})


def _at(value: Any, kind: type, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, kind) else None


def recheck(store: Store, version: str | None = None) -> Finding:
    """Examines the wanted version, or the live one.

    Raises:
        StoreError: there is no such version.
        CorruptError: `current` is damaged.
    """
    version = store.resolve(version)
    problems = store.problems(version)
    if problems:
        return Finding(version, problems, 0, None)
    try:
        return _run_vectors(store, version)
    # Whoever edits a file and its checksum alike can put anything in it, and this is the place to say so.
    except (LookupError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        what = f"the test vectors cannot be run: {type(error).__name__}: {error}"
        return Finding(version, [what], 0, None)


def _run_vectors(store: Store, version: str) -> Finding:
    vectors = soundness.read_json(store.folder(version) / soundness.VECTORS)
    inputs = soundness.interface_of(store.manifest(version)).inputs
    dtypes = {one.name: one.dtype for one in inputs}
    engine = Engine(store.model(version))
    if strange := engine.strangeness(inputs):
        return Finding(version, [strange], 0, None)
    tolerance = float(vectors["tolerance"])
    rows = vectors["rows"]
    if not rows:
        return Finding(version, ["there are no test vectors"], 0, None)
    outputs = np.array([engine(_row(one["inputs"], dtypes)) for one in rows])
    told = [_numbers(one["prediction"]) for one in rows]
    differences = runtime.differences(outputs, np.array(told)).tolist()
    # Written so that a NaN fails: it compares false with everything.
    off = [(number, one) for number, one in enumerate(differences) if not one <= tolerance]
    problems = [f"test vector {n} differs by {one:.4g}, tolerance {tolerance:g}" for n, one in off[:_SHOWN]]
    if len(off) > _SHOWN:
        problems.append(f"and {len(off) - _SHOWN} of {len(differences)} test vectors more")
    return Finding(version, problems, len(differences), float(np.max(differences)))


def _numbers(prediction: Any) -> Any:
    """One number, or one for each class; null in JSON is NaN."""
    if isinstance(prediction, list):
        return [_numbers(one) for one in prediction]
    return np.nan if prediction is None else float(prediction)


def _row(inputs: dict[str, Any], dtypes: Mapping[str, str]) -> Columns:
    """`[1]` arrays; null in JSON is NaN."""
    return {
        name: np.array([np.nan if inputs[name] is None else inputs[name]], dtype=dtype)
        for name, dtype in dtypes.items()
    }
