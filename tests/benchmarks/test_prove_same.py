"""The same bytes twice: two runs in processes of their own, the second on one core and with a cache that is warm."""

import importlib.util
from pathlib import Path

import pytest

from tests.e2e.lean import LEAN, sets

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "prove_same.py"


@pytest.fixture(scope="module")
def prove_same():
    spec = importlib.util.spec_from_file_location("prove_same", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(importlib.sys.modules, "prove_same", module)  # where its dataclass looks itself up
        spec.loader.exec_module(module)
        yield module


@pytest.mark.e2e
@pytest.mark.timeout(900)
def test_two_runs_give_the_same_file_and_lineage_finds_no_difference(prove_same, capsys):
    prove_same.main(["--runs", "2", "--load", "0", *sets(*LEAN)])
    rows = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()[2:]]
    assert len(rows) == 2
    (_, way, _, digest, _), (_, other_way, _, other_digest, differences) = rows
    assert way != other_way
    assert digest == other_digest
    assert len(digest) == 64
    assert differences == "nothing"
