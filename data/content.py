"""Opens a file by what it holds, whatever its name: packed or plain, Parquet or text; what is no table is named."""

import bz2
import codecs
import gzip
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from data.errors import DataError

HEAD_BYTES = 4096
READ_ERRORS = (OSError, EOFError, zlib.error, lzma.LZMAError, pa.ArrowException)
"""What a damaged or truncated file raises while it is read."""


def _by_arrow(codec: str) -> Callable[[Any], Any]:
    return lambda stream: pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), codec)


_PACKED: dict[bytes, Callable[[Any], Any]] = {
    b"\x1f\x8b": lambda stream: gzip.GzipFile(fileobj=stream),
    **{b"BZh%d1AY&SY" % level: bz2.BZ2File for level in range(1, 10)},
    **{b"BZh%d\x17rE8P\x90" % level: bz2.BZ2File for level in range(1, 10)},  # of nothing
    b"\xfd7zXZ\x00": lzma.LZMAFile,
    b"\x28\xb5\x2f\xfd": _by_arrow("zstd"),
    b"\x04\x22\x4d\x18": _by_arrow("lz4"),
}
_SAVE = "save the sheet as CSV and give that file"
_FOREIGN = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": f"an old Excel or Office file: {_SAVE}",
    b"%PDF": "a PDF: export the table as CSV and give that file",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive: unpack it and give the file inside",
    b"Rar!\x1a\x07": "a RAR archive: unpack it and give the file inside",
    b"\x1f\x9d": "packed by `compress`: unpack it with `gunzip` and give the file inside",
    b"SQLite format 3\0": "an SQLite database: export the table as CSV or Parquet",
    b"Obj\x01": "an Avro file: convert it to Parquet",
    b"ARROW1\0\0": "an Arrow file: convert it to Parquet",
    b"\x89HDF": "an HDF5 file: convert it to Parquet",
    b"\x93NUMPY": "an array of NumPy: write it with column names, as CSV or Parquet",
}
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",  # begins like UTF-16
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_CONTROLS = bytes(sorted({*range(32)} - set(b"\t\n\v\f\r\x1b")))


def is_parquet(head: bytes) -> bool:
    """Whether these are the first bytes of Parquet, and not of a CSV whose first column is named `PAR1`."""
    return head.startswith(b"PAR1") and head[4:5] < b"\x20"


class _Again:
    """A stream whose first bytes, already read, come once more."""

    closed = False

    def __init__(self, head: bytes, stream: Any) -> None:
        self._head, self._stream = head, stream

    def read(self, size: int = -1) -> bytes:
        head, self._head = self._head, b""
        if 0 <= size < len(head):
            head, self._head = head[:size], head[size:]
        rest = self._stream.read(size - len(head) if size >= 0 else -1) if size != len(head) else b""
        return head + bytes(rest)

    def close(self) -> None:
        """Arrow closes what it reads; here the owner does."""


class _AsUtf8:
    """Text of another encoding as UTF-8; what is no text of it becomes lone surrogates, which are no UTF-8 either."""

    def __init__(self, stream: Any, encoding: str) -> None:
        self._stream, self._decoder = stream, codecs.getincrementaldecoder(encoding)("farelite.mark")

    def read(self, size: int) -> bytes:
        while chunk := self._stream.read(size):
            if text := self._decoder.decode(chunk):
                return text.encode("utf-8", "surrogatepass")
        return self._decoder.decode(b"", True).encode("utf-8", "surrogatepass")


def _mark(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return "".join(chr(0xDC00 + one) for one in error.object[error.start : error.end]), error.end


codecs.register_error("farelite.mark", _mark)


@contextmanager
def unpacked(path: str, file: str) -> Iterator[tuple[bytes, Any]]:
    """The first bytes of a file and a stream of all, decompressed as often as it was packed.

    Raises:
        DataError: it is empty, or not there.
    """
    with ExitStack() as opened:
        try:
            raw = opened.enter_context(Path(path).open("rb"))
        except OSError as error:
            raise DataError(f"{file}: {error.strerror} (looked from {Path.cwd()})") from error
        try:
            head, stream = _peeked(raw)
            while unpack := next((how for magic, how in _PACKED.items() if head.startswith(magic)), None):
                inner = unpack(stream)
                opened.callback(inner.close)
                head, stream = _peeked(inner)
            if not head:
                raise DataError(f"{file} is empty: not even a header line")
            yield head, stream
        except READ_ERRORS as error:
            raise DataError(f"{file}: cannot be read to its end ({error}); is it truncated?") from error


def _peeked(stream: Any) -> tuple[bytes, Any]:
    head = b""
    while len(head) < HEAD_BYTES and (more := stream.read(HEAD_BYTES - len(head))):
        head += more
    return head, _Again(head, stream)


def as_utf8(head: bytes, stream: Any, encoding: str, file: str) -> Any:
    """The stream as UTF-8 without a byte order mark; such a mark says more than `encoding` does.

    Raises:
        DataError: the first bytes are those of something else than text.
    """
    _refuse_foreign(head, file)
    for mark, found in _MARKS.items():
        if head.startswith(mark):
            if found == "utf-8":
                stream.read(len(mark))
                return stream
            return _AsUtf8(stream, found)
    if encoding.startswith(("utf-16", "utf-32")):
        return _AsUtf8(stream, encoding)
    first = head.split(b"\n", 1)[0]
    if order := _missing_mark(first):
        return _AsUtf8(stream, order)
    _refuse_binary(first, file)
    return stream if encoding == "utf-8" else _AsUtf8(stream, encoding)


def _refuse_foreign(head: bytes, file: str) -> None:
    if head.startswith(b"PK") and head[2:4] in (b"\x03\x04", b"\x05\x06", b"\x07\x08"):
        if b"[Content_Types].xml" in head or b"xl/" in head or b"opendocument" in head:
            raise DataError(f"{file} is an Excel or Office file: {_SAVE}")
        raise DataError(f"{file} is a zip archive: unzip it and give the file inside")
    if head[257:262] == b"ustar":
        raise DataError(f"{file} is a tar archive: unpack it and give the file inside")
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise DataError(f"{file} is {what}")
    if head[:200].lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        raise DataError(f"{file} is a web page or XML, no table; was a page saved in place of the data?")
    if re.match(rb"\s*(\[\s*)?\{\s*\"", head.removeprefix(codecs.BOM_UTF8)):
        raise DataError(
            f"{file} is JSON, no table: convert it to CSV or Parquet, as `pandas.read_json` and `to_csv` do"
        )


def _missing_mark(line: bytes) -> str:
    """The UTF-16 that a first line is in, by its zero bytes; empty where it is in none."""
    odd, even = line[1::2].count(0), line[::2].count(0)
    if max(odd, even) > 0.3 * len(line) and min(odd, even) <= 0.05 * len(line):
        return f"utf-16-{'le' if odd > even else 'be'}"
    return ""


def _refuse_binary(line: bytes, file: str) -> None:
    controls = len(line) - len(line.translate(None, _CONTROLS))
    if controls > 0.1 * len(line):
        raise DataError(f"{file} is binary, neither text nor Parquet: give a CSV or Parquet file")
