"""Every kind of storage in every role: rows typed right, rejects with reasons, or an error in words."""

import re
from datetime import date, datetime, time, timezone
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.batches import Batch
from data.checks.oddities import Oddities
from data.errors import DataError
from data.notation import Notation
from data.reader import read
from data.rows import to_rows
from data.spec import Dataset
from data.stored import stored, text_of
from tests.data.arrow_types import BAD, NOT_IN_PARQUET, REFUSED, SINGLE, string_of_bytes

MOMENT = datetime(2014, 5, 13, 17, 0, 0)


ROLES = ("label", "latitude", "time", "text time", "numeric", "category", "key", "unread")


def describe(role):
    fields = {
        "label": {"label": {"column": "odd"}, "numeric": ["km"]},
        "latitude": {"points": {"pickup": {"latitude": "odd", "longitude": "km"}}},
        "time": {"time": {"column": "odd", "time_zone": "America/Chicago"}},
        "text time": {"time": {"column": "odd", "format": "%Y%m%d", "source_time_zone": "wall-clock"}},
        "numeric": {"numeric": ["odd"]},
        "category": {"categorical": ["odd"]},
        "key": {"numeric": ["km"], "split": {"key": ["odd"]}},
        "unread": {"numeric": ["km"]},
    }[role]
    return Dataset.model_validate({"source": "-", "label": {"column": "fare"}, **fields})


def batch_of(**columns):
    rows = len(columns["odd"])
    table = pa.table({"km": [1.5] * rows, "fare": [5.0] * rows, **columns})
    return Batch("trips.parquet", pa.array(range(1, rows + 1)), table, ())


def rows_of(dataset, **columns):
    return to_rows(dataset, batch_of(**columns))


def outcome(dataset, batches):
    """The rows, or the words of the error."""
    try:
        (rows,) = [to_rows(dataset, batch) for batch in batches]
    except DataError as error:
        return str(error)
    return rows


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("storage", [*SINGLE, *REFUSED])
def test_any_storage_in_any_role_gives_rows_rejects_or_an_error_in_words(storage, role):
    found = outcome(describe(role), [batch_of(odd={**SINGLE, **REFUSED}[storage])])
    if storage in REFUSED and role != "unread":
        assert "column odd is stored as" in found
    if isinstance(found, str):
        assert re.fullmatch(r"column odd is stored as .+; .+ is needed: .+", found)
        assert storage in REFUSED or role not in ("category", "key")
        return
    assert len(found) + len(found.rejects.lines) == 3
    assert all(reason.startswith(("odd: ", "pickup: ")) for reason in found.rejects.reasons)
    assert len(found.rejects.values) == len(found.rejects.lines)
    for column in found.columns.values():
        if pa.types.is_binary(column.type):
            assert all(value == value.decode().encode() for value in column.to_pylist())
        else:
            assert not np.isinf(np.asarray(column)).any()


