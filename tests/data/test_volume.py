"""Numbers of rows estimated from sizes, on real files."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import DataError
from data.files import sizes
from data.volume import BYTES_A_ROW, estimate_rows

LINES = "".join(f"{n},{n * 7 % 1000:03d},2014-05-16 19:45:00\n" for n in range(200_000))


def test_text_is_estimated_from_the_length_of_its_lines(tmp_path: Path) -> None:
    file = tmp_path / "trips.csv"
    file.write_text(LINES)
    assert estimate_rows(sizes([str(file)])) == pytest.approx(200_000, rel=0.05)


def test_gzipped_text_is_estimated_with_its_compression(tmp_path: Path) -> None:
    file = tmp_path / "trips.csv.gz"
    file.write_bytes(gzip.compress(LINES.encode()))
    assert estimate_rows(sizes([str(file)])) == pytest.approx(200_000, rel=0.05)


def test_damaged_gzip_counts_as_text_of_usual_length_until_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "trips.csv.gz"
    file.write_bytes(gzip.compress(LINES.encode())[:2] + b"x" * (10 * BYTES_A_ROW - 2))
    assert estimate_rows(sizes([str(file)])) == 10


def test_parquet_tells_its_number_and_is_added_to_the_others(tmp_path: Path) -> None:
    table, text = tmp_path / "a.parquet", tmp_path / "b.csv"
    pq.write_table(pa.table({"x": list(range(1234))}), table)
    text.write_text("0123456789\n" * 100)
    assert estimate_rows(sizes([str(table), str(text)])) == 1334


def test_a_file_without_lines_and_a_remote_one_count_as_text_of_usual_length(tmp_path: Path) -> None:
    file = tmp_path / "odd"
    file.write_bytes(b"x" * (10 * BYTES_A_ROW))
    assert estimate_rows(sizes([str(file)])) == 10
    assert estimate_rows([("gs://bucket/trips.csv", 500 * BYTES_A_ROW)]) == 500


def test_the_size_of_a_file_on_no_known_filesystem_is_an_error() -> None:
    with pytest.raises(DataError, match="Beam has no filesystem for nowhere://a"):
        sizes(["nowhere://a"])
