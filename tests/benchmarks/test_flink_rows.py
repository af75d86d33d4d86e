"""The benchmark of the data steps by rows: what it tells of processes, and of fixed cost and slope."""

import importlib.util
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import psutil
import pytest

from data.loading import load
from pipeline.config import load as load_config

FOLDER = Path(__file__).parents[2] / "benchmarks"
BUSY = """
import time
data = bytearray(150 << 20)
began = time.process_time()
while time.process_time() - began < 1.5:
    pass
"""


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    sys.path.insert(0, str(FOLDER))  # it imports its neighbours
    try:
        spec = importlib.util.spec_from_file_location("flink_rows", FOLDER / "flink_rows.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(FOLDER))
    return module


def test_cpu_time_and_peak_memory_of_a_process_are_seen(benchmark: ModuleType) -> None:
    began = time.time()
    child = subprocess.Popen([sys.executable, "-c", BUSY])
    process = psutil.Process(child.pid)
    usage = benchmark.Usage(lambda: [("busy", process)])
    usage.start()
    child.wait()
    usage.end()
    assert 150 < usage.peak_mib["busy"] < 250
    assert 0.8 < usage.cpu_between(began, time.time()) < 2.5


def run(place: str, rows: int, seconds: float) -> dict[str, object]:
    steps = {"Transform": {"seconds": 0.4 * seconds, "cpu_s": seconds}, "rest": {"seconds": 0.6 * seconds, "cpu_s": 0}}
    shuffled = {"bytes": 350 * rows} if place.startswith("Flink") else {}
    return {"place": place, "rows": rows, "steps": steps, "shuffled": shuffled, "peak_mib": {"main process": 1000.0}}


def test_a_straight_line_gives_its_own_slope_and_fixed_part(benchmark: ModuleType) -> None:
    runs = [run("in process", rows, 7 + 2e-5 * rows) for rows in (10**6, 4 * 10**6, 16 * 10**6)]
    slope, fixed = benchmark.line(runs, "seconds")
    assert (slope, fixed) == pytest.approx((2e-5, 7))


def test_the_report_has_a_line_a_measurement_and_one_a_place(
    benchmark: ModuleType, capsys: pytest.CaptureFixture
) -> None:
    places = ("in process", "Flink, 1 TaskManager")
    benchmark.report([run(place, rows, 10 + 1e-5 * rows) for rows in (1_000_000, 4_000_000) for place in places])
    told = capsys.readouterr().out
    assert "| in process | 4,000,000 | 50 | 80,000 | 50 | 1.00 |  | 1,000 |  |  |" in told
    assert "| Flink, 1 TaskManager | 4,000,000 | 50 | 80,000 | 50 | 1.00 | 350 | 1,000 |  |  |" in told
    assert "| in process | 10 | 10.0 | 10.0 |" in told


def test_rows_come_in_several_files_and_a_fiftieth_is_for_evaluation(
    benchmark: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benchmark, "FILE_ROWS", 2000)
    made = benchmark.make_files(load_config().data, tmp_path / "trips", 5000)
    assert sorted(path.name for path in (tmp_path / "trips").iterdir()) == [f"trips-{n:03d}.csv" for n in range(3)]
    found = load(made)
    assert found.read == 5000
    assert made.split.test_fraction == 0.02
