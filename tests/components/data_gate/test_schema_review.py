"""The schema as a text that people review: proposed, compared, brought up to date with its comments kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from components.data_gate import schema_review
from data.errors import DataError
from data.loading import load
from data.profile import profile
from data.spec import Dataset

REVIEWED = """# Agreed on Monday.

# US dollars.
feature {
  name: "fare"   # without tips
  type: FLOAT
  presence { min_fraction: 1.0 min_count: 1 }
  shape { dim { size: 1 } }
  float_domain { min: 2.5 max: 20 }
}
# Where the taxi waits.
feature {
  name: "zone"
  type: BYTES
  presence { min_fraction: 1.0 min_count: 1 }
  shape { dim { size: 1 } }
  string_domain { value: "centre" value: "airport" }
}
"""


def describe(folder: Path, rows: list[str]) -> Dataset:
    file = folder / "trips.csv"
    file.write_text("zone,at,fare\n" + "".join(f"{row}\n" for row in rows))
    return Dataset.model_validate(
        {
            "source": str(file),
            "label": {"column": "fare", "range": {"low": 1, "high": 50}},
            "categorical": ["zone"],
        }
    )


def rows_of(zones: list[str], highest: float = 19.5) -> list[str]:
    return [f"{zones[i % len(zones)]},{i},{3 + (highest - 3) * i / 199}" for i in range(200)]


def statistics_of(dataset: Dataset) -> dict:
    return schema_review.statistics_by_split(load(dataset))


def test_a_proposal_has_types_categories_and_described_ranges_and_is_passed_by_its_own_data(tmp_path: Path) -> None:
    dataset = describe(tmp_path, rows_of(["centre", "airport"]))
    loaded = load(dataset)
    statistics = schema_review.statistics_by_split(loaded)
    columns = {one.name: one for one in profile(dataset, loaded).columns}
    text = schema_review.written(schema_review.infer(dataset, statistics["train"]), columns)
    assert "# categorical\nfeature {\n" in text
    assert "# label; seen: 3 to 19.5\nfeature {\n" in text
    schema = schema_review.parse(text, "proposal")
    features = {feature.name: feature for feature in schema.feature}
    assert (features["fare"].float_domain.min, features["fare"].float_domain.max) == (1, 50)
    assert all(feature.presence.min_fraction == 1 for feature in features.values())
    assert sorted(schema.string_domain[0].value) == ["airport", "centre"]
    found = schema_review.diff(schema, statistics, {})
    assert (found.reasons, found.warnings) == ([], [])


def test_data_that_fit_change_not_a_letter(tmp_path: Path) -> None:
    statistics = statistics_of(describe(tmp_path, rows_of(["centre", "airport"])))
    found = schema_review.diff(schema_review.parse(REVIEWED, "r"), statistics, {})
    assert (found.reasons, found.warnings) == ([], [])
    assert schema_review.accept(REVIEWED, "r", statistics) == REVIEWED


def test_what_changed_is_told_and_only_that_is_rewritten(tmp_path: Path) -> None:
    statistics = statistics_of(describe(tmp_path, rows_of(["centre", "airport"], highest=40)))
    found = schema_review.diff(schema_review.parse(REVIEWED, "r"), statistics, {})
    assert {reason.split(":")[0] for reason in found.reasons} == set(statistics)
    assert all("fare: Out-of-range values" in reason for reason in found.reasons)
    changed = schema_review.accept(REVIEWED, "r", statistics)
    assert schema_review.diff(schema_review.parse(changed, "c"), statistics, {}).reasons == []
    assert REVIEWED[REVIEWED.index("# Where the taxi waits.") :] in changed
    assert changed.startswith("# Agreed on Monday.\n\n# US dollars.\nfeature {\n")


def test_a_new_category_joins_the_agreed_ones(tmp_path: Path) -> None:
    statistics = statistics_of(describe(tmp_path, rows_of(["centre", "airport", "harbour"])))
    assert any(
        "harbour" in reason for reason in schema_review.diff(schema_review.parse(REVIEWED, "r"), statistics, {}).reasons
    )
    changed = schema_review.accept(REVIEWED, "r", statistics)
    (zone,) = [one for one in schema_review.parse(changed, "c").feature if one.name == "zone"]
    assert list(zone.string_domain.value) == ["centre", "airport", "harbour"]
    assert '# US dollars.\nfeature {\n  name: "fare"   # without tips\n' in changed


def test_a_column_that_the_schema_lacks_is_added(tmp_path: Path) -> None:
    statistics = statistics_of(describe(tmp_path, rows_of(["centre", "airport"])))
    only_fare = REVIEWED[: REVIEWED.index("# Where the taxi waits.")]
    changed = schema_review.accept(only_fare, "r", statistics)
    assert changed.startswith(only_fare)
    assert [one.name for one in schema_review.parse(changed, "c").feature] == ["fare", "zone"]


def test_a_schema_in_one_line_is_changed_too_if_without_its_comments(tmp_path: Path) -> None:
    statistics = statistics_of(describe(tmp_path, rows_of(["centre", "airport"], highest=40)))
    line = " ".join(text_format.MessageToString(schema_review.parse(REVIEWED, "r"), as_one_line=True).split())
    changed = schema_review.accept(line, "r", statistics)
    assert schema_review.diff(text_format.Parse(changed, schema_pb2.Schema()), statistics, {}).reasons == []


def test_a_text_that_is_no_schema_is_refused_with_its_place() -> None:
    with pytest.raises(DataError, match=r"my.pbtxt is no schema: line 2, column 1"):
        schema_review.parse('feature { name: "x" }\nfeatur {}\n', "my.pbtxt")
