"""tf.Examples in TFRecords as a source."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from data import tfrecord_reader
from data.errors import DataError
from data.reader import read
from data.rows import to_rows
from data.spec import Dataset, Label, Time


def describe(**changes):
    return Dataset(**{"source": "-", "label": Label(column="fare"), "numeric": ("km",), **changes})


def example(**features):
    def feature(values):
        if isinstance(values[0], bytes):
            return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
        if isinstance(values[0], int):
            return tf.train.Feature(int64_list=tf.train.Int64List(value=values))
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))

    known = {
        name: feature(value if isinstance(value, list) else [value])
        for name, value in features.items()
        if value is not None
    }
    return tf.train.Example(features=tf.train.Features(feature=known)).SerializeToString()


def write(tmp_path, records, compression=None, name="trips.tfrecord"):
    file = str(tmp_path / name)
    with tf.io.TFRecordWriter(file, compression) as writer:
        for record in records:
            writer.write(record)
    return file


def everything(dataset, file):
    return [to_rows(dataset, batch) for batch in read(dataset, file)]


@pytest.mark.parametrize("compression", [None, "GZIP"])
def test_floats_integers_and_texts_are_read_and_a_missing_feature_is_missing(tmp_path, compression):
    dataset = describe(time=Time(column="at"), categorical=("company",))
    records = [
        example(km=1.5, fare=10.0, at=7, company=b"Blue", unused=b"x"),
        example(fare=20.0, at=8),
        example(km=2.5, at=9, company=b"Red"),
    ]
    (rows,) = everything(dataset, write(tmp_path, records, compression, "data_tfrecord-00000-of-00001.gz"))
    np.testing.assert_array_equal(rows.columns["km"], np.array([1.5, np.nan], np.float32))
    assert rows.columns["at"].to_pylist() == [7, 8]
    assert rows.columns["company"].to_pylist() == [b"Blue", b""]
    assert (rows.rejects.lines, rows.rejects.reasons) == ([3], ["fare: missing"])


def test_integers_serve_as_numbers_and_texts_are_parsed(tmp_path):
    (rows,) = everything(describe(), write(tmp_path, [example(km=2, fare=b"1.5"), example(km=3, fare=b"x")]))
    assert rows.columns["km"].to_pylist() == [2]
    assert rows.columns["fare"].to_pylist() == [1.5]
    assert rows.rejects.reasons == ["fare: not a finite number"]


def test_a_feature_of_another_type_in_every_record_is_read_as_what_it_holds(tmp_path):
    dataset = describe(categorical=("zone",))
    records = [
        example(km=2, fare=5.0, zone=7),
        example(km=0.1, fare=b"6", zone=7.0),
        example(km=b"3.5", fare=7, zone=b"7"),
        example(km=[1, 2], fare=7, zone=b"\xff"),
        example(fare=8.5, zone=b"\xff"),
        b"\xff\xffnonsense",
        example(km=b"x", fare=9.0),
        example(fare=9.0),
    ]
    (rows,) = everything(dataset, write(tmp_path, records))
    np.testing.assert_array_equal(rows.columns["km"], np.array([2, 0.1, 3.5, np.nan], np.float32))
    assert rows.columns["fare"].to_pylist() == [5, 6, 7, 9]
    assert rows.columns["zone"].to_pylist() == [b"7", b"7", b"7", b""]
    assert dict(zip(rows.rejects.lines, rows.rejects.reasons, strict=True)) == {
        4: "several values in one feature",
        5: "zone: not UTF-8 text",
        6: "not a tf.Example",
        7: "km: not a finite number",
    }


def test_a_feature_of_another_type_in_every_file_gives_the_same_category_and_the_same_hash(tmp_path):
    found = []
    for number, value in enumerate((7, 7.0, b"7", b"7.0")):
        file = write(tmp_path, [example(km=1.0, fare=5.0, zone=value)], name=f"{number}.tfrecord")
        (rows,) = everything(describe(categorical=("zone",)), file)
        found.append((rows.columns["zone"].to_pylist(), rows.hashes.tolist()))
    assert found == [found[0]] * 4
    assert found[0][0] == [b"7"]


def test_several_values_in_a_described_feature_reject_the_record(tmp_path):
    file = write(tmp_path, [example(km=[1.0, 2.0], fare=5.0), example(km=1.0, fare=6.0, tags=[b"a", b"b"])])
    (rows,) = everything(describe(), file)
    assert rows.columns["fare"].to_pylist() == [6]
    assert (rows.rejects.lines, rows.rejects.reasons) == ([1], ["several values in one feature"])


def test_a_record_that_is_no_example_is_rejected_and_the_others_stay(tmp_path, monkeypatch):
    monkeypatch.setattr(tfrecord_reader, "BATCH_ROWS", 2)
    good = [example(km=float(i), fare=5.0) for i in range(4)]
    batches = everything(describe(), write(tmp_path, [*good[:3], b"\xff\xffnonsense", good[3]]))
    assert [km for rows in batches for km in rows.columns["km"].to_pylist()] == [0, 1, 2, 3]
    assert [(rows.rejects.lines, rows.rejects.reasons) for rows in batches if rows.rejects.lines] == [
        ([4], ["not a tf.Example"])
    ]


def test_a_feature_that_no_record_has_is_named_beside_those_that_are_there(tmp_path):
    with pytest.raises(DataError, match=r"trips.tfrecord lacks the column fare that the .* It has: fair, km\."):
        everything(describe(), write(tmp_path, [example(km=1.0, fair=5.0)]))


def test_a_file_without_records_is_empty(tmp_path):
    with pytest.raises(DataError, match=r"trips.tfrecord is empty: it holds no record"):
        everything(describe(), write(tmp_path, []))


@pytest.mark.parametrize("compression", [None, "GZIP"])
def test_a_truncated_file_is_an_error_and_not_a_short_table(tmp_path, compression):
    rng = np.random.default_rng(0)
    records = [example(km=float(rng.normal()), fare=5.0) for _ in range(60)]
    whole = Path(write(tmp_path, records, compression)).read_bytes()
    cut = tmp_path / "cut.tfrecord"
    # Wherever it is cut: between two records of a plain file is the one place that cannot be told from its end.
    frame = len(records[0]) + 16
    ends = range(len(whole) // 2, len(whole) // 2 + 2 * frame)
    for end in [*ends, *range(len(whole) - 10, len(whole))]:
        if compression is None and end % frame == 0:
            continue
        cut.write_bytes(whole[:end])
        with pytest.raises(DataError, match="no TFRecord, or damaged"):
            everything(describe(), str(cut))


def test_a_csv_that_only_claims_to_be_tfrecord_is_refused(tmp_path):
    file = tmp_path / "trips.tfrecord"
    file.write_text("km,fare\n" + "1,5\n" * 50)
    with pytest.raises(DataError, match="no TFRecord, or damaged"):
        everything(describe(), str(file))
