"""What a model is made from: a source that can be read, and the revision of the code."""

import subprocess
from importlib.metadata import version
from pathlib import Path

from components.code_hash import code_hash
from data.files import is_remote
from data.reader import read
from data.sources import Located, locate
from data.spec import Dataset

PACKAGES = ("pipeline", "components", "transforms", "data")


def readable(dataset: Dataset) -> Located:
    """The source, after the first rows of every file on this machine were read; those elsewhere are only looked for.

    Raises:
        DataError: nothing there, empty, or a described column is missing.
    """
    located = locate(dataset)
    for file in located.all_files():
        if not is_remote(file):
            next(iter(read(dataset, file)), None)
    return located


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
