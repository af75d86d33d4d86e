"""What stops a run before anything learns, and what is only said."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tensorflow_data_validation as tfdv
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2
from tfx.types import artifact_utils, standard_artifacts

from components.artifacts import STATISTICS_FILE, SUMMARY_FILE, GateRecord, IngestReport
from components.data_gate import component as data_gate
from components.data_gate.checks import check_anomalies, check_counts, check_distances, check_ids, check_repeats
from components.data_gate.component import DataStopped
from components.data_gate.settings import DataGate, Distances
from data.checks.oddities import Oddities
from data.errors import DataError
from data.spec import Dataset, Split

SHARES = {"validation": 0.1, "test": 0.3}


def summary(read: int, rejected: int, **splits: int) -> dict[str, Any]:
    accepted = read - rejected
    return {
        "read": read,
        "accepted": accepted,
        "rejected": rejected,
        "splits": splits or {"train": 6 * accepted // 10, "validation": accepted // 10, "test": 3 * accepted // 10},
        "reasons": {"fare: missing": rejected} if rejected else {},
        "repeated_share": 0.0,
        "repeated_exact": True,
        "oddities": asdict(Oddities(examples={"fare: missing": [["", "trips.csv:7"]]})),
    }


# Counts.


def test_a_source_without_rows_stops() -> None:
    assert check_counts(summary(0, 0), 0.05, "r.csv.gz", SHARES).reasons == ["the source holds no rows"]


def test_a_source_without_a_good_row_stops_even_where_all_may_be_rejected() -> None:
    (reason,) = check_counts(summary(10, 10), 1.0, "r.csv.gz", SHARES).reasons
    assert reason == "all 10 rows were rejected: fare: missing (10, as in trips.csv:7); the rejects are in r.csv.gz"


@pytest.mark.parametrize(("rejected", "stops"), [(0, False), (5, False), (6, True)])
def test_the_share_of_rejects_may_reach_its_limit_but_not_pass_it(rejected: int, stops: bool) -> None:
    reasons = check_counts(summary(100, rejected), 0.05, "r.csv.gz", SHARES).reasons
    assert bool(reasons) is stops
    assert not stops or "data.max_rejected_fraction 5.0%" in reasons[0]


def test_an_empty_split_stops_and_is_named() -> None:
    (reason,) = check_counts(summary(10, 0, train=10, validation=0, test=0), 0.05, "r.csv.gz", SHARES).reasons
    assert reason == "no rows in validation, test (10 accepted in all); change data.split"


def test_only_the_three_commonest_reasons_are_told() -> None:
    counted = summary(100, 50) | {"reasons": {f"reason {n}": 50 - n for n in range(5)}}
    (reason,) = check_counts(counted, 0.1, "r.csv.gz", SHARES).reasons
    assert "reason 2 (48)" in reason
    assert "reason 3" not in reason


def test_shares_that_chance_explains_are_fine() -> None:
    assert check_counts(summary(1000, 0, train=600, validation=120, test=280), 0.05, "", SHARES).warnings == []


def test_a_share_far_from_the_one_asked_for_is_said_with_its_cause() -> None:
    (warning,) = check_counts(summary(1000, 0, train=400, validation=100, test=500), 0.05, "", SHARES).warnings
    assert warning == (
        "test has 50.0% of the rows where data.split asks for 30.0%: few distinct keys, since rows with the same "
        "data.split.key stay together"
    )


def test_where_eval_has_a_source_of_its_own_tune_is_a_share_of_the_rest() -> None:
    shares = Split(validation_fraction=0.2, test_source="test.csv").expected_shares()
    counted = summary(1500, 0, train=800, validation=200, test=500)
    assert check_counts(counted, 0.05, "", shares).warnings == []
    assert (
        "validation has 40.0%"
        in check_counts(counted | {"splits": {"train": 600, "validation": 400, "test": 500}}, 1, "", shares).warnings[0]
    )


def test_repeated_rows_are_said_above_their_limit() -> None:
    counted = summary(100, 0) | {"repeated_share": 0.3}
    (warning,) = check_repeats(counted, 0.02).warnings
    assert warning.startswith("30.0% of the rows are the same as an earlier one")
    assert check_repeats(counted, 0.3).warnings == []
    assert check_repeats(counted | {"repeated_exact": False}, 0.02).warnings[0].startswith("about 30.0%")


def test_a_category_of_which_nearly_every_row_has_another_one_is_called_an_id() -> None:
    (warning,) = check_ids(statistics([f"taxi {n}" for n in range(3000)]), ["zone"]).warnings
    assert warning.startswith("zone: 3,000 different values in 3,000 training rows: an id")
    some = statistics([*(f"taxi {n}" for n in range(1500)), *[""] * 1500])
    assert check_ids(some, ["zone"]).warnings[0].startswith("zone: 1,500 different values in 1,")
    assert check_ids(statistics(["centre", "airport", ""]), ["zone"]).warnings == []


# The schema.

SCHEMA = """
feature { name: "fare" type: FLOAT presence { min_fraction: 1.0 min_count: 1 } shape { dim { size: 1 } }
  float_domain { min: 2.5 max: 150 } }
