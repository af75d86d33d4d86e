"""The same bytes twice: from runs in processes of their own, the second on one core.

That a warm cache changes nothing either, tests/e2e/test_local_run.py says.
"""

from pathlib import Path
from typing import Any

import pytest

from components.registry.store import Store
from tests.e2e.lean import LEAN, sets
from tests.proofs import prove_same


@pytest.mark.e2e
@pytest.mark.timeout(900)
def test_two_runs_give_the_same_file_and_lineage_finds_no_difference(
    lean_run: tuple[Path, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    runs, told = lean_run
    first = str(Store(runs / "chicago" / "models").folder(told["version"]))
    prove_same.main(["--runs", "2", "--load", "0", "--first", first, "--ways", "0", "3", *sets(*LEAN)])
    rows = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()[2:]]
    assert len(rows) == 2
    (_, way, _, digest, _), (_, other_way, _, other_digest, differences) = rows
    assert (way, other_way) == ("all cores, cold, in_process", "1 core, cold, in_process")
    assert digest == other_digest
    assert len(digest) == 64
    assert differences == "nothing"
