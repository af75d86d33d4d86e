"""The proof that no row is lost, on a few files; and that it would notice a lost one."""

import random
from dataclasses import replace

from tests.proofs import prove_rows


def test_mutated_files_lose_no_line(capsys):
    assert prove_rows.main(["--files", "60", "--seed", "3"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("60 files, ")
    assert told[-1] == "lost 0 / doubled 0 / crashed 0"


def test_a_reader_that_swallows_lines_is_noticed(tmp_path, monkeypatch):
    read_table = prove_rows.read_table

    def forgetful(*arguments):
        for batch in read_table(*arguments):
            yield replace(batch, lines=batch.lines[1:], columns=batch.columns[1:])

    monkeypatch.setattr(prove_rows, "read_table", forgetful)
    store = prove_rows.publish(tmp_path)
    found = [prove_rows.examine(random.Random(str(n)), tmp_path, store, n) for n in range(12)]
    assert sum(one["lost"] for one in found) > 2
