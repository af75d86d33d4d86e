"""What a model is made from: fingerprints of the data, and the revision of the code."""

from __future__ import annotations

import hashlib
import subprocess
from importlib.metadata import version
from pathlib import Path

from components.code_hash import code_hash
from data.reader import read, resolve_source
from data.spec import Dataset

_CHUNK = 1 << 20
PACKAGES = ("pipeline", "components", "transforms", "data")


def source_files(dataset: Dataset) -> list[str]:
    """All files that a run reads, those of `split.eval_source` last.

    Raises:
        DataError: nothing there.
    """
    files = resolve_source(dataset.source)
    if dataset.split.eval_source:
        files += resolve_source(dataset.split.eval_source, "data.split.eval_source")
    return files


def check_source(dataset: Dataset) -> None:
    """Reads the first rows of every file.

    Raises:
        DataError: nothing there, empty, or a described column is missing.
    """
    for file in source_files(dataset):
        next(iter(read(dataset, file)), None)


def fingerprint(files: list[str]) -> str:
    """Sixteen hex digits of names and contents."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(Path(file).name.encode())
        with Path(file).open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()[:16]


def code_revision() -> str:
    """The git commit, marked `-changed` if files differ from it; outside git, the version and a hash of the source."""
    here = Path(__file__).resolve().parent.parent
    try:
        commit = _git(here, "rev-parse", "--short=12", "HEAD")
        changed = _git(here, "status", "--porcelain", "--", *PACKAGES)
    except (OSError, subprocess.CalledProcessError):
        return f"farelite-{version('farelite')}-{code_hash(*PACKAGES)}"
    return f"{commit}-changed-{code_hash(*PACKAGES)}" if changed else commit


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()
