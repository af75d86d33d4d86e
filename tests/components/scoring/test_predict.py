"""Tables in, priced tables out: nothing lost, nothing made up, and no TensorFlow on the way."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.device.runtime import Engine
from components.registry.soundness import interface_of
from components.registry.store import CorruptError, Store, StoreError
from components.scoring.predict import predict_file
from data.errors import DataError

Publish = Callable[..., str]

HEADER = "id,pickup_lat,pickup_lon,dropoff_lat,dropoff_lon,start,passengers,company,note"
CLOCK = "wall clock of America/Chicago"
GOOD = "a,41.9,-87.6,41.95,-87.7,2014-05-13 17:00,2,Blue,fine"


@pytest.fixture
def store(tmp_path: Path, publish_tiny: Publish) -> Store:
    store = Store(tmp_path / "models")
    publish_tiny(store)
    return store


@pytest.fixture
def price(store: Store, tmp_path: Path) -> Callable[..., list[dict[str, str]]]:
    """Prices lines below the header; gives back the rows of the output by column."""

    def predictions(*lines: str | bytes, header: str = HEADER) -> list[dict[str, str]]:
        source, output = tmp_path / "in.csv", tmp_path / "out.csv"
        encoded = [line if isinstance(line, bytes) else line.encode() for line in (header, *lines)]
        source.write_bytes(b"\n".join(encoded) + b"\n")
        predict_file(store, None, str(source), output)
        with output.open(encoding="utf-8", errors="surrogateescape", newline="") as stream:
            # Python 3.10 reads no zero byte.
            return list(csv.DictReader(line.replace("\0", "\N{SYMBOL FOR NULL}") for line in stream))

    return predictions


Price = Callable[..., list[dict[str, str]]]


def by_hand(
    passengers: float = 2.0,
    company: int = 1,
    # 17:00 in UTC is noon on Chicago's clocks in May.
    wall: datetime = datetime(2014, 5, 13, 12, tzinfo=timezone.utc),
) -> float:
    """The tiny model's price of the good row, worked out anew."""
    east, north = np.float32(-87.6) - np.float32(-87.7), np.float32(41.95) - np.float32(41.9)
    far = 100 * (abs(float(east)) + abs(float(north)))
    hidden = [far + 0.25 * passengers, 0.5 * far, passengers, 2 * far - passengers]
    return sum(max(one, 0) for one in hidden) + passengers + 0.5 * company + wall.timestamp() / (3600 * 24 * 365)


def test_a_row_is_priced_as_worked_out_by_hand_and_keeps_its_columns(price: Price) -> None:
    (row,) = price(GOOD)
    assert list(row) == [*HEADER.split(","), "prediction", "flags"]
    assert ",".join(list(row.values())[:9]) == GOOD
    assert float(row["prediction"]) == pytest.approx(by_hand(), abs=1e-3)
    assert row["flags"] == ""


def test_the_same_table_is_priced_the_same_from_every_format(store: Store, tmp_path: Path) -> None:
    lines = [HEADER, *(GOOD.replace("41.9,", f"41.9{n},") for n in range(10))]
    plain = tmp_path / "in.csv"
    plain.write_text("\n".join(lines))
    zipped = tmp_path / "in.gz"
    zipped.write_bytes(gzip.compress(plain.read_bytes()))
    columns = dict(zip(HEADER.split(","), zip(*(line.split(",") for line in lines[1:]), strict=True), strict=True))
    typed = {name: list(values) for name, values in columns.items()}
    typed |= {name: [float(v) for v in columns[name]] for name in HEADER.split(",")[1:5]}
    typed["start"] = [datetime.strptime(v, "%Y-%m-%d %H:%M") for v in columns["start"]]
    table = pa.table(typed)
    table = table.set_column(7, "company", table["company"].dictionary_encode())
    table = table.set_column(6, "passengers", table["passengers"].cast(pa.large_string()))
    pq.write_table(table, tmp_path / "in.parquet")
    zoned = table.set_column(5, "start", table["start"].cast(pa.timestamp("us", "UTC")))
    pq.write_table(zoned, tmp_path / "zoned.parquet")
    (tmp_path / "packed").write_bytes(gzip.compress((tmp_path / "in.parquet").read_bytes()))
    found = []
    for source in ("in.csv", "in.gz", "in.parquet", "zoned.parquet", "packed"):
        for output in ("out.csv", "out.csv.gz", "out.parquet"):
            counts = predict_file(store, "000001", str(tmp_path / source), tmp_path / output)
            assert (counts.rows, counts.without_prediction, counts.flagged) == (10, 0, 0)
            found.append(prices(tmp_path / output))
    assert all(one == found[0] for one in found)
    assert len(found[0]) == 10


