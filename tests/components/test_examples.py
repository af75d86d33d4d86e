"""Rows in memory: all of them where they are few, and a uniform sample where they are many."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from components import examples

FEATURES = {"row": tf.io.FixedLenFeature([], tf.int64), "name": tf.io.FixedLenFeature([1], tf.string)}


def write(folder: Path, rows: Sequence[int], shard: int) -> None:
    options = tf.io.TFRecordOptions(compression_type="GZIP")
    with tf.io.TFRecordWriter(str(folder / f"data-{shard}.gz"), options) as writer:
        for row in rows:
            feature = {
                "row": tf.train.Feature(int64_list=tf.train.Int64List(value=[row])),
                "name": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"%d" % row])),
            }
            writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())


@pytest.fixture
def patterns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(examples, "BATCH", 64)
    write(tmp_path, range(3000, 10_000), shard=1)
    write(tmp_path, range(3000), shard=0)
    return [f"{tmp_path}/data-0*", f"{tmp_path}/data-1*"]


@pytest.mark.parametrize("at_most", [None, 10_000, 10_001])
def test_all_rows_stand_in_the_order_of_files_where_there_are_no_more(patterns: list[str], at_most: int | None) -> None:
    columns = examples.load(patterns, FEATURES, at_most)
    np.testing.assert_array_equal(columns["row"], np.arange(10_000))
    assert columns["name"][17] == b"17"


@pytest.mark.parametrize("at_most", [1, 50, 4000, 9999])
def test_of_more_rows_so_many_are_drawn_once_each_in_their_order(patterns: list[str], at_most: int) -> None:
    columns = examples.load(patterns, FEATURES, at_most)
    assert len(columns["row"]) == at_most
    assert (np.diff(columns["row"]) > 0).all()
    assert [int(name) for name in columns["name"]] == columns["row"].tolist()
    np.testing.assert_array_equal(examples.load(patterns, FEATURES, at_most)["row"], columns["row"])


def test_first_and_last_rows_have_the_same_chance(patterns: list[str]) -> None:
    rows = examples.load(patterns, FEATURES, 2000)["row"]
    tenths = np.bincount(rows // 1000, minlength=10)
    # 200 of each thousand, give or take five standard deviations of 12.
    assert (np.abs(tenths - 200) < 60).all()


def test_no_more_than_twice_the_rows_wanted_are_held(patterns: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    held = []
    add = examples._Sample.add

    def watched(self: examples._Sample, batch: examples.Columns) -> None:
        add(self, batch)
        held.append(sum(len(one["row"]) for one in self._batches))

    monkeypatch.setattr(examples._Sample, "add", watched)
    examples.load(patterns, FEATURES, 500)
    assert len(held) > 100
    assert max(held) < 2 * 500


def test_no_rows_are_an_error_that_names_the_files(tmp_path: Path) -> None:
    write(tmp_path, [], shard=0)
    with pytest.raises(ValueError, match=f"no examples in {tmp_path}"):
        examples.load([f"{tmp_path}/*"], FEATURES, 5)
