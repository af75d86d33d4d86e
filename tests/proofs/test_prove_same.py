"""The same bytes twice: two runs in processes of their own, the second on one core and with a cache that is warm."""

import pytest

from tests.e2e.lean import LEAN, sets
from tests.proofs import prove_same


@pytest.mark.e2e
@pytest.mark.timeout(900)
def test_two_runs_give_the_same_file_and_lineage_finds_no_difference(capsys):
    prove_same.main(["--runs", "2", "--load", "0", *sets(*LEAN)])
    rows = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()[2:]]
    assert len(rows) == 2
    (_, way, _, digest, _), (_, other_way, _, other_digest, differences) = rows
    assert way != other_way
    assert digest == other_digest
    assert len(digest) == 64
    assert differences == "nothing"