feature { name: "zone" type: BYTES presence { min_fraction: 1.0 min_count: 1 } shape { dim { size: 1 } }
  string_domain { value: "centre" value: "airport" } }
"""


def statistics(zones: list[str], fares: Any = None, count: int = 3000) -> Any:
    rng = np.random.default_rng(len(zones))
    fare = rng.uniform(3, 100, count) if fares is None else np.resize(fares, count)
    frame = pd.DataFrame({"fare": fare.astype(np.float32), "zone": np.resize(zones, count)})
    return tfdv.generate_statistics_from_dataframe(frame, n_jobs=1)


def schema(text: str = SCHEMA) -> schema_pb2.Schema:
    return text_format.Parse(text, schema_pb2.Schema())


def anomalies(stats: Any) -> anomalies_pb2.Anomalies:
    return tfdv.validate_statistics(stats, schema())


def test_data_that_fit_the_schema_give_no_finding() -> None:
    found = check_anomalies(anomalies(statistics(["centre", "airport"])), "test", False)
    assert (found.reasons, found.warnings) == ([], [])


def test_a_value_out_of_range_names_feature_observation_and_expectation() -> None:
    found = check_anomalies(anomalies(statistics(["centre"], [5.0, 180.0])), "test", False)
    (reason,) = found.reasons
    assert reason.startswith("test: fare: Out-of-range values: Unexpectedly high value: 180")
    assert reason.endswith("; the schema expects FLOAT from 2.5 to 150")


def test_a_category_that_was_not_agreed_on_stops() -> None:
    (reason,) = check_anomalies(anomalies(statistics(["centre", "harbour"])), "train", False).reasons
    assert reason.startswith("train: zone: Unexpected string values: Examples contain values missing from the schema: ")
    assert "harbour" in reason
    assert reason.endswith("; the schema expects one of centre, airport")


def test_a_category_never_seen_in_training_is_said_and_does_not_stop() -> None:
    # An inferred schema knows what training has seen; the rest the model takes for unknown.
    found = check_anomalies(anomalies(statistics(["centre", "harbour"])), "test", True)
    assert found.reasons == []
    (warning,) = found.warnings
    assert "harbour" in warning
    assert warning.endswith("%); never seen in training, so the model will take it for unknown")


def test_an_inferred_schema_still_stops_what_is_no_category() -> None:
    assert check_anomalies(anomalies(statistics(["centre"], [500.0])), "test", True).reasons


def test_a_column_that_the_schema_lacks_is_told() -> None:
    (without,) = [schema().feature[1]]
    found = tfdv.validate_statistics(statistics(["centre"]), schema_pb2.Schema(feature=[without]))
    told = check_anomalies(found, "train", False)
    assert any("fare: New column" in one for one in told.reasons + told.warnings)


# Distances.

TOLD = ("test differs from train", "data_gate.skew")


def test_samples_of_one_distribution_are_near() -> None:
    found = check_distances(statistics(["centre"]), statistics(["centre"] * 2), schema(), Distances(), TOLD)
    assert (found.reasons, found.warnings) == ([], [])


def test_a_shifted_number_is_said_or_stops_by_its_jensen_shannon_divergence() -> None:
    near, far = statistics(["centre"]), statistics(["centre"], np.linspace(50, 147, 3000))
    (warning,) = check_distances(far, near, schema(), Distances(stop_above=None), TOLD).warnings
    assert warning.startswith("test differs from train in fare: values above ")
    assert re.search(
        r", above data_gate.skew.warn_above 0.1. If that is meant: data_gate.skew.ignore: \[fare\], or "
        r"data_gate.skew.stop_above: 0\.\d+. If not: data.filters: {fare: {low: \d+, high: [\d.]+}} rejects such rows$",
        warning,
    )
    (reason,) = check_distances(far, near, schema(), Distances(stop_above=0.2), TOLD).reasons
    assert ", above data_gate.skew.stop_above 0.2. If that is meant: " in reason


def test_a_category_whose_share_moved_is_told_by_its_l_infinity_distance() -> None:
    even, odd = statistics(["centre", "airport"]), statistics(["centre"] * 3 + ["airport"])
    (warning,) = check_distances(odd, even, schema(), Distances(), TOLD).warnings
    assert warning == (
        "test differs from train in zone: 'centre' 75.0% against 50.0%; L-infinity distance 0.250, above "
        "data_gate.skew.warn_above 0.1. If that is meant: data_gate.skew.ignore: [zone], or data_gate.skew.stop_above: "
        "0.3. If not: see that data.split.key parts rows of one kind alike"
    )


def test_a_comparator_in_the_schema_goes_before_the_limits() -> None:
    agreed = schema()
    agreed.feature[1].skew_comparator.infinity_norm.threshold = 0.3
    even, odd = statistics(["centre", "airport"]), statistics(["centre"] * 3 + ["airport"])
    assert check_distances(odd, even, agreed, Distances(), TOLD).warnings == []
    agreed.feature[1].skew_comparator.infinity_norm.threshold = 0.2
    (reason,) = check_distances(odd, even, agreed, Distances(), TOLD).reasons
    assert (
        "above the schema's 0.2. If that is meant: data_gate.skew.ignore: [zone], or zone's skew_comparator in "
        in reason
    )


def test_few_rows_and_ignored_columns_are_not_compared() -> None:
    even, odd = statistics(["centre", "airport"]), statistics(["centre"], count=499)
    assert check_distances(odd, even, schema(), Distances(), TOLD).warnings == []
    odd = statistics(["centre"])
    assert len(check_distances(odd, even, schema(), Distances(stop_above=None), TOLD).warnings) == 1
    assert check_distances(odd, even, schema(), Distances(stop_above=None, ignore=("zone",)), TOLD).warnings == []
    assert check_distances(odd, even, schema(), Distances(stop_above=None), TOLD, ["zone"]).warnings == []


# The component.


class Gate:
    """The gate's executor on artifacts as TFX's own components write them."""

    def __init__(self, folder: Path, inferred: bool = False) -> None:
        self.folder, self.inferred = folder, inferred
        self.report = IngestReport()
        self.report.uri = str(folder)
        (folder / SUMMARY_FILE).write_text(json.dumps(summary(9000, 0)))
        self.schema = standard_artifacts.Schema()
        self.schema.uri = str(folder)
        (folder / "schema.pbtxt").write_text(SCHEMA)

    def __call__(self, parts: dict[str, Any], baseline: str = "", **settings: Any) -> GateRecord:
        stats, found, record = (
            standard_artifacts.ExampleStatistics(),
            standard_artifacts.ExampleAnomalies(),
            GateRecord(),
        )
        record.uri = str(self.folder / "record")
        Path(record.uri).mkdir(exist_ok=True)
        for one in (stats, found):
            one.uri = str(self.folder / one.type_name)
            one.split_names = artifact_utils.encode_split_names(list(parts))
        for name, part in parts.items():
            for one, file, content in (
                (stats, STATISTICS_FILE, part),
                (found, "SchemaDiff.pb", anomalies(part)),
            ):
                place = Path(artifact_utils.get_split_uri([one], name))
                place.mkdir(parents=True, exist_ok=True)
                (place / file).write_bytes(content.SerializeToString())
        inputs = {"report": self.report, "statistics": stats, "schema": self.schema, "anomalies": found}
        data_gate.Executor().Do(
            {name: [one] for name, one in inputs.items()},
            {"record": [record]},
            {
                "dataset": Dataset.model_validate(
                    {"source": "-", "label": {"column": "fare"}, "categorical": ["zone"]}
                ).model_dump_json(),
                "settings": DataGate.model_validate(settings).model_dump_json(),
                "fingerprint": "f1",
                "baseline": baseline,
                "inferred": int(self.inferred),
                "code": "",
            },
        )
        return record


def test_data_that_pass_leave_a_record_to_compare_later_data_with(tmp_path: Path) -> None:
    good = statistics(["centre", "airport"])
    record = Gate(tmp_path)({"test": good, "train": good, "validation": good})
    assert json.loads(record.get_string_custom_property("warnings")) == []
    assert record.get_string_custom_property("fingerprint") == "f1"
    kept = tfdv.load_stats_binary(str(Path(record.uri) / STATISTICS_FILE))
    assert kept == good


def test_drift_from_the_last_data_that_passed_is_found(tmp_path: Path) -> None:
    before = tmp_path / "before.pb"
    before.write_bytes(statistics(["centre", "airport"]).SerializeToString())
    now = statistics(["centre"])
    record = Gate(tmp_path)({"train": now, "test": now}, str(before), drift={"stop_above": None})
    (warning,) = json.loads(record.get_string_custom_property("warnings"))
    assert warning.startswith(
        "train has drifted from the last data that passed in zone: 'centre' 100.0% against 50.0%; L-infinity distance"
    )
    with pytest.raises(DataStopped, match=r"; L-infinity distance 0.500, above data_gate.drift.stop_above 0.4"):
        Gate(tmp_path)({"train": now, "test": now}, str(before))


def test_skew_between_splits_and_anomalies_are_all_told_at_once(tmp_path: Path) -> None:
    parts = {"train": statistics(["centre"]), "test": statistics(["harbour"])}
    with pytest.raises(DataStopped) as stopped:
        Gate(tmp_path)(parts)
    assert [reason.split(":")[0] for reason in stopped.value.reasons] == ["test", "test differs from train in zone"]
    record = Gate(tmp_path, inferred=True)(parts, skew={"stop_above": None})
    told = json.loads(record.get_string_custom_property("warnings"))
    assert "never seen in training" in told[0]
    assert "L-infinity distance 1.000" in told[1]


def test_the_verdict_is_an_error_of_the_data_with_every_reason() -> None:
    error = DataStopped(["first", "second"])
    assert isinstance(error, DataError)
    assert (str(error), error.reasons) == ("first; second", ["first", "second"])


def test_a_column_that_tells_the_label_stops_the_run_unless_it_is_allowed_to(tmp_path: Path) -> None:
    with pytest.raises(DataStopped, match=r"total tells the label: .* on 900 rows.*allow_leaks: \[total\]"):
        rows_gate(tmp_path, DataGate())
    record = rows_gate(tmp_path, DataGate(allow_leaks=("total",)))
    warnings = json.loads(record.get_string_custom_property("warnings"))
    assert "total tells the label: its correlation with fare is 0.9999" in warnings[-1]


def rows_gate(tmp_path: Path, settings: DataGate) -> GateRecord:
    """The record of the gate on the counts of an ingestion."""
    report, record = IngestReport(), GateRecord()
    report.uri, record.uri = str(tmp_path), str(tmp_path)
    columns = {"label": "fare", "rows": 900, "telling": {"total": 0.9999}, "constant": {}}
    columns |= {"missing": [], "numbered": {}}
    counted = summary(9000, 0, train=5400, validation=900, test=2700) | {"columns": columns}
    counted["oddities"] = asdict(Oddities())
    (tmp_path / SUMMARY_FILE).write_text(json.dumps(counted))
    data_gate.Executor().Do(
        {"report": [report]},
        {"record": [record]},
        {
            "dataset": Dataset.model_validate(
                {"source": "-", "label": {"column": "fare"}, "numeric": ["total"]}
            ).model_dump_json(),
            "settings": settings.model_dump_json(),
            "fingerprint": "f1",
        },
    )
    return record
