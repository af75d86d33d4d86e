"""The benchmark of ingestion, on a few rows: its trips are the same every time, and none of them is lost."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from data.loading import load
from pipeline.config import load as load_config
from tests.e2e import command

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "ingest.py"


@pytest.fixture(scope="module")
def ingest():
    spec = importlib.util.spec_from_file_location("ingest", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_seed_makes_the_same_trips_again_and_another_seed_others(ingest, tmp_path):
    dataset = load_config().data
    for name, seed in (("one", 0), ("again", 0), ("other", 1)):
        ingest.make_trips(dataset, tmp_path / name, 2000, seed)
    one, again, other = ((tmp_path / name).read_bytes() for name in ("one", "again", "other"))
    assert one == again
    assert one != other


def test_more_rows_than_there_are_trips_repeat_them_with_jitter(ingest, tmp_path):
    described = ingest.make_trips(load_config().data, tmp_path / "trips.csv", 20_000, 0)
    found = load(described)
    assert found.read == 20_000
    assert found.table.num_rows + found.reasons.total() == 20_000
    assert found.table.num_rows > 19_000
    assert found.repeats.share() < 0.001


def test_both_readers_are_measured_each_in_a_process_and_told_in_a_table(ingest, monkeypatch, capsys):
    measured = []

    def in_a_process(*words):
        done = command.script(SCRIPT, *words)
        assert done.returncode == 0, done.stderr
        measured.append({"reader": words[1], **json.loads(done.stdout.splitlines()[-1])})
        return measured[-1]

    monkeypatch.setattr(ingest, "in_a_process", in_a_process)
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), "--rows", "400", "800", "--rounds", "1"])
    ingest.main()
    assert [one["reader"] for one in measured] == [ingest.STOCK, ingest.OURS, ingest.OURS]
    for told in measured:
        assert told["seconds"] > 0
        assert told["peak_mib"] > 100
    stock, ours, more = capsys.readouterr().out.splitlines()[2:]
    assert stock.startswith(f"| {ingest.STOCK} | 400 | ")
    assert stock.endswith(" | 1.0 |")
    assert ours.startswith(f"| {ingest.OURS} | 400 | ")
    assert ours.endswith(f" | {measured[0]['seconds'] / measured[1]['seconds']:.1f} |")
    assert more.startswith(f"| {ingest.OURS} | 800 | ")
    assert more.endswith(" |  |")


def test_a_measurement_elsewhere_is_what_the_script_prints_last_with_its_words_and_some_more(
    ingest, tmp_path, monkeypatch
):
    path = tmp_path / "told.py"
    path.write_text("import json, sys\nprint('at work')\nprint(json.dumps({'words': sys.argv[1:]}))\n")
    monkeypatch.setattr(sys, "argv", [str(path), "--config", "a.yaml"])
    assert ingest.in_a_process("--measure", "b") == {"words": ["--config", "a.yaml", "--measure", "b"]}
