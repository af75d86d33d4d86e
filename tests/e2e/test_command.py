"""A command in a copy of a process ends and speaks as one that was started."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.e2e.command import FARELITE, farelite

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--version",), 0),
        (("runs", "--json"), 2),
        (("run", "--config", "absent.yaml"), 2),
        (("run", "--set", "data.source=Fahrgäste.csv"), 2),
    ],
)
def test_exit_code_and_both_streams_are_those_of_a_process_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: int
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    copied = farelite(*words, cwd=tmp_path)
    started = subprocess.run([FARELITE, *words], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (copied.returncode, copied.stdout, copied.stderr) == (started.returncode, started.stdout, started.stderr)
    assert copied.returncode == code