@pytest.mark.parametrize("name", sorted({*SINGLE, *REFUSED} - NOT_IN_PARQUET))
def test_what_parquet_keeps_is_read_like_the_column_itself(tmp_path, name):
    file = str(tmp_path / "trips.parquet")
    table = pa.table({"odd": {**SINGLE, **REFUSED}[name], "km": [1.5] * 3, "fare": [5.0] * 3})
    pq.write_table(table, file, version="2.6")  # older ones have no nanoseconds
    for role in ("category", "unread"):
        found = outcome(describe(role), read(describe(role), file))
        if name in REFUSED and role == "category":
            assert "column odd is stored as" in found
        else:
            assert len(found) + len(found.rejects.lines) == 3


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (pa.array([1], pa.int8()), "1"),
        (pa.array([1.0]), "1"),
        (pa.array([-0.0]), "0"),
        (pa.array([1e15]), "1000000000000000"),
        (pa.array([0.1], pa.float32()), "0.1"),
        (pa.array([2.5]), "2.5"),
        (pa.array([np.float16(2)], pa.float16()), "2"),
        (pa.array([2**64 - 1], pa.uint64()), "18446744073709551615"),
        (pa.array([Decimal("1.00")]), "1"),
        (pa.array([Decimal("1.50")]), "1.5"),
        (pa.array([Decimal("100")]), "100"),
        (pa.array([Decimal("1" * 50 + ".10")], pa.decimal256(60, 2)), "1" * 50 + ".1"),
        (pa.array(["1.0"]), "1"),
        (pa.array(["1.00"], pa.large_string()), "1"),
        (pa.array([b"-1.0"]), "-1"),
        (pa.array(["1.10"]), "1.10"),
        (pa.array(["1.0.0"]), "1.0.0"),
        (pa.array(["007"]), "007"),
        (pa.array([" Blue Cab\t"]), "Blue Cab"),
        (pa.array([True]), "true"),
        (pa.array(["TRUE"]), "true"),
        (pa.array([b"False"]), "false"),
        (pa.array([date(2014, 5, 13)]), "2014-05-13"),
        (pa.array([MOMENT], pa.timestamp("s")), "2014-05-13 17:00:00"),
        (pa.array([MOMENT], pa.timestamp("ns")), "2014-05-13 17:00:00"),
        (pa.array([MOMENT.replace(microsecond=250000)], pa.timestamp("us")), "2014-05-13 17:00:00.25"),
        (pa.array([MOMENT.replace(tzinfo=timezone.utc)], pa.timestamp("us", "UTC")), "2014-05-13 17:00:00+00:00"),
        (pa.array([10**11 * 4], pa.timestamp("s")), "14645-06-30 15:06:40"),
        (pa.array([time(17)], pa.time64("us")), "17:00:00"),
        (pa.array(["Señor"]).dictionary_encode(), "Señor"),
    ],
)
def test_a_value_has_one_text_whatever_its_storage(values, text):
    assert text_of(stored(pa.chunked_array([values]), "company"), Notation()).to_pylist() == [text]


@pytest.mark.parametrize("text", ["", "  ", "NA", " NULL ", "\\N", "nan", "None", "#N/A"])
def test_texts_that_stand_for_a_missing_value_are_missing_in_every_role(text):
    assert rows_of(describe("category"), odd=pa.array([text])).columns["odd"].to_pylist() == [b""]
    np.testing.assert_array_equal(rows_of(describe("numeric"), odd=pa.array([text])).columns["odd"], [np.nan])
    assert rows_of(describe("label"), odd=pa.array([text])).rejects.reasons == ["odd: missing"]
    assert rows_of(describe("time"), odd=pa.array([text])).rejects.reasons == ["odd: missing"]
    assert rows_of(describe("text time"), odd=pa.array([text])).rejects.reasons == ["odd: missing"]


def test_an_empty_list_of_missing_texts_takes_each_as_it_stands():
    changes = {"missing": ()}
    namibia = pa.array(["NA", "None", ""])
    rows = rows_of(describe("category").model_copy(update=changes), odd=namibia)
    assert rows.columns["odd"].to_pylist() == [b"NA", b"None", b""]
    rows = rows_of(describe("numeric").model_copy(update=changes), odd=namibia)
    assert rows.rejects.reasons == ["odd: not a finite number"] * 2


def test_truth_values_are_numbers_too_but_no_place_and_no_time():
    for values in (pa.array([True, False, None]), pa.array(["TRUE", "false", ""])):
        np.testing.assert_array_equal(rows_of(describe("numeric"), odd=values).columns["odd"], [1, 0, np.nan])
        assert rows_of(describe("label"), odd=values).columns["odd"].to_pylist() == [1, 0]
    assert rows_of(describe("latitude"), odd=pa.array(["true"])).rejects.reasons == ["odd: not a finite number"]
    for role in ("latitude", "time"):
        with pytest.raises(DataError, match="column odd is stored as bool"):
            rows_of(describe(role), odd=pa.array([True]))


def test_decimal_commas_are_read_where_they_are_said_to_be():
    texts = pa.array(["1,5", "-0,25", "7", "1.234,5", "1.234", "1.5", "1,2,3", "NA"])
    rows = rows_of(describe("numeric").model_copy(update={"decimal": ","}), odd=texts)
    np.testing.assert_array_equal(rows.columns["odd"], np.array([1.5, -0.25, 7, np.nan], np.float32))
    assert rows.rejects.reasons == [
        "odd: thousands points; write 1234,5",
        "odd: thousands points; write 1234,5",
        "odd: a decimal point where data.decimal is ','",
        "odd: not a finite number",
    ]
    assert rows_of(describe("numeric"), odd=pa.array(["1,5"])).rejects.reasons == [
        "odd: a decimal comma where data.decimal is '.'"
    ]


