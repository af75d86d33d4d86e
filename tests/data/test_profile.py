"""What a look at a source finds."""

import re

import numpy as np
import pytest

from data.errors import DataError
from data.loading import load
from data.profile import profile
from data.spec import Dataset


def describe(tmp_path, rows, **changes):
    file = tmp_path / "trips.csv"
    file.write_text("km,company,at,fare\n" + "".join(f"{row}\n" for row in rows))
    fields = {"source": str(file), "label": {"column": "fare", "range": {"low": 0, "high": 1000}}, "numeric": ["km"]}
    return Dataset.model_validate({**fields, "categorical": ["company"], "time": {"column": "at"}, **changes})


def look(dataset):
    found = profile(dataset, load(dataset))
    return found, {one.name: one for one in found.columns}


def test_numbers_categories_and_rows_are_counted(tmp_path):
    rows = [f"{i},{'Blue' if i % 3 else 'Red'},{i * 60},{i}" for i in range(99)]
    found, columns = look(describe(tmp_path, [*rows, ",,0,7", "x,Blue,0,7", "1,Blue,0,-1", "1,2"]))
    assert (found.read, found.accepted, found.rejected) == (103, 100, 3)
    assert found.reasons == {"km: not a finite number": 1, "fare: outside 0 to 1000": 1, "2 fields, expected 4": 1}
    assert sum(found.splits.values()) == 100
    assert [one.name for one in found.columns] == ["at", "km", "company", "fare"]
    assert [one.role for one in found.columns] == ["time", "numeric", "categorical", "label"]
    km = columns["km"]
    assert (km.missing, km.distinct, km.low, km.median, km.high) == (1, 99, 0, 49, 98)
    assert columns["company"].top == [("Blue", 66), ("Red", 33)]
    assert (columns["company"].missing, columns["company"].distinct) == (1, 2)


def test_outliers_lie_beyond_tukeys_outer_fences(tmp_path):
    values = [*np.linspace(10, 20, 101), 60, 61, -40]
    fares = look(describe(tmp_path, [f"1,Blue,0,{value + 100}" for value in values]))[1]["fare"]
    first, third = np.quantile([value + 100 for value in values], [0.25, 0.75])
    assert fares.fences == pytest.approx((first - 3 * (third - first), third + 3 * (third - first)))
    assert fares.outliers == 3


def test_a_column_of_one_value_has_no_outliers(tmp_path):
    km = look(describe(tmp_path, ["1,Blue,0,5"] * 9 + ["7,Blue,0,5"]))[1]["km"]
    assert (km.fences, km.outliers) == (None, 0)


def test_repeated_rows_are_seen(tmp_path):
    found, _ = look(describe(tmp_path, ["1,Blue,0,5"] * 3 + ["2,Blue,0,5"]))
    assert (found.repeated_share, found.repeated_exact) == (0.5, True)


def test_a_column_without_any_value_is_no_error(tmp_path):
    km = look(describe(tmp_path, [",Blue,0,5", ",Blue,0,6"]))[1]["km"]
    assert (km.missing, km.distinct, km.low) == (2, 0, None)


def test_splits_are_those_of_a_run_by_time_too(tmp_path):
    dataset = describe(
        tmp_path, [f"1,Blue,{i * 3600},5" for i in range(100)], split={"by": "time", "test_fraction": 0.2}
    )
    assert look(dataset)[0].splits["test"] == 20


def test_a_source_without_a_good_row_says_why(tmp_path):
    with pytest.raises(DataError, match=r"no row is accepted: fare: missing \(2, as in \w+.csv:2\)"):
        load(describe(tmp_path, ["1,Blue,0,", "2,Blue,0,"]))
    with pytest.raises(DataError, match=r"no row is accepted: it holds no rows"):
        load(describe(tmp_path, []))


def test_what_is_odd_about_a_column_is_said(tmp_path):
    rows = [f"{'x' if i % 10 == 0 else i},taxi {i},{i},{20_000_001 if i == 7 else 5}" for i in range(200)]
    label = {"column": "fare", "range": None}
    said = look(describe(tmp_path, rows, label=label))[0].remarks
    assert [one.partition(":")[0] for one in said] == ["km", "km", "fare", "company"]
    assert said[0].startswith("km: another whole number, 1 to 197, in each of 1")
    assert "20 of 200 rows (10.0%) hold no number, such as 'x' (trips.csv:2), 'x' (trips.csv:12), 'x' (tr" in said[1]
    assert ", where others hold 1, 2, 3; they are rejected. If such a text means" in said[1]
    assert "integers up to 20000001; beyond 16,777,216 a float32 input loses their last digits" in said[2]
    assert "20000001 becomes 20000000" in said[2]
    assert re.search(r"(1\d\d) different values in \1 training rows: an id", said[3])


def test_what_would_stop_a_run_is_told_apart(tmp_path):
    rows = [f"{2 * (i % 40)},Blue,{i * 60},{i % 40}" for i in range(200)]
    dataset = describe(tmp_path, rows)
    (said,) = look(dataset)[0].stops
    assert said.startswith("km tells the label: its correlation with fare is 1.0000, above")
    found = profile(dataset, load(dataset), ["km"])
    assert found.stops == []
    assert [one.partition(":")[0] for one in found.remarks] == [
        "km tells the label",
        "company has the same value in every training row, Blue",
    ]


def test_nothing_is_said_of_an_ordinary_column(tmp_path):
    rows = [f"{i % 50},{'Blue' if i % 3 else 'Red'},{i * 60},{i % 7}" for i in range(200)]
    assert look(describe(tmp_path, rows))[0].remarks == []
