import pytest

from data.draft.written import how_written
from data.errors import DataError

ROWS = [["town", "price", "note"], ["Bern", "1,5", "a, b"], ["Zürich", "2,25", "c"], ["Chur", "3,0", "d"]]


def settings(tmp_path, content):
    file = tmp_path / "t.csv"
    file.write_bytes(content)
    return how_written(str(file)).settings


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_the_delimiter_is_the_one_that_makes_all_lines_alike(tmp_path, delimiter):
    text = "\n".join(delimiter.join(row) for row in ROWS)
    assert settings(tmp_path, text.encode()) == {"delimiter": delimiter}


def test_spaces_beside_commas_part_nothing(tmp_path):
    (tmp_path / "t.csv").write_text(" a , b\n" + " 1 , 2\n" * 50)
    assert not how_written(str(tmp_path / "t.csv")).settings


def test_nothing_is_said_of_a_plain_csv_and_of_one_column(tmp_path):
    assert settings(tmp_path, b'a,b\n1,"x;y;z"\n2,"u;v;w"\n') == {}
    assert settings(tmp_path, b"a\n1\n2\n") == {}
    assert settings(tmp_path, b"sep=;\na;b\n1;2\n") == {}, "the reader knows such a line"


def test_another_encoding_is_named(tmp_path):
    text = "\n".join(";".join(row) for row in ROWS)
    assert settings(tmp_path, text.encode("cp1252")) == {"encoding": "cp1252", "delimiter": ";"}
    assert settings(tmp_path, "a;b\nx;y\n".encode("utf-16-le")) == {"delimiter": ";"}, "the reader knows it"
    assert settings(tmp_path, b"a,b\n\x81,y\n") == {"encoding": "latin-1"}, "0x81 is no letter of cp1252"


def test_a_file_of_numbers_without_a_header_gets_names(tmp_path):
    assert settings(tmp_path, b"1,2.5\n3,4\n") == {"header": ["column_1", "column_2"]}
    assert settings(tmp_path, b"2019,2020\n3,4\n") == {}, "years are names"


def test_what_is_no_table_is_named(tmp_path):
    with pytest.raises(DataError, match="is an Excel or Office file: save the sheet as CSV"):
        settings(tmp_path, b"PK\x03\x04" + b"\0" * 22 + b"[Content_Types].xml")
