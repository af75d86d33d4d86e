import gzip
import io
import json
import re
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import csv_header
from data.errors import DataError
from data.files import below, match
from data.reader import read
from data.rows import to_rows
from data.sources import locate
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


@pytest.mark.parametrize(
    "name", ["trips[1].csv", "a:b.csv", "~trips.csv", "*.csv", "{YYYY}.csv", "what?.csv", "{1}.csv"]
)
def test_a_file_that_is_there_is_taken_before_its_name_is_a_pattern(tmp_path, monkeypatch, name):
    write(tmp_path, "x", "1.csv")
    file = write(tmp_path, "km,fare\n", name)
    monkeypatch.chdir(tmp_path)
    for source in (file, name):
        assert match(source, "data.source") == [source]
        assert locate(describe(source=source)).all_files() == [source]
    assert below(str(tmp_path), name) == file


def test_a_pattern_in_a_folder_with_brackets_means_what_it_says(tmp_path):
    folder = tmp_path / "a[1]b"
    folder.mkdir()
    for name in ("span-1.csv", "span-2.csv"):
        write(folder, "km,fare\n", name)
    files = [str(folder / "span-1.csv"), str(folder / "span-2.csv")]
    assert match(below(str(folder), "span-*.csv"), "data.source") == files
    assert locate(describe(source=below(str(folder), "span-{SPAN}.csv"))).labels() == ["1", "2"]


def test_addresses_and_absolute_paths_count_from_no_folder():
    for path in ("gs://bucket/trips.csv", "package:tfx/trips.csv", "/absent/*.csv"):
        assert below("/somewhere", path) == path


def test_a_file_inside_a_package_is_found():
    (file,) = match("package:pyarrow/__init__.py", "data.source")
    assert file == pa.__file__


def test_a_missing_file_is_named_with_the_key_and_the_folder_looked_from(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=re.escape(f"data.source: no such file: gone.csv (looked from {tmp_path})")):
        match("gone.csv", "data.source")


def test_the_message_names_the_key_it_was_asked_for(tmp_path):
    with pytest.raises(DataError, match=r"^data.split.test_source: no such file"):
        match(str(tmp_path / "gone.csv"), "data.split.test_source")


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


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-16-le", "utf-8", "UTF8", "utf-8-sig"])
def test_text_is_read_in_the_encoding_that_is_stated(tmp_path, encoding):
    file = write(tmp_path, "km,fare,compañía\n1,5,Señor\n2,6,x\n".encode(encoding))
    dataset = describe(categorical=("compañía",), encoding=encoding)
    lines, columns, bad = everything(dataset, file)
    assert (lines, columns["compañía"], bad) == ([2, 3], ["Señor".encode(), b"x"], [])


def test_a_byte_order_mark_says_more_than_the_stated_encoding(tmp_path):
    file = write(tmp_path, "km,fare,company\n1,5,Señor\n".encode("utf-16"))
    assert everything(describe(categorical=("company",)), file)[1]["company"] == ["Señor".encode()]


def test_what_is_no_text_in_the_encoding_makes_its_row_a_reject_that_names_the_column(tmp_path):
    file = write(tmp_path, b"km,fare,company\n1,5,Se\xf1or\n2,6,Blue\n3,7,a\x81b\n")
    for encoding, seen in (("utf-8", [2, 4]), ("cp1252", [4]), ("latin-1", [])):
        lines, columns, bad = everything(describe(categorical=("company",), encoding=encoding), file)
        assert [row.line for row in bad] == seen
        assert {row.reason for row in bad} <= {f"company: no text in {encoding}; is data.encoding another?"}
        assert lines == [line for line in (2, 3, 4) if line not in seen]
    assert columns["company"] == ["Señor".encode(), b"Blue", b"a\xc2\x81b"]


def test_what_is_no_text_does_no_harm_in_a_column_that_nobody_reads(tmp_path):
    lines, _, bad = everything(describe(), write(tmp_path, b"km,fare,note\n1,5,Se\xf1or\n2,6,\xff\xfe\n"))
    assert (lines, bad) == ([2, 3], [])


