"""Every `bench-` and `prove-` verb of the Makefile at its smallest size, so that none stops running unnoticed.

A verb that trains over and over, or needs a cluster, is tried as far as its arguments, with all that it imports; what
it computes is tried on one lean run that several verbs share, or has a test file of its own beside this one.
"""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import seeds
from components.registry.store import Store
from tests.e2e import command

ROOT = Path(__file__).parents[2]

SMALLEST = {
    "prove-schedule": ["--weeks", "1"],
    "prove-store": ["--kills", "2", "--pushes", "2", "--stride", "40"],
    "prove-skew": ["--splits", "1", "--skip-trips"],
    "bench-lineage": ["--sizes", "2", "--rounds", "1"],
}
"""Whole commands that take seconds."""

OF_A_VERSION = ("prove-fuzz", "prove-agreement", "bench-seeds")
"""Need a pushed version, or the result of a run."""

ARGUMENTS = (
    "bench-new-york",  # trains; needs the course's files
    "bench-lines",  # needs a second environment; .ci/run
    "bench",  # TFX's example takes a minute; tests/benchmarks/test_speed.py
    "bench-compare",  # trains twice; likewise
    "bench-boosters",  # trains; needs LightGBM and XGBoost
    "bench-dimensions",  # trains sixteen models
    "bench-transform",  # tests/benchmarks/test_transform_rows.py
    "bench-flink",  # needs Flink; tests/benchmarks/test_flink_rows.py
    "prove-flink",  # needs Flink
    "prove-sizes",  # converts a hundred networks
    "prove-reducers",  # its sweep: tests/transforms/reducers
)
"""Tried as far as their arguments."""

ELSEWHERE = {
    "bench-study": "farelite study",
    "prove-transforms": "tests/transforms",
    "bench-ingest": "benchmarks/ingest.py",
    "bench-tables": "benchmarks/tables.py",
    "bench-labels": "benchmarks/labels.py",
    "prove-rows": "tests/proofs/prove_rows.py",
    "prove-same": "tests/proofs/prove_same.py",
}
"""A command, a share of the tests, and scripts that have a file of tests of their own beside this one."""


def recipes() -> dict[str, str]:
    """By `bench` and `prove-` verb, what the Makefile runs."""
    text = (ROOT / "Makefile").read_text()
    return dict(re.findall(r"^((?:bench|prove-)[\w-]*):.*\n((?:\t.*\n)+)", text, re.MULTILINE))


def script(verb: str) -> Path:
    (path,) = re.findall(r"(?:benchmarks|tests/proofs)/\w+\.py", recipes()[verb])
    return ROOT / str(path)


def run(verb: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return command.script(script(verb), *arguments, cwd=ROOT)


def test_every_verb_of_the_makefile_is_smoked_here() -> None:
    assert sorted(recipes()) == sorted([*SMALLEST, *OF_A_VERSION, *ARGUMENTS, *ELSEWHERE])
    for verb, what in ELSEWHERE.items():
        assert what in recipes()[verb]


@pytest.mark.parametrize("verb", SMALLEST)
def test_the_smallest_size_runs(verb: str) -> None:
    done = run(verb, *SMALLEST[verb])
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.strip()


@pytest.mark.parametrize("verb", ARGUMENTS)
def test_arguments_are_understood(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if verb == "bench-boosters":
        pytest.importorskip("lightgbm")
        pytest.importorskip("xgboost", reason="make bench-boosters installs XGBoost")
    path = script(verb)
    monkeypatch.setattr(sys, "argv", [str(path), "--help"])
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(path), run_name="__main__")
    assert ended.value.code == 0
    assert f"usage: {path.name}" in capsys.readouterr().out


def test_mutated_versions_of_a_tiny_model_are_refused(tmp_path: Path, publish_tiny: Any) -> None:
    publish_tiny(Store(tmp_path / "tiny" / "models"))
    done = run("prove-fuzz", "--count", "20", "--runs-dir", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert done.stdout.startswith(
        "20 mutated versions (seed 0); `verify` accepted 0, failed to answer on 0, crashed on 0"
    )


def test_a_run_of_one_seed_is_a_row(lean_run: tuple[Path, dict[str, Any]]) -> None:
    _, result = lean_run
    assert result["verdict"] == "pushed"
    cells = seeds.row("0", result["verdict"], seeds.figures(result))
    assert cells[:3] == ["0", "pushed", f"{result['metrics']['metrics']['file']['rmse']:.3f}"]


def test_the_runtimes_agree_on_a_few_rows_of_a_run(lean_run: tuple[Path, dict[str, Any]]) -> None:
    done = run("prove-agreement", "--rows", "5", "--runs-dir", str(lean_run[0]))
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert "| ai_edge_litert, XNNPACK | 5 | 0 | 0 | 0 | 0 |" in done.stdout