def prices(path: Path) -> list[float]:
    if path.suffix == ".parquet":
        return [round(one, 5) for one in pq.read_table(path)["prediction"].to_pylist()]
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [round(float(row["prediction"]), 5) for row in csv.DictReader(io.StringIO(content.decode()))]


def test_parquet_keeps_types_and_has_null_where_there_is_no_price(store: Store, tmp_path: Path) -> None:
    columns: dict[str, Any] = {name: [41.9, None] for name in ("pickup_lat", "dropoff_lat")}
    columns |= {name: [-87.6, -87.7] for name in ("pickup_lon", "dropoff_lon")}
    columns |= {"start": ["2014-05-13 17:00"] * 2, "passengers": [2, 1], "company": ["Blue", "Élan"]}
    columns |= {"raw": [b"\xff\x00", b""], "list": [[1], [2, 3]]}
    pq.write_table(pa.table(columns), tmp_path / "in.parquet")
    predict_file(store, None, str(tmp_path / "in.parquet"), tmp_path / "out.parquet")
    result = pq.read_table(tmp_path / "out.parquet")
    assert result.select(list(columns)).equals(pa.table(columns))
    assert result["prediction"].to_pylist()[1] is None
    assert result["flags"].to_pylist() == ["", "pickup_lat: missing"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("41.9,", ","), "pickup_lat: missing"),
        (("41.9,", "north,"), "pickup_lat: not a finite number"),
        (("41.9,", "nan,"), "pickup_lat: not a finite number"),
        (("41.9,", "1e999,"), "pickup_lat: not a finite number"),
        (("41.9,", "95,"), "pickup_lat: outside -90 to 90"),
        (("41.9,-87.6,", "0,0,"), "pickup: 0/0 is no place"),
        (("2014-05-13 17:00", "yesterday"), "start: does not read as %Y-%m-%d %H:%M"),
        (("2014-05-13 17:00", ""), "start: missing"),
        (("2014-05-13 17:00", "2044-05-13 17:00"), "start: outside 1970 to 2038"),
        ((",2,Blue", ",two,Blue"), "passengers: not a finite number"),
        ((",2,Blue", ",,Blue"), "the model gives no finite number"),  # it knows no missing number
        ((",fine", ""), "8 fields, expected 9"),
        ((",fine", ",fine,x"), "10 fields, expected 9"),
        ((GOOD, "a"), "1 fields, expected 9"),
    ],
)
def test_a_row_that_cannot_be_priced_says_why_and_the_rows_around_it_are_priced(
    price: Price, change: tuple[str, str], reason: str
) -> None:
    rows = price(GOOD, GOOD.replace(*change), GOOD)
    assert [bool(row["prediction"]) for row in rows] == [True, False, True]
    assert [row["flags"] for row in rows] == ["", reason, ""]
    assert rows[1]["id"] == "a"


@pytest.mark.parametrize(
    ("change", "flags"),
    [
        (("41.9,", "40.9,"), "pickup_lat: outside the training range 41.5 to 42.5"),
        (("-87.6,", "-86.9,"), "pickup_lon: outside the training range -88 to -87"),
        (("41.95,", "42.6,"), "dropoff_lat: outside the training range 41.5 to 42.5"),
        (("-87.7,", "-88.1,"), "dropoff_lon: outside the training range -88 to -87"),
        ((",2,Blue", ",9,Blue"), "passengers: outside the training range 1 to 6"),
        (("Blue", "Red"), "company: unknown category"),
        (("Blue", ""), "company: missing"),
        (("Blue", "blue"), "company: unknown category"),
        (("2014", "2020"), f"start: outside the training range 2013-01-01 00:00 to 2016-12-31 23:59 on the {CLOCK}"),
        ((",2,Blue", ",9,Red"), "passengers: outside the training range 1 to 6;company: unknown category"),
    ],
)
def test_what_training_did_not_show_is_flagged_and_priced(price: Price, change: tuple[str, str], flags: str) -> None:
    (row,) = price(GOOD.replace(*change))
    assert row["flags"] == flags
    assert math.isfinite(float(row["prediction"]))


def test_categories_become_their_ids(price: Price) -> None:
    rows = price(GOOD, GOOD.replace("Blue", "Élan"), GOOD.replace("Blue", "Red"))
    assert [float(row["prediction"]) - by_hand(company=0) for row in rows] == pytest.approx([0.5, 1.0, 0.0], abs=1e-3)


