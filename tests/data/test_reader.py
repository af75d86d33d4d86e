import gzip
import io
import re

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import csv_reader
from data.errors import DataError
from data.files import match
from data.reader import read
from data.rows import to_rows
from data.spec import Dataset, Label


def describe(**changes):
    return Dataset(**{"source": "-", "label": Label(column="fare"), "numeric": ("km",), **changes})


def write(tmp_path, content, name="trips.csv"):
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(file)


def everything(dataset, file):
    """Lines, values by column and bad rows of a whole file."""
    batches = list(read(dataset, file))
    lines = [line for batch in batches for line in batch.lines.to_pylist()]
    columns = {
        name: [value for batch in batches for value in batch.columns[name].to_pylist()] for name in dataset.columns()
    }
    return lines, columns, [bad for batch in batches for bad in batch.bad_rows]


# Where the source is.


def test_a_path_resolves_to_itself(tmp_path):
    file = write(tmp_path, "km,fare\n")
    assert match(file, "data.source") == [file]


def test_a_folder_resolves_to_its_visible_files_sorted(tmp_path):
    for name in ("b.csv", "a.csv", ".hidden", "_SUCCESS"):
        write(tmp_path, "x", name)
    (tmp_path / "inner").mkdir()
    assert match(str(tmp_path), "data.source") == [str(tmp_path / "a.csv"), str(tmp_path / "b.csv")]


def test_a_glob_resolves_to_its_files_sorted(tmp_path):
    for name in ("2.csv", "1.csv", "3.txt"):
        write(tmp_path, "x", name)
    assert match(str(tmp_path / "*.csv"), "data.source") == [str(tmp_path / "1.csv"), str(tmp_path / "2.csv")]


def test_a_file_inside_a_package_is_found():
    (file,) = match("package:pyarrow/__init__.py", "data.source")
    assert file == pa.__file__


def test_a_missing_file_is_named_with_the_key_and_the_folder_looked_from(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=re.escape(f"data.source: no such file: gone.csv (looked from {tmp_path})")):
        match("gone.csv", "data.source")


def test_the_message_names_the_key_it_was_asked_for(tmp_path):
    with pytest.raises(DataError, match=r"^data.split.eval_source: no such file"):
        match(str(tmp_path / "gone.csv"), "data.split.eval_source")


def test_a_glob_that_matches_nothing_is_told_from_a_missing_file(tmp_path):
    with pytest.raises(DataError, match=r"data.source: the pattern matches no file: .*\*\.csv"):
        match(str(tmp_path / "*.csv"), "data.source")


def test_a_folder_without_files_is_an_error(tmp_path):
    with pytest.raises(DataError, match="holds no files"):
        match(str(tmp_path), "data.source")


def test_an_absent_package_is_named():
    with pytest.raises(DataError, match=r"package:no_such_thing/a.csv: no package named 'no_such_thing' is installed"):
        match("package:no_such_thing/a.csv", "data.source")


# What is in it.


def test_csv_with_a_header_is_read_as_text_with_its_lines(tmp_path):
    lines, columns, bad = everything(describe(), write(tmp_path, "km,other,fare\n1,x,5.0\n2,y,\n"))
    assert lines == [2, 3]
    assert columns == {"km": [b"1", b"2"], "fare": [b"5.0", b""]}
    assert bad == []


def test_csv_without_a_header_takes_its_names_from_the_description(tmp_path):
    dataset = describe(header=("fare", "other", "km"))
    lines, columns, bad = everything(dataset, write(tmp_path, "5,x,1\n6,y\n7,z,2\n"))
    assert lines == [1, 3]
    assert columns == {"km": [b"1", b"2"], "fare": [b"5", b"7"]}
    assert [(row.line, row.reason) for row in bad] == [(2, "2 fields, expected 3")]


def test_gzip_is_read_like_plain_text(tmp_path):
    text = b"km,fare\n1,5\n\n2\n3,7\n"
    plain = everything(describe(), write(tmp_path, text))
    lines, columns, bad = everything(describe(), write(tmp_path, gzip.compress(text), "trips.csv.gz"))
    assert (lines, columns) == plain[:2]
    assert lines == [2, 5]
    assert [row.line for row in bad] == [4]


def test_parquet_keeps_its_types_and_counts_rows(tmp_path):
    file = str(tmp_path / "trips.parquet")
    pa.parquet.write_table(pa.table({"fare": [5.5, None], "km": pa.array([1, 2], pa.int16()), "x": ["a", "b"]}), file)
    lines, columns, bad = everything(describe(), file)
    assert (lines, bad) == ([1, 2], [])
    assert columns == {"km": [1, 2], "fare": [5.5, None]}


def test_the_format_may_be_given_where_the_name_says_nothing(tmp_path):
    file = str(tmp_path / "trips.bin")
    pa.parquet.write_table(pa.table({"fare": [5.5], "km": [1.0]}), file)
    assert everything(describe(format="parquet"), file)[1] == {"km": [1.0], "fare": [5.5]}


