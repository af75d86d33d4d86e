"""The first component on real files: splits, rejects, spans and counts."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.types import standard_artifacts

from components.artifacts import REJECTS_FILE, SUMMARY_FILE, IngestReport
from components.trip_example_gen.component import Executor
from components.trip_example_gen.writer import Summary
from data.errors import DataError
from data.sources import PLAIN, locate
from data.spec import Dataset, Label, Range
from data.time_cut import cut_of, join
from pipeline.settings.beam import Beam

HOUR = 3600
START = 1_400_000_400  # 2014-05-13 17:00:00, a full hour


def describe(source: Path, **changes: Any) -> Dataset:
    fields = {"source": str(source), "label": Label(column="fare", range=Range(low=1, high=99)), "numeric": ("km",)}
    return Dataset.model_validate({**fields, **changes})


class Outcome:
    """What a run of the executor has left."""

    def __init__(self, dataset: Dataset, folder: Path, located: str = "") -> None:
        self.examples, self.report = standard_artifacts.Examples(), IngestReport()
        self.examples.uri, self.report.uri = str(folder / "examples"), str(folder / "report")
        Path(self.report.uri).mkdir(parents=True)
        context = BaseBeamExecutor.Context(
            beam_pipeline_args=Beam().local_arguments("in_process"),
            tmp_dir=str(folder / "tmp"),
            unique_id="1",
            pipeline_run_id="run-1",
        )
        Executor(context).Do(
            {},
            {"examples": [self.examples], "report": [self.report]},
            {
                "dataset": dataset.model_dump_json(),
                "located": located,
                "fingerprint": "",
                "data_root": "",
                "until": "",
                "code": "",
            },
        )
        self.summary = json.loads((Path(self.report.uri) / SUMMARY_FILE).read_text())

    def values(self, split: str, name: str) -> list[Any]:
        files = sorted(str(file) for file in Path(self.examples.uri, f"Split-{split}").glob("*.gz"))
        found = []
        for record in tf.data.TFRecordDataset(files, compression_type="GZIP").as_numpy_iterator():
            feature = tf.train.Example.FromString(record).features.feature[name]
            found += list(getattr(feature, feature.WhichOneof("kind")).value)
        return found

    def rejects(self) -> list[dict[str, str]]:
        with gzip.open(Path(self.report.uri) / REJECTS_FILE, "rt", newline="") as stream:
            return list(csv.DictReader(stream))


def write(path: Path, lines: list[str], header: str = "km,fare") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in [header, *lines]))
    return path


def test_every_row_of_two_files_is_in_one_split_or_among_the_rejects(tmp_path: Path) -> None:
    write(tmp_path / "in" / "a.csv", [f"{i},5" for i in range(300)] + ["x,5", "7,100"])
    write(tmp_path / "in" / "b.csv", [f"{i},6" for i in range(300, 500)] + ["1,2,3"])
    done = Outcome(describe(tmp_path / "in"), tmp_path / "out")
    parts = {split: done.values(split, "km") for split in ("train", "validation", "test")}
    assert sorted(km for part in parts.values() for km in part) == list(range(500))
    assert {split: len(part) for split, part in parts.items()} == done.summary["splits"]
    assert (done.summary["read"], done.summary["accepted"], done.summary["rejected"]) == (503, 500, 3)
    assert [(Path(one["file"]).name, one["line"], one["reason"], one["values"]) for one in done.rejects()] == [
        ("a.csv", "302", "km: not a finite number", "km=x, fare=5"),
        ("a.csv", "303", "fare: outside 1 to 99", "km=7, fare=100"),
        ("b.csv", "202", "3 fields, expected 2", "1,2,3"),
    ]
    assert done.report.get_int_custom_property("rejected") == 3
    assert sum(json.loads(done.report.get_string_custom_property("reasons")).values()) == 3
    assert not list(Path(done.report.uri).glob("result-*"))


def test_no_half_written_shard_is_left_when_a_file_cannot_be_read(tmp_path: Path) -> None:
    source = write(tmp_path / "in" / "a.csv", ["1,5"], header="km,fair")
    with pytest.raises(DataError, match="lacks the column fare"):
        Outcome(describe(source), tmp_path / "out")
    assert not list((tmp_path / "out").rglob("data_tfrecord-*"))


def test_the_spans_that_were_read_are_recorded(tmp_path: Path) -> None:
    for day in (1, 2, 3):
        write(tmp_path / f"2016-01-0{day}.csv", [f"{day}{i:03d},5" for i in range(50)])
    dataset = describe(tmp_path / "{YYYY}-{MM}-{DD}.csv", spans={"window": 2})
    done = Outcome(dataset, tmp_path / "out")
    assert done.examples.span == 16803  # days from 1970-01-01 to 2016-01-03
    assert json.loads(done.examples.get_string_custom_property("spans")) == ["2016-01-02", "2016-01-03"]
    assert done.summary["read"] == 100
    first = locate(describe(tmp_path / "{YYYY}-{MM}-{DD}.csv", spans={"until": "2016-01-01"}))
    told = Outcome(dataset, tmp_path / "again", PLAIN.dump_json(first).decode())
    assert (told.summary["read"], told.examples.span) == (50, 16801)


def test_by_time_the_newest_rows_are_eval_and_the_boundary_is_recorded(tmp_path: Path) -> None:
    rows = [f"{START + HOUR * i},{i % 9},5" for i in range(1000)]
    first = write(tmp_path / "in" / "a.csv", rows[::2], "at,km,fare")
    write(tmp_path / "in" / "b.csv", [*rows[1::2], "noon,1,5"], "at,km,fare")
    split = {"by": "time", "test_fraction": 0.25, "validation_fraction": 0.2}
    done = Outcome(describe(first.parent, time={"column": "at"}, split=split), tmp_path / "out")
    at = {name: done.values(name, "at") for name in ("train", "validation", "test")}
    assert sorted(at["test"]) == [START + HOUR * i for i in range(750, 1000)]
    assert max(at["train"] + at["validation"]) < min(at["test"])
    assert 110 < len(at["validation"]) < 190
    boundary = datetime.fromtimestamp(START + HOUR * 750, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    assert done.examples.get_string_custom_property("test_from") == boundary


def test_the_boundary_may_be_given(tmp_path: Path) -> None:
    source = write(tmp_path / "a.csv", [f"{START + HOUR * i},{i},5" for i in range(100)], "at,km,fare")
    split = {"by": "time", "test_from": "2014-05-16 00:00"}
    done = Outcome(describe(source, time={"column": "at"}, split=split), tmp_path / "out")
    assert min(done.values("test", "at")) == datetime(2014, 5, 16, tzinfo=timezone.utc).timestamp()


@pytest.mark.parametrize(
    ("quarters", "rows", "fraction", "quarter"),
    [
        ([1, 2, 3, 4], [10, 10, 10, 10], 0.25, 4),
        ([1, 2, 3, 4], [10, 10, 10, 10], 0.5, 3),
        ([1, 2], [1, 99], 0.25, 2),  # nearest is all of the newest quarter
        ([1, 2], [99, 1], 0.9, 2),  # the first quarter is never taken
        ([7], [5], 0.5, 7),  # nothing can be parted: the gate will say that train is empty
    ],
)
def test_the_cut_is_the_quarter_with_the_nearest_share(
    quarters: list[int], rows: list[int], fraction: float, quarter: int
) -> None:
    assert cut_of({"quarters": quarters, "rows": rows}, fraction) == quarter * 900


def test_counts_of_quarters_join() -> None:
    one, other = {"quarters": [1, 3], "rows": [5, 1]}, {"quarters": [2, 3], "rows": [4, 2]}
    assert join([one, other]) == {"quarters": [1, 2, 3], "rows": [5, 4, 3]}


def test_repeated_rows_are_counted_across_files(tmp_path: Path) -> None:
    lines = [f"{i},5" for i in range(80)]
    write(tmp_path / "in" / "a.csv", lines)
    write(tmp_path / "in" / "b.csv", [*lines[:20], "900,5"])
    summary = Outcome(describe(tmp_path / "in"), tmp_path / "out").summary
    assert summary["repeated_exact"]
    assert summary["repeated_share"] == pytest.approx(20 / 101)


def test_what_is_odd_about_a_column_is_gathered_from_every_file(tmp_path: Path) -> None:
    write(tmp_path / "in" / "a.csv", [*(f"{i},5" for i in range(40)), "x,5", "16777217,5"])
    write(tmp_path / "in" / "b.csv", ["16777219,5", "y,5", "y,5", "y,5", *(f"{i},6" for i in range(40))])
    summary = Outcome(describe(tmp_path / "in"), tmp_path / "out").summary
    assert summary["oddities"] == {
        "coarse": {"km": 16777219.0},
        "texts": {"km": ["'x' (a.csv:42)", "'y' (b.csv:3)", "'y' (b.csv:4)"]},
        "numbers": {"km": ["0", "1", "2"]},
        "examples": {"km: not a finite number": [["x", "a.csv:42"], ["y", "b.csv:3"], ["y", "b.csv:4"]]},
    }


def test_a_summary_survives_the_way_through_json() -> None:
    summary = Summary(read=3, rejected=1)
    summary.splits.update({"train": 2})
    summary.reasons.update(["fare: missing"])
    summary.ranges["km"] = [1.0, 2.0]
    summary.repeats.add(np.array([1, 1, 2], np.uint64))
    again = Summary.from_json(json.loads(json.dumps(summary.to_json(whole=True))))
    assert again.to_json(whole=True) == summary.to_json(whole=True)


def test_two_files_together_tell_which_columns_tell_the_label_or_nothing(tmp_path: Path) -> None:
    for name, numbers in (("a", range(2, 60)), ("b", range(60, 99))):
        write(
            tmp_path / "in" / f"{name}.csv", [f"{n % 7},{n},{100 * n},4," for n in numbers], "km,fare,cents,seats,tip"
        )
    done = Outcome(describe(tmp_path / "in", numeric=("km", "cents", "seats", "tip")), tmp_path / "out")
    told = done.summary["columns"]
    assert told == {
        "label": "fare",
        "telling": told["telling"],
        "constant": {"seats": "4"},
        "missing": ["tip"],
        "rows": told["rows"],
        "numbered": {},
    }
    assert told["telling"] == pytest.approx({"cents": 1.0})
