"""Workers of a real Flink cluster that are not like this side: each is named before the first step, with the remedy.

Needs Java, Maven and PyPI: `make test-flink`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.flink import MARKS, ROOT, cluster, run

pytestmark = MARKS

ON_FLINK = "beam.runner=flink"


def environment(folder: Path, python: str, *packages: str) -> Path:
    """A Python with these packages from PyPI and nothing else."""
    uv = subprocess.run(["sh", "tools/uv.sh"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
    venv = [uv, "venv", "-q", "--python", python, str(folder)]
    made = subprocess.run(venv, cwd=ROOT, capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no Python {python}: {made.stderr}")
    found = folder / "bin" / "python"
    subprocess.run([uv, "pip", "install", "-q", "--python", str(found), *packages], cwd=ROOT, check=True)
    return found


def refused(python: Path, runs: Path) -> str:
    """What a run says of workers with this Python."""
    with cluster("--task-managers", "1", "--python", str(python)):
        code, _, said = run(runs, ON_FLINK)
    assert code == 2, said
    assert list(runs.glob("*/artifacts/*/")) == []
    return said


@pytest.mark.parametrize(
    ("python", "beam", "words"),
    [
        ("3.11", "2.62.0", "a worker's Python is another than here"),
        (sys.executable, "2.61.0", "has apache-beam 2.61.0, not 2.62.0"),
    ],
)
def test_another_python_or_another_beam_is_named(tmp_path: Path, python: str, beam: str, words: str) -> None:
    there = environment(tmp_path / "workers", python, f"apache-beam=={beam}", "setuptools<80")
    said = refused(there, tmp_path / "runs")
    assert words in said


def test_workers_that_lack_a_package_and_farelite_are_named(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "workers")], check=True)
    (packages,) = (tmp_path / "workers").glob("lib/python*/site-packages")
    (locked,) = Path(sys.prefix).glob("lib/python*/site-packages")
    for path in locked.iterdir():
        if not path.name.startswith(("tensorflow_transform", "__editable__")):
            (packages / path.name).symlink_to(path)
    said = refused(tmp_path / "workers" / "bin" / "python", tmp_path / "runs")
    assert "lacks tensorflow-transform" in said
    assert "farelite's code none (No module named 'components')" in said


def test_an_artifact_root_that_workers_do_not_see_is_named(tmp_path: Path) -> None:
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode:
        pytest.skip("hiding a folder from the workers needs the right to mount")
    runs = tmp_path / "runs"
    runs.mkdir()
    python = tmp_path / "python"
    hide = f'mount -t tmpfs none "$0" && exec "{sys.executable}" "$@"'
    python.write_text(f"#!/bin/sh\nexec unshare --mount sh -c '{hide}' '{runs}' \"$@\"\n")
    python.chmod(0o755)
    said = refused(python, runs)
    assert f"does not see {runs}" in said
    assert "Put --runs-dir on storage that is mounted at the same path here and on every worker" in said