def test_another_delimiter_is_read_when_asked_for(tmp_path):
    columns = everything(describe(delimiter=";"), write(tmp_path, "km;fare\n1;5\n"))[1]
    assert columns == {"km": [b"1"], "fare": [b"5"]}


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    assert everything(describe(), write(tmp_path, b"\xef\xbb\xbfkm,fare\n1,5\n"))[1] == {"km": [b"1"], "fare": [b"5"]}


def test_windows_line_ends_are_no_part_of_values_and_lines_stay_right(tmp_path):
    lines, columns, bad = everything(describe(), write(tmp_path, b"km,fare\r\n1,5\r\n\r\n2\r\n3,7\r\n"))
    assert columns == {"km": [b"1", b"3"], "fare": [b"5", b"7"]}
    assert lines == [2, 5]
    assert [row.line for row in bad] == [4]


def test_latin_1_bytes_pass_through(tmp_path):
    file = write(tmp_path, "km,fare,company\n1,5,Señor\n".encode("latin-1"))
    columns = everything(describe(categorical=("company",)), file)[1]
    assert columns["company"] == ["Señor".encode("latin-1")]


def test_a_header_that_is_no_utf8_is_refused_in_words(tmp_path):
    with pytest.raises(DataError, match=r"the header line is not UTF-8 .* save the file as UTF-8"):
        everything(describe(), write(tmp_path, "km,fare,compañía\n1,5,x\n".encode("latin-1")))


def test_a_header_alone_gives_no_rows(tmp_path):
    assert everything(describe(), write(tmp_path, "km,fare\n")) == ([], {"km": [], "fare": []}, [])


# What is wrong with it.


@pytest.mark.parametrize("content", [b"", b"\n\n", b"km,fare"])
def test_an_empty_file_says_so(tmp_path, content):
    with pytest.raises(DataError, match="is empty: "):
        everything(describe(), write(tmp_path, content))


def test_an_empty_gzip_file_says_so(tmp_path):
    with pytest.raises(DataError, match="is empty: "):
        everything(describe(), write(tmp_path, gzip.compress(b""), "trips.csv.gz"))


def test_a_missing_column_is_named_beside_those_that_are_there(tmp_path):
    file = write(tmp_path, "km,fair\n1,5\n")
    with pytest.raises(
        DataError,
        match=re.escape(f"{file} lacks the column fare that the configuration describes. It has: km, fair."),
    ):
        everything(describe(), file)


def test_several_missing_columns_are_all_named(tmp_path):
    with pytest.raises(DataError, match="lacks the columns km, fare that"):
        everything(describe(), write(tmp_path, "a,b\n1,5\n"))


def test_a_missing_parquet_column_is_named_beside_those_that_are_there(tmp_path):
    file = str(tmp_path / "trips.parquet")
    pa.parquet.write_table(pa.table({"km": [1.0], "fair": [2.0]}), file)
    with pytest.raises(DataError, match=r"lacks the column fare that .* It has: km, fair\."):
        everything(describe(), file)


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_a_wrong_delimiter_is_guessed_at(tmp_path, delimiter):
    with pytest.raises(DataError, match=r"The first line is one field, so data.delimiter ',' may be wrong"):
        everything(describe(), write(tmp_path, f"km{delimiter}fare\n1{delimiter}5\n"))


def test_two_columns_of_one_name_are_refused_when_the_name_is_wanted(tmp_path):
    with pytest.raises(DataError, match="has more than one column named fare; rename one of them"):
        everything(describe(), write(tmp_path, "km,fare,fare\n1,5,6\n"))


def test_two_columns_of_one_name_do_no_harm_when_nobody_wants_them(tmp_path):
    assert everything(describe(), write(tmp_path, "km,x,x,fare\n1,2,3,5\n"))[1] == {"km": [b"1"], "fare": [b"5"]}


@pytest.mark.parametrize("cut", [5, 40])
def test_a_truncated_gzip_file_is_an_error_and_not_a_short_table(tmp_path, cut):
    whole = gzip.compress("".join(["km,fare\n", *[f"{i},{i * i}\n" for i in range(5000)]]).encode())
    with pytest.raises(DataError, match=r"cannot be read to its end .*; is it truncated\?"):
        everything(describe(), write(tmp_path, whole[:-cut], "trips.csv.gz"))


