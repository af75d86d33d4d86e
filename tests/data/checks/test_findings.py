"""Columns that tell the label or nothing: what is found, on which rows, and in which words."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from data.checks import sample as column_sample
from data.checks.findings import of_columns
from data.checks.oddities import Oddities
from data.checks.sample import ColumnSample
from data.rows import Rejects, Rows

CHANCE = np.random.default_rng(3)
FARE = CHANCE.gamma(2, 5, 400) + 2.5


def batch(rows: slice, seed: int = 0) -> Rows:
    """Rows of which nine in ten train; the tenth differs in every column, and must not count."""
    fare = FARE[rows]
    train = np.arange(len(fare)) % 10 > 0
    cents = np.where(train, fare * 100, CHANCE.normal(size=len(fare)))
    columns = {
        "fare": pa.array(fare, pa.float32()),
        "cents": pa.array(cents, pa.float32()),
        "text": pa.array([f"{one:.6f}".encode() for one in fare], pa.binary()),
        "company": pa.array([b"Blue" if one > 9 else b"Red" for one in fare], pa.binary()),
        "country": pa.array([b"US" if one else b"FR" for one in train], pa.binary()),
        "year": pa.array(np.where(train, 2013, 2014), pa.int64()),
        "tolls": pa.array(np.where(train, np.nan, 1.0), pa.float32()),
        "remark": pa.array([b"" if one else b"x" for one in train], pa.binary()),
    }
    hashes = np.random.default_rng(seed).integers(0, 2**63, len(fare)).astype(np.uint64)
    return Rows(columns, np.where(train, 0, 2).astype(np.int8), hashes, Rejects([], [], []), Oddities())


EXPECTED = {"constant": {"country": "US", "year": "2013"}, "missing": ["tolls", "remark"], "rows": 50}


def test_only_training_rows_count_however_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(column_sample, "ROWS", 50)
    parts = [ColumnSample() for _ in range(4)]
    for number, part in enumerate(parts):
        part.add(batch(slice(100 * number, 100 * number + 50), number))
        part.add(batch(slice(100 * number + 50, 100 * number + 100), number + 10))
    joined = ColumnSample()
    for part in reversed(parts):
        joined.merge(ColumnSample.from_json(json.loads(json.dumps(part.to_json()))))
    told = joined.findings("fare")
    assert {name: told[name] for name in EXPECTED} == EXPECTED
    assert told["telling"] == pytest.approx({"cents": 1.0, "text": 1.0}, abs=1e-4)
    assert len(joined.to_json()["hashes"]) == 50


def test_each_finding_becomes_a_sentence_with_column_and_value() -> None:
    sample = ColumnSample()
    sample.add(batch(slice(None)))
    found = of_columns(sample.findings("fare"), ["text"])
    assert [one.split(":")[0] for one in found.reasons] == ["cents tells the label"]
    assert "its correlation with fare is 1.0000, above 0.999, on 360 rows. Is cents known" in found.reasons[0]
    assert found.reasons[0].endswith("If so, say data_gate.allow_leaks: [cents]")
    assert [one.split(":")[0] for one in found.warnings] == [
        "text tells the label",
        "country has the same value in every training row, US",
        "year has the same value in every training row, 2013",
        "tolls is missing in every training row",
        "remark is missing in every training row",
    ]
    assert found.warnings[0].endswith("on 360 rows; data_gate.allow_leaks lets it pass")


def of(**columns: Any) -> dict[str, Any]:
    """What a sample of training rows finds; each column is given as it is stored."""
    rows = len(columns["fare"])
    arrays = {name: one if isinstance(one, pa.Array) else pa.array(one, pa.float32()) for name, one in columns.items()}
    split, hashes = np.zeros(rows, np.int8), np.arange(rows).astype(np.uint64)
    sample = ColumnSample()
    sample.add(Rows(arrays, split, hashes, Rejects([], [], []), Oddities()))
    return sample.findings("fare", "at")


def test_a_label_of_one_value_stops_the_run() -> None:
    (reason,) = of_columns(of(fare=np.full(40, 7.0), km=CHANCE.normal(size=40)), []).reasons
    assert reason.startswith("the label fare is 7 in every training row, so there is nothing to predict")


def test_whole_numbers_of_which_each_row_has_another_are_an_id_and_other_numbers_are_not() -> None:
    number = CHANCE.permutation(400) + 17
    twice = np.append(number[:-1], number[0])
    found = of(fare=FARE, number=number, twice=twice, half=number / 2, beyond=number + 2.0**24, few=FARE.round())
    assert found["numbered"] == {"number": [17, 416]}
    assert of(fare=FARE[:99], number=number[:99])["numbered"] == {}
    (warning,) = of_columns(found, ["half"]).warnings
    assert warning.startswith("number: another whole number, 17 to 416, in each of 400 training rows: if it is an id")


def test_a_text_that_is_a_code_for_the_label_tells_it_and_the_time_may() -> None:
    paid = np.arange(400) % 3
    code = pa.array([(b"no", b"yes", b"later")[one] for one in (paid + 1) % 3], pa.binary())
    zone = pa.array([b"north" if one > 0.5 else b"" for one in CHANCE.random(400)], pa.binary())
    found = of(fare=paid, code=code, zone=zone, at=pa.array(paid * 3600, pa.int64()))
    assert list(found["telling"]) == ["code"]
