"""`farelite explain` as a person calls it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.registry.store import Store
from pipeline.cli import main

ROW = ("pickup_lat=41.9", "pickup_lon=-87.6", "dropoff_lat=41.95", "dropoff_lon=-87.7", "start=2014-05-13 17:00")
INFLUENCE = {
    "metric": "rmse",
    "rows": 2000,
    "repeats": 3,
    "inputs": [
        {"name": "pickup", "columns": [], "file": 6.5, "float": 6.25, "file_spread": 0.5, "float_spread": 0.25},
        {"name": "start", "columns": [], "file": 0.5, "float": None, "file_spread": None, "float_spread": None},
    ],
    "rank_correlation": None,
    "largest_change": {"name": "pickup", "change": 0.25, "spread": 0.125},
    "curve_rows": 64,
    "curves": [],
}

Farelite = Callable[..., tuple[int, str, str]]


@pytest.fixture
def farelite(
    tmp_path: Path, publish_tiny: Callable[..., str], capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> Farelite:
    publish_tiny(Store(tmp_path / "runs" / "tiny" / "models"), influence=INFLUENCE)
    publish_tiny(Store(tmp_path / "runs" / "old" / "models"))
    odd = json.loads(json.dumps({**INFLUENCE, "repeats": 1}).replace("pickup", "\\u001b[31m|"))
    publish_tiny(Store(tmp_path / "runs" / "odd" / "models"), influence=odd)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, pipeline: str = "tiny") -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ending:
            main(["explain", "--pipeline", pipeline, *arguments])
        said = capsys.readouterr()
        return int(ending.value.code or 0), said.out, said.err

    return run


def test_without_a_row_the_importances_of_file_and_float_model_are_told(farelite: Farelite) -> None:
    code, out, _ = farelite("--markdown")
    lines = out.splitlines()
    assert code == 0
    assert lines[:4] == [
        "| input | model.tflite | float model |",
        "| --- | --- | --- |",
        "| pickup | 6.500 ± 0.500 | 6.250 ± 0.250 |",
        "| start | 0.500 | not finite |",
    ]
    assert "rise of the RMSE (usd) when an input is shuffled among 2,000 test rows" in lines[5]
    assert (
        lines[6] == "compression: rank correlation of the importances undefined; moved most: pickup, by 0.250 ± 0.125"
    )
    assert "6.500 ± 0.500" in farelite()[1]
    code, out, _ = farelite("--json")
    assert json.loads(out) == {"version": "000001", **INFLUENCE}


def test_with_a_row_its_prediction_is_taken_apart(farelite: Farelite) -> None:
    code, out, _ = farelite(*ROW, "passengers=9", "company=")
    assert code == 0
    assert "predicted fare: " in out
    assert "missing" in out
    assert out.endswith(
        "outside of what training showed:\n- passengers: outside the training range 1 to 6\n- company: missing\n"
    )
    code, out, _ = farelite(*ROW, "passengers=2", "company=Blue", "--json")
    told = json.loads(out)
    assert (code, told["flags"], told["rows"]) == (0, [], 2)
    # Both test rows have two passengers as well.
    assert {one["name"]: one["change"] for one in told["changes"]}["passengers"] == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["trips.csv"], "'trips.csv' is no NAME=VALUE; a table is given by --input FILE --row N"),
        (["a=1", "a=2"], "a is given twice"),
        (["a=1", "--input", "x.csv"], "a=1 and --input or --row name two rows; give one"),
        (["--row", "2"], "--row 2 of which table? give --input FILE"),
        (["--class", "yes"], "--class is for one row"),
        (["a=1"], "the row lacks the columns pickup_lat"),
        ([*ROW, "passengers=2", "company=Blue", "--class", "no"], "it is a number, without classes"),
        (["--version", "7"], "no version 000007"),
    ],
)
def test_bad_input_ends_with_2_and_says_what_to_do(farelite: Farelite, arguments: list[str], said: str) -> None:
    code, out, told = farelite(*arguments)
    assert (code, out) == (2, "")
    assert said in told


def test_a_version_from_before_says_that_it_was_not_measured(farelite: Farelite) -> None:
    code, _, said = farelite(pipeline="old")
    assert code == 2
    assert "version 000001 was pushed by a farelite that did not measure what it listens to" in said


def test_a_name_from_the_data_steers_neither_the_terminal_nor_the_table(farelite: Farelite) -> None:
    for words in ((), ("--markdown",)):
        _, out, _ = farelite(*words, pipeline="odd")
        assert "\x1b" not in out
        assert "moved most: \\x1b[31m|, by 0.250 ± 0.125" in out
        assert "shuffled among 2,000 test rows\n" in out
    assert "| \\x1b[31m\\| | 6.500 ± 0.500 |" in out
