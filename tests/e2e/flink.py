"""A real Flink cluster for end-to-end tests, and `farelite run` beside it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import farelite
from tests.e2e.lean import sets

ROOT = Path(__file__).parents[2]
CLUSTER = ROOT / "tools" / "flink" / "cluster.py"
MARK = b"FARELITE_FLINK="

MARKS = [
    pytest.mark.e2e,
    pytest.mark.timeout(1500),
    pytest.mark.skipif(not os.environ.get("FARELITE_FLINK_TESTS"), reason="a real cluster: `make test-flink`"),
]


@contextlib.contextmanager
def cluster(*arguments: str) -> Iterator[None]:
    """A cluster for the block, and nothing left of it afterwards."""
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            pytest.skip(f"no {program}, which the cluster needs")
    subprocess.run([sys.executable, str(CLUSTER), "up", *arguments], check=True)
    try:
        yield
    finally:
        subprocess.run([sys.executable, str(CLUSTER), "down"], check=True)
    assert not ours()


def ours(word: bytes = b"") -> set[int]:
    """Processes of a cluster that this checkout's tool has started, with the word in their command line."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            started = entry.name.isdigit() and MARK + bytes(ROOT) in (entry / "environ").read_bytes()
            if started and word in (entry / "cmdline").read_bytes():
                found.add(int(entry.name))
        except OSError:
            continue
    return found


def run(runs: Path, *changes: str, force: bool = False) -> tuple[int, dict[str, Any], str]:
    """Exit code, result and what was said."""
    done = farelite("run", "--runs-dir", str(runs), "--json", *sets(*changes), *["--force"] * force)
    return done.returncode, json.loads(done.stdout) if done.stdout else {}, done.stderr