def test_times_are_read_on_the_wall_clock_of_the_place(price: Price) -> None:
    (winter,) = price(GOOD.replace("05-13", "01-13"))
    wall = datetime(2014, 1, 13, 11, tzinfo=timezone.utc)  # an hour less than in summer
    assert float(winter["prediction"]) == pytest.approx(by_hand(wall=wall), abs=1e-3)


def test_odd_bytes_quotes_and_line_ends_come_out_as_they_went_in(price: Price) -> None:
    notes = ['"a, b"', '"two\nlines"', '"say ""hi"""', '"lone \r return"', b"\xff\xfe latin", "\N{SNOWMAN}", " spaced "]
    start = GOOD.removesuffix("fine").encode()
    rows = price(*(start + (one if isinstance(one, bytes) else one.encode()) for one in notes))
    seen = [row["note"].encode("utf-8", "surrogateescape") for row in rows]
    wanted = ["a, b", "two\nlines", 'say "hi"', "lone \r return", b"\xff\xfe latin", "\N{SNOWMAN}", " spaced "]
    assert seen == [one if isinstance(one, bytes) else one.encode() for one in wanted]
    assert all(row["prediction"] for row in rows)


def test_a_stray_quote_spoils_its_own_line_only(price: Price) -> None:
    for stray in (GOOD.replace("Blue", '"Blue'), GOOD.replace("fine", '"fine'), GOOD.replace("a,", '"a,', 1)):
        rows = price(GOOD, stray, *[GOOD] * 5)
        assert len(rows) == 7
        assert [bool(row["prediction"]) for row in rows[2:]] == [True] * 5


def test_zero_bytes_and_byte_order_marks_and_blank_lines_do_no_harm(price: Price) -> None:
    rows = price(GOOD.replace("fine", "\0"), "", GOOD, "", header="\N{ZERO WIDTH NO-BREAK SPACE}" + HEADER)
    assert [row["id"] for row in rows] == ["a", "a"]
    assert rows[0]["note"] == "\N{SYMBOL FOR NULL}"
    assert all(row["prediction"] for row in rows)


def test_order_is_kept_over_many_stretches(price: Price) -> None:
    rows = price(*(GOOD.replace("a,", f"{n},", 1) for n in range(20_000)))
    assert [row["id"] for row in rows] == [str(n) for n in range(20_000)]


fields = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(fields, min_size=2, max_size=12), max_size=6))
def test_any_well_formed_table_comes_out_with_every_row_and_value(
    store: Store, tmp_path: Path, rows: list[list[str]]
) -> None:
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    with source.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([HEADER.split(","), *rows])
    predict_file(store, None, str(source), output)
    with output.open(newline="", encoding="utf-8") as stream:
        written = list(csv.reader(stream))[1:]
    # A ragged row with a line end inside is taken line by line, since a stray quote looks just like it.
    if all(len(row) == 9 or not any(mark in value for value in row for mark in "\r\n") for row in rows):
        assert [row[:9] for row in written] == [(row + [""] * 9)[:9] for row in rows]
    assert len(written) >= len(rows)
    assert all(len(row) == 11 for row in written)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200))
def test_no_bytes_below_the_header_lose_a_row_or_crash(store: Store, tmp_path: Path, body: bytes) -> None:
    source, output = tmp_path / "in.csv", tmp_path / "out.parquet"
    source.write_bytes(HEADER.encode() + b"\n" + GOOD.encode() + b"\n" + body)
    counts = predict_file(store, None, str(source), output)
    assert counts.rows == pq.read_table(output).num_rows >= 1


