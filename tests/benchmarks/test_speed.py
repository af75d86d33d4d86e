"""What `make bench` and `make bench-compare` measure and say, on commands that take no time."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
SPENDING = "import time; b = bytearray(100 << 20)\nwhile time.process_time() < 0.4: pass\nprint('done')"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Imports one of the scripts, which find each other as scripts do."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))

    def load(name: str) -> ModuleType:
        return importlib.import_module(name)

    return load


def run_of(wall: float, name: str = "Trainer") -> dict[str, Any]:
    step = {"name": name, "state": "ran", "seconds": wall / 2, "figure": "", "cpu_seconds": 1.0, "peak_bytes": 2**21}
    return {"wall_s": wall, "cpu_s": 2 * wall, "peak_mib": 100.0, "load": 0.5, "steps": [step]}


def test_a_command_is_told_by_wall_cpu_and_memory_of_itself(bench: Any) -> None:
    cost, out = bench("timed").timed([sys.executable, "-c", SPENDING])
    assert out == "done\n"
    assert 0.4 <= cost["cpu_s"] < 2
    assert cost["wall_s"] >= 0.4
    assert 100 < cost["peak_mib"] < 200


def test_a_command_that_fails_ends_the_benchmark_with_its_words(bench: Any) -> None:
    with pytest.raises(SystemExit, match=r"(?s)ended with 3:.*no disk"):
        bench("timed").timed([sys.executable, "-c", "import sys; print('no disk', file=sys.stderr); sys.exit(3)"])


@pytest.mark.skipif(sys.platform != "linux", reason="proportional set sizes are Linux's")
def test_memory_is_that_of_a_command_and_what_it_has_started_at_once(bench: Any) -> None:
    held = "import time; b = bytearray(100 << 20); time.sleep(1)"
    both = f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {held!r}]); {held}; p.wait()"
    assert 200 < bench("timed").memory_together([sys.executable, "-c", both]) < 250
    with pytest.raises(SystemExit, match="ended with 3"):
        bench("timed").memory_together([sys.executable, "-c", "import sys; sys.exit(3)"])


def test_the_exponent_of_a_power_of_the_size_is_that_power(bench: Any) -> None:
    sizes = [10, 100, 1000]
    for power in (0.0, 1.0, 1.7):
        assert bench("growth").exponent(sizes, [3 * size**power for size in sizes]) == pytest.approx(power)
    assert np.isnan(bench("growth").exponent([10], [1.0]))


def test_runs_are_told_as_shares_of_the_stock_example(bench: Any) -> None:
    kinds = {"stock example": (90.0, 100.0, 120.0), "first": (30.0, 25.0, 20.0)}
    found = [{"kind": kind, **run_of(wall)} for kind, walls in kinds.items() for wall in walls]
    told = bench("speed").report(found)
    assert "| first | 25.0 (20.0 to 30.0) | 50.0 (40.0 to 60.0) | 100 (100 to 100) | 0.250 | 0.250 |" in told
    assert "| Trainer | 12.5 (10.0 to 15.0) | 1.0 (1.0 to 1.0) | 2 (2 to 2) |" in told


def test_growth_with_versions_is_measured_and_kept_and_what_was_kept_is_drawn_with_it(tmp_path: Path) -> None:
    kept, drawn = tmp_path / "kept.jsonl", tmp_path / "growth.svg"
    known = [{"what": f"rows {size}", "kind": "rows", "size": size, **run_of(size)} for size in (1, 2)]
    known += [{"what": f"columns {size}", "kind": "columns", "size": size, **run_of(size)} for size in (1, 2)]
    kept.write_text("".join(json.dumps(one) + "\n" for one in known))
    sizes = ["--rows", "1", "2", "--columns", "1", "2", "--versions", "1", "4"]
    command = [sys.executable, "-W", "ignore", "benchmarks/speed.py", "--parts", "growth", *sizes]
    done = subprocess.run(
        [*command, "--keep", str(kept), "--figure", str(drawn)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "| rows | 1: 2.0, 2: 4.0 | 1.00 |" in done.stdout
    assert [json.loads(line)["what"] for line in kept.read_text().splitlines()][4:] == ["versions 1", "versions 4"]
    assert drawn.read_text().count('class="line') == 3


def test_two_revisions_are_told_by_their_pairs(bench: Any) -> None:
    told = bench("compare").report("main", [run_of(10), run_of(20)], [run_of(9), run_of(10)])
    assert "| wall, s | 15.0 (10.0 to 20.0) | 9.5 (9.0 to 10.0) | 0.70 (0.50 to 0.90) |" in told
    assert "| Trainer, wall, s | 7.5 (5.0 to 10.0) | 4.8 (4.5 to 5.0) | 0.70 (0.50 to 0.90) |" in told