def test_a_ragged_row_with_a_latin_1_byte_is_a_reject_like_another(tmp_path):
    lines, _, (bad,) = everything(describe(), write(tmp_path, b"km,fare\n1,5,Se\xf1or\n2,6\n"))
    assert lines == [3]
    assert (bad.line, bad.reason, bad.text) == (2, "3 fields, expected 2", r"1,5,Se\xf1or")


def test_a_header_that_is_no_utf8_is_refused_in_words(tmp_path):
    with pytest.raises(DataError, match=r"line 2: the header is not utf-8 .*; set data.encoding, such as latin-1"):
        everything(describe(), write(tmp_path, "\nkm,fare,compañía\n1,5,x\n".encode("latin-1")))


@pytest.mark.parametrize("first", ["sep=;\n", "sep=;\r\n", "SEP=;\n", '"sep=;"\n'])
def test_the_delimiter_of_a_first_line_for_excel_is_taken_at_its_word(tmp_path, first):
    lines, columns, bad = everything(describe(), write(tmp_path, first + "km;fare\n1,5;5\n2\n"))
    assert (lines, columns["km"], [row.line for row in bad]) == ([3], [b"1,5"], [4])


def test_a_named_header_is_not_needed_where_the_first_line_has_the_names(tmp_path):
    dataset = describe(header=("fare", "other", "km"))
    assert everything(dataset, write(tmp_path, "km,fare\n1,5\n"))[0] == [2]


def test_a_header_alone_gives_no_rows(tmp_path):
    for text in ("km,fare\n", "km,fare"):
        assert everything(describe(), write(tmp_path, text)) == ([], {"km": [], "fare": []}, [])


# What is wrong with it.


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_says_so(tmp_path, content):
    with pytest.raises(DataError, match="is empty: "):
        everything(describe(), write(tmp_path, content))


def test_an_empty_gzip_file_says_so(tmp_path):
    with pytest.raises(DataError, match="is empty: "):
        everything(describe(), write(tmp_path, gzip.compress(b""), "trips.csv.gz"))


def test_a_missing_column_is_named_beside_those_that_are_there(tmp_path):
    file = write(tmp_path, "km,fair\n1,5\n")
    said = f"{file} lacks the column fare that the configuration describes. Did you mean fair? It has: km, fair."
    with pytest.raises(DataError, match=re.escape(said)):
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
    told = re.escape(f"one field by data.delimiter ','; set data.delimiter: {json.dumps(delimiter)}.")
    with pytest.raises(DataError, match=told):
        everything(describe(), write(tmp_path, f"km{delimiter}fare\n1{delimiter}5\n"))


def test_single_quotes_around_the_header_quote_the_values_too(tmp_path):
    rows = ["'km';'fare';'town'", "1;5;'St. John''s; north'", '2;6;O"Neil "x"', "3;7;'a'b", "4;8;'a\nb'"]
    dataset = describe(delimiter=";", categorical=("town",))
    for ending in ("\n", "\r\n"):
        lines, columns, bad = everything(dataset, write(tmp_path, ending.join(rows) + ending))
        assert (lines, columns["km"]) == ([2, 3, 5], [b"1", b"2", b"4"])
        assert columns["town"] == [b"St. John's; north", b'O"Neil "x"', b"a\nb"]
        assert [(one.line, one.reason, one.text) for one in bad] == [
            (4, "text behind a closing quote", "3;7;'a'b"),
        ]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("km,fare,'town'", b"'x'"),  # one name of several
        ("'km',\"fare\",'town'", b"'x'"),
        ("km,fare,town", b"'x'"),
    ],
)
def test_a_single_quote_is_a_letter_where_not_all_names_stand_in_them(tmp_path, header, value):
    names = [one.strip('"') for one in header.split(",")]
    dataset = describe(label=Label(column=names[1]), numeric=(names[0],), categorical=(names[2],))
    assert everything(dataset, write(tmp_path, f"{header}\n1,5,'x'\n"))[1][names[2]] == [value]