def test_a_number_stored_as_a_number_minds_no_decimal_comma():
    rows = rows_of(describe("numeric").model_copy(update={"decimal": ","}), odd=pa.array([1.5]))
    assert rows.columns["odd"].to_pylist() == [1.5]


def test_a_text_that_is_no_utf8_is_a_reject_that_shows_its_bytes():
    dataset = describe("category")
    for values in (
        pa.array([BAD, b"Blue"]),
        string_of_bytes(BAD, b"Blue"),
        pa.array([BAD, b"Blue"], pa.large_binary()),
    ):
        rows = rows_of(dataset, odd=values)
        assert rows.columns["odd"].to_pylist() == [b"Blue"]
        assert (rows.rejects.lines, rows.rejects.reasons) == ([1], ["odd: not UTF-8 text"])
    assert rows_of(dataset, odd=pa.array([BAD])).rejects.values == ["km=1.5, fare=5.0, odd=Se\\xf1or"]
    assert rows_of(describe("key"), odd=pa.array([BAD])).rejects.reasons == ["odd: not UTF-8 text"]


@pytest.mark.parametrize("day", [2**31 - 1, 3_000_000, -(10**6)])
def test_a_day_that_python_does_not_have_is_shown_in_its_reject(day):
    rows = rows_of(describe("time"), odd=pa.array([day, 16000], pa.int32()).cast(pa.date32()))
    assert rows.rejects.reasons == ["odd: outside 1970 to 2038"]
    assert rows.rejects.values == [f"km=1.5, fare=5.0, odd={np.datetime64(day, 'D')}"]


def test_a_table_has_the_same_splits_and_repeats_as_text_and_as_numbers():
    dataset = Dataset.model_validate(
        {
            "source": "-",
            "label": {"column": "fare"},
            "numeric": ["km"],
            "categorical": ["odd"],
            "time": {"column": "at", "format": "%Y-%m-%d %H:%M:%S"},
        }
    )
    typed = {
        "fare": pa.array([12.45, 8.0]),
        "km": pa.array([1, None], pa.int64()),
        "odd": pa.array([7.0, None]),
        "at": pa.array([MOMENT, MOMENT], pa.timestamp("us")),
    }
    shown = {"fare": ["12.45", "8.0"], "km": ["1", "NA"], "odd": ["7", ""], "at": ["2014-05-13 17:00:00"] * 2}
    one, other = rows_of(dataset, **typed), rows_of(dataset, **shown)
    assert one.hashes.tolist() == other.hashes.tolist()
    assert one.columns["odd"].to_pylist() == other.columns["odd"].to_pylist() == [b"7", b""]


@pytest.mark.parametrize(
    "key", [pa.array([7, 8]), pa.array([7.0, 8.0]), pa.array(["7", "8.0"]), pa.array([b"7.0", b"8"])]
)
def test_a_key_keeps_its_rows_together_across_storages(key):
    dataset = describe("key").model_copy(update={"split": describe("key").split.model_copy(update={"seed": 5})})
    many = pa.concat_arrays([key] * 20)
    split = rows_of(dataset, odd=many, km=list(range(40))).split.tolist()
    expected = rows_of(dataset, odd=pa.array(["7", "8"] * 20), km=list(range(40))).split.tolist()
    assert split == expected


def test_integers_whose_digits_float32_loses_are_told_and_odd_texts_shown_with_their_lines():
    values = pa.array(["16777216", "16777217", "9007199254740993", "0.1", "x", "cash", "?", "y"])
    rows = rows_of(describe("numeric"), odd=values)
    assert rows.oddities.coarse == {"odd": 9007199254740992.0}
    assert rows.oddities.texts == {
        "odd": ["'x' (trips.parquet:5)", "'cash' (trips.parquet:6)", "'?' (trips.parquet:7)"]
    }
    assert rows_of(describe("numeric"), odd=pa.array([2**24, 2**25])).oddities == Oddities()
