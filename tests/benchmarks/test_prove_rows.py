"""The proof that no row is lost, on a few files; and that it would notice a lost one."""

import importlib.util
import random
from dataclasses import replace
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "prove_rows.py"


@pytest.fixture(scope="module")
def verify_file():
    spec = importlib.util.spec_from_file_location("prove_rows", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_mutated_files_lose_no_line(verify_file, capsys):
    assert verify_file.main(["--files", "60", "--seed", "3"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("60 files, ")
    assert told[-1] == "lost 0 / doubled 0 / crashed 0"


def test_a_reader_that_swallows_lines_is_noticed(verify_file, tmp_path, monkeypatch):
    read_table = verify_file.read_table

    def forgetful(*arguments):
        for batch in read_table(*arguments):
            yield replace(batch, lines=batch.lines[1:], columns=batch.columns[1:])

    monkeypatch.setattr(verify_file, "read_table", forgetful)
    store = verify_file.publish(tmp_path)
    found = [verify_file.examine(random.Random(str(n)), tmp_path, store, n) for n in range(12)]
    assert sum(one["lost"] for one in found) > 2
