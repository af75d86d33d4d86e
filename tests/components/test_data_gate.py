"""What stops a run before anything learns."""

from __future__ import annotations

from typing import Any

import pytest
from tensorflow_metadata.proto.v0 import anomalies_pb2

from components.data_gate import DataStopped, blocking, rejected_too_many
from data.errors import DataError


def summary(read: int, rejected: int, **splits: int) -> dict[str, Any]:
    accepted = read - rejected
    return {
        "read": read,
        "accepted": accepted,
        "rejected": rejected,
        "splits": splits or {"train": accepted, "tune": accepted, "eval": accepted},
        "reasons": {"fare: missing": rejected} if rejected else {},
    }


def test_a_source_without_rows_stops() -> None:
    assert rejected_too_many(summary(0, 0), 0.05, "r.csv.gz") == ["the source holds no rows"]


def test_a_source_without_a_good_row_stops_even_where_all_may_be_rejected() -> None:
    (reason,) = rejected_too_many(summary(10, 10), 1.0, "r.csv.gz")
    assert reason == "all 10 rows were rejected: fare: missing (10); the rejects are in r.csv.gz"


@pytest.mark.parametrize(("rejected", "stops"), [(0, False), (5, False), (6, True)])
def test_the_share_of_rejects_may_reach_its_limit_but_not_pass_it(rejected: int, stops: bool) -> None:
    reasons = rejected_too_many(summary(100, rejected), 0.05, "r.csv.gz")
    assert bool(reasons) is stops
    assert not stops or "data.max_rejected_fraction 5.0%" in reasons[0]


def test_an_empty_split_stops_and_is_named() -> None:
    (reason,) = rejected_too_many(summary(10, 0, train=10, tune=0, eval=0), 0.05, "r.csv.gz")
    assert reason == "no rows in tune, eval (10 accepted in all); change data.split"


def test_only_the_three_commonest_reasons_are_told() -> None:
    counted = summary(100, 50) | {"reasons": {f"reason {n}": 50 - n for n in range(5)}}
    (reason,) = rejected_too_many(counted, 0.1, "r.csv.gz")
    assert "reason 2 (48)" in reason
    assert "reason 3" not in reason


def test_errors_block_and_warnings_do_not() -> None:
    anomalies = anomalies_pb2.Anomalies()
    for name, severity in (("b", "ERROR"), ("a", "ERROR"), ("c", "WARNING")):
        info = anomalies.anomaly_info[name]
        info.severity = anomalies_pb2.AnomalyInfo.Severity.Value(severity)
        info.short_description, info.description = "Unexpected value", "seen 7"
    assert blocking(anomalies, "eval") == ["eval: a: Unexpected value: seen 7", "eval: b: Unexpected value: seen 7"]
    assert blocking(anomalies_pb2.Anomalies(), "train") == []


def test_the_verdict_is_an_error_of_the_data_with_every_reason() -> None:
    error = DataStopped(["first", "second"])
    assert isinstance(error, DataError)
    assert (str(error), error.reasons) == ("first; second", ["first", "second"])
