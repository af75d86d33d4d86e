"""Files are known by what they hold: packed ones are unpacked, and what is no table is told what it is."""

import bz2
import gzip
import io
import lzma
import zipfile

import pyarrow as pa
import pytest

from data.content import as_utf8, is_parquet, unpacked
from data.errors import DataError, printable

TEXT = b"km,fare\n" + b"1,5\n" * 3000


def content(path, encoding="utf-8"):
    with unpacked(str(path), "trips") as (head, stream):
        text, pieces = as_utf8(head, stream, encoding, "trips"), []
        while piece := text.read(1000):
            pieces.append(piece)
    return b"".join(pieces)


def by_arrow(codec):
    def pack(plain):
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, codec) as stream:
            stream.write(plain)
        return sink.getvalue().to_pybytes()

    return pack


PACKERS = {"gzip": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zstd": by_arrow("zstd")}


@pytest.mark.parametrize("packer", PACKERS)
def test_a_packed_file_is_unpacked_whatever_its_name_and_however_often(tmp_path, packer):
    path, pack = tmp_path / "trips.csv", PACKERS[packer]
    for packed in (pack(TEXT), gzip.compress(pack(TEXT)), pack(TEXT[:5000]) + pack(TEXT[5000:])):
        path.write_bytes(packed)
        assert content(path) == TEXT


@pytest.mark.parametrize("packer", PACKERS)
def test_a_packed_file_that_is_cut_is_no_short_one(tmp_path, packer):
    packed = PACKERS[packer](TEXT)
    for size in (len(packed) - 1, len(packed) // 2):
        (tmp_path / "trips").write_bytes(packed[:size])
        with pytest.raises(DataError, match=r"cannot be read to its end .*; is it truncated\?"):
            content(tmp_path / "trips")


def zipped(name):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, TEXT)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (zipped("a.csv"), "is a zip archive: unzip it"),
        (gzip.compress(zipped("a.csv")), "is a zip archive: unzip it"),
        (zipped("[Content_Types].xml"), "is an Excel or Office file: save the sheet as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "is an old Excel or Office file: save the sheet as CSV"),
        (b"%PDF-1.7\n%\xe2\xe3", "is a PDF: export the table"),
        (b"a.csv".ljust(257, b"\0") + b"ustar\0" + TEXT, "is a tar archive: unpack it"),
        (b"<!DOCTYPE html><html>", "is a web page"),
        (b'{"a": 1, "b": 2}\n{"a": 3}', "is JSON"),
        (b'\xef\xbb\xbf[\n  {\n "a": 1}]', "is JSON"),
        (b"\x93NUMPY\x01\x00v\x00{'descr'", "is an array of NumPy"),
        (bytes(range(256)) * 4, "is binary, neither text nor Parquet"),
        (b"", "is empty"),
        (gzip.compress(b"", mtime=0), "is empty"),
    ],
)
def test_what_is_no_table_is_told_what_it_is_and_what_to_do(tmp_path, held, said):
    (tmp_path / "trips").write_bytes(held)
    with pytest.raises(DataError, match=said):
        content(tmp_path / "trips")


@pytest.mark.parametrize("first", [b"PAR1", b"BZh9", b"ORC", b"PK", b"FEA1", b"Rar!", b"Obj"])
def test_a_column_may_be_named_as_another_kind_of_file_begins(tmp_path, first):
    (tmp_path / "trips").write_bytes(first + b",fare\n1,5\n")
    assert content(tmp_path / "trips") == first + b",fare\n1,5\n"
    assert not is_parquet(first + b",fare")


def test_text_of_another_encoding_comes_out_as_utf8_across_reads(tmp_path):
    text = "Senor, 東京\n" * 700
    for encoding in ("utf-16", "utf-16-le", "utf-32", "shift_jisx0213"):
        (tmp_path / "trips").write_bytes(text.encode(encoding))
        assert content(tmp_path / "trips", encoding).decode() == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_byte_order_mark_is_known_by_its_zero_bytes(tmp_path, encoding):
    (tmp_path / "trips").write_bytes("km,fare\n1,5\n".encode(encoding))
    assert content(tmp_path / "trips") == b"km,fare\n1,5\n"


def test_a_lone_half_of_a_character_is_marked_and_never_text(tmp_path):
    for held, encoding in ((b"a\0\x00\xd8b\0", "utf-16-le"), (b"a\x81b", "cp1252"), (b"a\xe9\xc3\xa9", "ascii")):
        (tmp_path / "trips").write_bytes(held)
        with pytest.raises(UnicodeDecodeError):
            content(tmp_path / "trips", encoding).decode()


def test_control_characters_are_escaped_where_text_is_shown():
    assert printable("a\x1b[2Jé\n\x07") == r"a\x1b[2Jé\n\x07"
