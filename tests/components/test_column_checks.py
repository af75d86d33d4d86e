"""Columns that tell the label or nothing: what is found, on which rows, and in which words."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from components.column_checks import check_columns, correlations
from components.trip_example_gen import column_sample
from components.trip_example_gen.column_sample import ColumnSample
from data.remarks import Oddities
from data.rows import Rejects, Rows

CHANCE = np.random.default_rng(3)
FARE = CHANCE.gamma(2, 5, 400) + 2.5


def found(column: Any) -> dict[str, float]:
    return correlations({"fare": FARE, "other": np.asarray(column, dtype=np.float64)}, "fare")


@pytest.mark.parametrize(
    ("column", "value"),
    [(FARE, 1.0), (100 * FARE, 1.0), (7 - 2 * FARE, -1.0), (np.round(FARE, 1), 1.0), (np.exp(FARE / 5), 1.0)],
)
def test_a_copy_another_unit_a_rounding_or_a_rising_change_tells_the_label(column: Any, value: float) -> None:
    assert found(column)["other"] == pytest.approx(value, abs=1e-3)


def test_a_column_that_is_often_missing_but_equal_where_it_is_known_tells_it_too() -> None:
    assert found(np.where(np.arange(400) % 3, np.nan, FARE))["other"] == pytest.approx(1.0)


def test_a_good_predictor_one_row_far_off_a_constant_and_a_few_rows_do_not() -> None:
    noise = CHANCE.normal(0, 1, 400)
    assert found(FARE + noise) == {}
    far = np.append(noise[:-1], 1e9)
    assert correlations({"fare": np.append(FARE[:-1], 1e9), "other": far}, "fare") == {}
    assert found(np.full(400, 3.0)) == {}
    assert correlations({"fare": FARE[:9], "other": FARE[:9]}, "fare") == {}


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


EXPECTED = {"constant": {"country": "US", "year": "2013"}, "missing": ["tolls", "remark"]}


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
    warnings = check_columns({"columns": sample.findings("fare")})
    assert [one.split(":")[0] for one in warnings] == [
        "cents tells the label",
        "text tells the label",
        "country has the same value in every training row, US",
        "year has the same value in every training row, 2013",
        "tolls is missing in every training row",
        "remark is missing in every training row",
    ]
    assert "its correlation with fare is 1.0000 on the training rows" in warnings[0]


def test_a_summary_of_an_older_ingestion_warns_of_nothing() -> None:
    assert check_columns({"read": 1}) == []