def test_a_file_that_only_claims_to_be_gzip_is_refused(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        everything(describe(), write(tmp_path, "km,fare\n1,5\n", "trips.csv.gz"))


@pytest.mark.parametrize("content", [b"", b"km,fare\n1,5\n"])
def test_a_file_that_only_claims_to_be_parquet_is_refused(tmp_path, content):
    with pytest.raises(DataError, match="not a Parquet file"):
        everything(describe(), write(tmp_path, content, "trips.parquet"))


def test_ragged_rows_are_kept_apart_with_line_reason_and_text(tmp_path):
    file = write(tmp_path, "km,fare\n1,5\n2\n3,7,9\n4,8\n5\n")
    lines, columns, bad = everything(describe(), file)
    assert lines == [2, 5]
    assert columns["km"] == [b"1", b"4"]
    assert [(row.file, row.line, row.reason, row.text) for row in bad] == [
        (file, 3, "1 fields, expected 2", "2"),
        (file, 4, "3 fields, expected 2", "3,7,9"),
        (file, 6, "1 fields, expected 2", "5"),
    ]


def test_a_file_of_nothing_but_ragged_rows_loses_none(tmp_path):
    lines, _, bad = everything(describe(), write(tmp_path, "km,fare\n1\n2\n\n3\n"))
    assert lines == []
    assert [row.line for row in bad] == [2, 3, 5]


def test_lines_are_those_an_editor_shows_behind_blank_lines_and_quoted_line_breaks(tmp_path):
    file = write(tmp_path, '\nkm,note,fare\n\n1,"a\n\nb ""c""\n",5\n2,x\n\n3,"y, ""z""",7\n')
    lines, columns, bad = everything(describe(), file)
    assert columns["fare"] == [b"5", b"7"]
    assert lines == [4, 10]
    assert [row.line for row in bad] == [8]


def test_a_quote_inside_a_plain_value_opens_nothing(tmp_path):
    lines, columns, _ = everything(describe(), write(tmp_path, 'km,note,fare\n1,5" pipe,5\n2,"say ""5",6\n3,,7\n'))
    assert lines == [2, 3, 4]
    assert columns["fare"] == [b"5", b"6", b"7"]


@pytest.mark.parametrize("block_bytes", [24, 30, 37, 64, 200])
def test_lines_stay_right_across_blocks(tmp_path, monkeypatch, block_bytes):
    # Small blocks: ragged rows fall before, on and behind the borders, and the parser runs ahead of the batches.
    monkeypatch.setattr(csv_reader, "BLOCK_BYTES", block_bytes)
    body = ["10,50,x", "20", "", "30,70,y", '40,80,"a\nb"', "50,90,z", "60,1,2,3", "70,11,x", "80,12,x", "9"] * 4
    lines, columns, bad = everything(describe(), write(tmp_path, "km,fare,note\n" + "\n".join(body) + "\n"))
    expected_good, expected_bad, line = [], [], 2
    for row in body:
        if row:
            (expected_good if row.count(",") == 2 else expected_bad).append((line, row.split(",")[0]))
        line += 1 + row.count("\n")
    assert list(zip(lines, [km.decode() for km in columns["km"]], strict=True)) == expected_good
    assert [(row.line, row.text.split(",")[0]) for row in bad] == expected_bad


def test_a_column_without_a_role_may_hold_anything(tmp_path, monkeypatch):
    # Its type must not be guessed from the first block.
    monkeypatch.setattr(csv_reader, "BLOCK_BYTES", 32)
    file = write(tmp_path, "km,fare,zip\n" + "1,5,60601\n" * 9 + "1,5,unknown\n")
    assert len(everything(describe(), file)[0]) == 10


def test_a_quote_that_is_never_closed_is_asked_about_where_it_swallows_a_block(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_reader, "BLOCK_BYTES", 32)
    with pytest.raises(DataError, match=r"cannot be read as CSV .* Is there a quote that is never closed\?"):
        everything(describe(), write(tmp_path, 'km,fare\n1,5\n"2,6\n' + "3,7\n" * 40))


FIELD = st.text(alphabet='019.-e,"\n\r;x é\t', max_size=6)


def csv_record(fields, always_quoted):
    """One record after RFC 4180; Python's own writer leaves a lone carriage return bare."""
    quoted = always_quoted or fields == [""]
    return ",".join(
        '"' + field.replace('"', '""') + '"' if quoted or set(field) & set(',"\r\n') else field for field in fields
    )


@settings(max_examples=150)
@given(
    records=st.lists(st.lists(FIELD, min_size=1, max_size=4), max_size=12),
    line_end=st.sampled_from(["\n", "\r\n"]),
    always_quoted=st.booleans(),
    blank_lines=st.booleans(),
)
def test_every_record_is_either_accepted_or_rejected_on_its_line(
    tmp_path_factory, records, line_end, always_quoted, blank_lines
):
    text, starts = f"km,fare,note{line_end}", []
    for record in records:
        starts.append(len(io.StringIO(text, newline=None).readlines()) + 1)
        text += csv_record(record, always_quoted) + line_end * (1 + blank_lines)
    file = tmp_path_factory.mktemp("generated") / "trips.csv"
    file.write_bytes(text.encode())
    dataset = describe(categorical=("note",))
    found_lines, accepted, rejected = [], 0, 0
    for batch in read(dataset, str(file)):
        rows = to_rows(dataset, batch)
        assert len(rows.rejects.lines) == len(rows.rejects.reasons) == len(rows.rejects.values)
        assert all(rows.rejects.reasons)
        assert all(len(column) == len(rows) for column in rows.columns.values())
        accepted += len(rows)
        rejected += len(rows.rejects.lines)
        found_lines += batch.lines.to_pylist() + [row.line for row in batch.bad_rows]
        assert set(rows.rejects.lines) <= set(found_lines)
    assert accepted + rejected == len(records)
    assert sorted(found_lines) == starts