def test_a_description_that_names_columns_with_their_quotes_still_reads_them(tmp_path):
    dataset = describe(label=Label(column="'fare'"), numeric=("'km'",))
    assert everything(dataset, write(tmp_path, "'km','fare'\n1,5\n"))[1] == {"'km'": [b"1"], "'fare'": [b"5"]}


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


def test_a_file_is_what_it_holds_and_not_what_its_name_says(tmp_path):
    table = pa.BufferOutputStream()
    pa.parquet.write_table(pa.table({"km": [b"1"], "fare": [b"5"]}), table)
    text, parquet = b"km,fare\n1,5\n", table.getvalue().to_pybytes()
    for content in (text, parquet):
        for name in ("trips.csv.gz", "trips.parquet", "trips.csv", "trips"):
            for packed in (content, gzip.compress(content)):
                assert everything(describe(), write(tmp_path, packed, name))[1] == {"km": [b"1"], "fare": [b"5"]}


def test_a_stated_format_that_the_file_is_not_is_refused(tmp_path):
    with pytest.raises(DataError, match="not a Parquet file"):
        everything(describe(format="parquet"), write(tmp_path, "km,fare\n1,5\n"))


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
    monkeypatch.setattr(csv_header, "BLOCK_BYTES", block_bytes)
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
    monkeypatch.setattr(csv_header, "BLOCK_BYTES", 32)
    file = write(tmp_path, "km,fare,zip\n" + "1,5,60601\n" * 9 + "1,5,unknown\n")
    assert len(everything(describe(), file)[0]) == 10


@pytest.mark.parametrize("block_bytes", [100, 1 << 20])
def test_stray_quotes_spoil_their_own_lines_only(tmp_path, monkeypatch, block_bytes):
    monkeypatch.setattr(csv_header, "BLOCK_BYTES", block_bytes)
    rows = [f"{n},{n % 9},a,b,fine" for n in range(300)]
    rows[100], rows[200], rows[250] = '100,1,a,b,"open', '200,2,a,b,shut"', '"250,3,a,b,x'
    lines, _, bad = everything(describe(), write(tmp_path, "\n".join(["km,fare,p,q,note", *rows])))
    assert [row.line for row in bad] == [102, 252]
    assert {row.reason for row in bad} == {"a quote that its row does not close"}
    assert lines == sorted({*range(2, 302)} - {102, 252})


def test_a_stray_quote_in_the_header_stops_with_its_line(tmp_path):
    with pytest.raises(DataError, match=r"trips.csv, line 1: a quote that its row does not close, in the header"):
        everything(describe(), write(tmp_path, 'km,"fare\n1,5\n'))


def test_a_failure_at_the_header_ends_no_process(tmp_path):
    # Threads of a reader that is left open abort the process now and then, with code 134.
    file = write(tmp_path, gzip.compress(b"a,b\n" + b"1,2\n" * 400_000), "trips.csv.gz")
    script = (
        "from data.errors import DataError; from data.reader import read; from data.spec import Dataset\n"
        f"described = Dataset(source='-', label={{'column': 'fare'}}, numeric=('km',))\n"
        "for _ in range(20):\n"
        f"    try: next(read(described, {file!r}))\n"
        "    except DataError as error: kept = error\n"
    )
    for _ in range(2):
        subprocess.run([sys.executable, "-c", script], check=True)


FIELD = st.text(alphabet='019.-e,"\n\r;x é\t', max_size=6)


def csv_record(fields, always_quoted):
    """One record after RFC 4180; Python's own writer leaves a lone carriage return bare."""
    quoted = always_quoted or fields == [""]
    return ",".join(
        '"' + field.replace('"', '""') + '"' if quoted or set(field) & set(',"\r\n') else field for field in fields
    )


@settings(max_examples=150)
@given(
    # Of a ragged record with a line end inside, each line is one: a stray quote looks just like it.
    records=st.lists(
        st.one_of(
            st.lists(FIELD, min_size=3, max_size=3),
            st.lists(FIELD.map(lambda text: re.sub("[\r\n]", " ", text)), min_size=1, max_size=4),
        ),
        max_size=12,
    ),
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