def test_missing_columns_are_named_with_those_there(store: Store, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("pickup_lat,pickup_lon,start,passengers,company\n")
    with pytest.raises(DataError, match=r"lacks the columns dropoff_lat, dropoff_lon .*It has: pickup_lat, pickup_lon"):
        predict_file(store, None, str(tmp_path / "in.csv"), tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_a_header_alone_gives_a_header_alone(store: Store, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(HEADER)
    for name in ("out.csv", "out.parquet"):
        assert predict_file(store, None, str(tmp_path / "in.csv"), tmp_path / name).rows == 0
    assert (tmp_path / "out.csv").read_text() == HEADER + ",prediction,flags\n"
    assert pq.read_table(tmp_path / "out.parquet").column_names == [*HEADER.split(","), "prediction", "flags"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"PAR1\x15 and then nothing", "not a Parquet file, or a damaged or truncated one"),
        (gzip.compress(b"x" * 5000, mtime=0)[:-20], "cannot be read to its end"),
        (HEADER.replace("note", "flags").encode(), "column named flags is there already"),
        (HEADER.replace("note", "start").encode(), "more than one column named start"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(store: Store, tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "in").write_bytes(content)
    with pytest.raises(DataError, match=said):
        predict_file(store, None, str(tmp_path / "in"), tmp_path / "out.csv")
    assert sorted(path.name for path in tmp_path.glob("*out*")) == []


def test_sources_and_outputs_that_are_not_there_say_so(store: Store, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(f"{HEADER}\n{GOOD}\n")
    for source, output, said in (
        ("absent.csv", "out.csv", "No such file"),
        (".", "out.csv", "Is a directory"),
        ("in.csv", "out.xlsx", "write to a .csv"),
        ("in.csv", ".", "write to a .csv"),
        ("in.csv", "absent/out.csv", "No such file"),
    ):
        with pytest.raises(DataError, match=said):
            predict_file(store, None, str(tmp_path / source), tmp_path / output)


def test_places_that_take_no_output_say_so_and_leave_nothing_behind(store: Store, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(f"{HEADER}\n" + f"{GOOD}\n" * 300)
    (tmp_path / "folder.csv").mkdir()
    before = sorted(path.name for path in tmp_path.iterdir())
    for output, said in (
        ("/dev/full", "No space left on device"),
        ("/proc/out.csv", "No such file or directory"),
        (str(tmp_path / "in.csv" / "out.csv"), "Not a directory"),
        (str(tmp_path / "folder.csv"), "Is a directory"),
        (str(tmp_path / ("n" * 300 + ".csv")), "File name too long"),
    ):
        with pytest.raises(DataError, match=f"--output .*: {said}"):
            predict_file(store, None, str(tmp_path / "in.csv"), Path(output))
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_row_that_is_no_text_of_the_encoding_keeps_its_place_and_bytes(price: Price) -> None:
    start, end = GOOD.split("Blue")
    rows = price(GOOD, start.encode() + b"Bl\xe9" + end.encode(), GOOD)
    assert [row["flags"] for row in rows] == ["", "company: no text in utf-8", ""]
    assert rows[1]["company"].encode("utf-8", "surrogateescape") == b"Bl\xe9"


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_a_table_with_another_delimiter_is_read_and_written_by_it(
    store: Store, tmp_path: Path, delimiter: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table = f"{HEADER}\n{GOOD}\n".replace(",", delimiter)
    (tmp_path / "in.csv").write_text(table)
    (tmp_path / "usual.csv").write_text(f"{HEADER}\n{GOOD}\n")
    predict_file(store, None, str(tmp_path / "in.csv"), None)
    written = capsys.readouterr().out
    predict_file(store, None, str(tmp_path / "usual.csv"), None)
    assert written == capsys.readouterr().out.replace(",", delimiter)
    assert written.splitlines()[1].startswith(table.splitlines()[1] + delimiter)


def test_of_a_table_that_lacks_columns_by_any_delimiter_no_setting_is_advised(store: Store, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("a;b\n1;2\n")
    with pytest.raises(DataError, match=r"lacks the columns .* the model takes") as error:
        predict_file(store, None, str(tmp_path / "in.csv"), None)
    assert "data." not in str(error.value)


def test_the_output_may_replace_the_input(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "trips.csv"
    path.write_text(f"{HEADER}\n{GOOD}\n")
    predict_file(store, None, str(path), path)
    assert path.read_text().startswith(HEADER + ",prediction,flags\n")


def test_a_table_without_a_header_takes_the_names_of_the_configuration(
    tmp_path: Path, publish_tiny: Publish, tiny_manifest: dict[str, Any]
) -> None:
    store, names = Store(tmp_path / "models"), HEADER.split(",")
    data = {**tiny_manifest["config"]["data"], "header": names, "delimiter": "\t"}
    publish_tiny(store, config={"name": "tiny", "data": data})
    for first in ("", HEADER.replace(",", "\t") + "\n"):
        (tmp_path / "in.csv").write_text(first + GOOD.replace(",", "\t") + "\n")
        assert predict_file(store, None, str(tmp_path / "in.csv"), tmp_path / "out.csv").rows == 1
        lines = (tmp_path / "out.csv").read_text().splitlines()
        assert lines[0] == "\t".join([*names, "prediction", "flags"])
        assert lines[1].startswith("a\t41.9\t")


def test_a_damaged_model_is_never_opened(store: Store, tmp_path: Path) -> None:
    path = store.folder("000001") / "model.tflite"
    path.write_bytes(path.read_bytes()[:-4] + b"oops")
    (tmp_path / "in.csv").write_text(f"{HEADER}\n{GOOD}\n")
    with pytest.raises(CorruptError, match="not what was pushed"):
        predict_file(store, None, str(tmp_path / "in.csv"), None)


def test_a_file_of_another_schema_prices_nothing(
    tmp_path: Path, publish_tiny: Publish, tiny_manifest: dict[str, Any]
) -> None:
    store = Store(tmp_path / "models")
    publish_tiny(store, inputs=[{**one, "dtype": "float32"} for one in tiny_manifest["inputs"]])
    (tmp_path / "in.csv").write_text(f"{HEADER}\n{GOOD}\n")
    with pytest.raises(CorruptError, match=r"the file takes company \(int32\).*says company \(float32\)"):
        predict_file(store, None, str(tmp_path / "in.csv"), None)


def test_columns_that_the_model_does_not_take_are_kept_and_change_nothing(price: Price) -> None:
    (plain,), (more,) = price(GOOD), price(f"{GOOD},7,Red", header=f"{HEADER},tolls,company_2")
    assert (more["tolls"], more["company_2"]) == ("7", "Red")
    assert {**more} == {**plain, "tolls": "7", "company_2": "Red"}


def test_a_version_pushed_before_roles_were_told_gives_the_same_predictions(
    tmp_path: Path, publish_tiny: Publish, tiny_manifest: dict[str, Any], price: Price
) -> None:
    store = Store(tmp_path / "old")
    before = [{key: value for key, value in one.items() if key != "role"} for one in tiny_manifest["inputs"]]
    output = {key: value for key, value in tiny_manifest["output"].items() if key != "source_column"}
    publish_tiny(store, inputs=before, output=output)
    assert [one.role for one in interface_of(store.manifest("000001")).inputs] == [
        *("latitude", "longitude", "latitude", "longitude"),
        *("time", "numeric", "categorical"),
    ]
    (tmp_path / "in.csv").write_text(f"{HEADER}\n{GOOD}\n")
    predict_file(store, None, str(tmp_path / "in.csv"), tmp_path / "out.csv")
    (row,) = csv.DictReader((tmp_path / "out.csv").read_text().splitlines())
    assert row["prediction"] == price(GOOD)[0]["prediction"]


@pytest.mark.parametrize(
    ("place", "change", "reason"),
    [
        (4, {"time_zone": None}, "start has the role time and lacks time_zone"),
        (6, {"vocabulary": None}, "company has the role categorical and lacks vocabulary"),
        (5, {"role": "measure"}, "inputs.5.role"),
        (5, {"dtype": "float64"}, "inputs.5.dtype"),
    ],
)
def test_a_manifest_that_does_not_say_what_the_file_takes_is_refused_with_the_reason(
    tmp_path: Path,
    publish_tiny: Publish,
    tiny_manifest: dict[str, Any],
    place: int,
    change: dict[str, Any],
    reason: str,
) -> None:
    inputs = [{**one, **change} if n == place else one for n, one in enumerate(tiny_manifest["inputs"])]
    store = Store(tmp_path / "models")
    publish_tiny(store, inputs=inputs)
    with pytest.raises(CorruptError, match=f"(?s)model.json does not say what the file takes and gives: .*{reason}"):
        predict_file(store, None, str(tmp_path / "in.csv"), None)


def test_a_manifest_of_another_age_is_refused(tmp_path: Path, publish_tiny: Publish) -> None:
    store = Store(tmp_path / "models")
    publish_tiny(store, manifest_version=7)
    with pytest.raises(StoreError, match="manifest_version is 7"):
        predict_file(store, None, "in.csv", None)


def test_the_engine_agrees_with_the_formula_on_the_test_vectors(
    tiny_tflite: bytes, tiny_vectors: dict[str, Any]
) -> None:
    engine = Engine(tiny_tflite)
    for row in tiny_vectors["rows"]:
        inputs = {
            name: np.array([value], np.int32 if isinstance(value, int) else np.float32)
            for name, value in row["inputs"].items()
        }
        assert engine(inputs) == pytest.approx(row["prediction"], abs=1e-3)


def test_no_heavy_library_is_loaded(store: Store, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(f"{HEADER}\n{GOOD}\n")
    script = (
        "import json, sys; from pathlib import Path; from components.scoring.predict import predict_file;"
        "from components.registry.store import Store;"
        f"predict_file(Store(Path({str(store.root)!r})), None, {str(tmp_path / 'in.csv')!r}, Path('/dev/null'));"
        "print(json.dumps([n for n in ('tensorflow', 'tfx', 'apache_beam', 'rich') if n in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
