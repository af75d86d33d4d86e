"""A pipeline with made-up runs in a real SQLite store, and published versions beside it."""

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pipeline.paths import RunPaths


@pytest.fixture(scope="session")
def template(made_up: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Twelve runs of the pipeline `made-up`: ten push, one is refused, one crashes. Only to be copied."""
    story = made_up.MadeUpRuns(RunPaths(tmp_path_factory.mktemp("template") / "made-up"))
    story.add(9, "pushed")
    story.add(1, "refused")
    story.add(1, "crashed")
    story.add(1, "pushed")
    return story


@dataclass(frozen=True)
class Story:
    """A pipeline's folder with what was made up for it: run ids, and (version, sha256) of the pushes."""

    paths: RunPaths
    runs: list[str]
    pushed: list[tuple[str, str]]


@pytest.fixture
def runs(tmp_path: Path, template: Any) -> Story:
    """A copy of the twelve runs for one test, in the folder `runs`."""
    root = tmp_path / "runs" / "made-up"
    shutil.copytree(template.paths.root, root)
    with contextlib.closing(sqlite3.connect(root / "metadata.db")) as database, database:
        database.execute("update Artifact set uri = replace(uri, ?, ?)", (str(template.paths.root), str(root)))
    return Story(RunPaths(root), template.runs, template.pushed)


@pytest.fixture
def bare_version() -> Callable[..., Path]:
    """Writes `models/VERSION` with a file of the given bytes and a manifest that names run and checksum."""

    def write(paths: RunPaths, version: str, digest: str, model: bytes, run: str, **more: Any) -> Path:
        folder = paths.models / version
        folder.mkdir(parents=True)
        (folder / "model.tflite").write_bytes(model)
        told = {"version": version, "sha256": digest, "run": {"id": run}, **more}
        (folder / "model.json").write_text(json.dumps(told))
        (paths.models / "current").write_text(version)
        return folder

    return write
