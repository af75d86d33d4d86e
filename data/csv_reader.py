"""Reads a CSV into columnar batches of text, and keeps apart the records that are no rows.

It is read as text on purpose: a value that does not parse must become a reject with its line and reason, which a
typed reader would turn into a failure of the whole file. `data.csv_records` says what a record is; pyarrow only cuts
lines whose quotes and fields are counted already, and what it counts otherwise is cut without it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

from data.batches import TEXT, BadRow, Batch, Layout, check_columns
from data.csv_records import Bad, Found, fields_of, find_any, find_plain
from data.errors import DataError, printable

BLOCK_BYTES = 4 << 20
"""Bytes of CSV per batch: large enough to be fast, small enough to keep memory flat."""
LONGEST_LINE = 64 << 20
_SEPARATOR = re.compile(rb'"?sep=([^\w"\r\n])"?(?:\r\n|\n|\r|\Z)', re.IGNORECASE)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_csv(layout: Layout, stream: Any, file: str) -> Iterator[Batch]:
    """Batches of one CSV, at least one.

    Args:
        layout: what is wanted of it.
        stream: its bytes, UTF-8 but for what is no text.
        file: what to call it.

    Raises:
        DataError: it has no row and no header, its header cannot be read, or lacks a wanted column.
    """
    blocks = _Blocks(stream, file)
    delimiter, line = layout.delimiter.encode(), 0
    if separator := _SEPARATOR.match(blocks.fill()):
        blocks.drop(separator.end())
        delimiter, line = separator[1], 1
    names, passed = _names(layout, blocks, delimiter, file, line)
    check_columns(names, layout.wanted, file, layout.whose, _hint(names, layout.delimiter))
    reader = _Reader(layout, names, delimiter, file)
    line += passed
    some = False
    for text, last in blocks:
        found = find_plain(text, delimiter, len(names)) if not text.startswith(_BYTE_ORDER_MARK) else None
        table = reader.parsed(text, found) if found else None
        if found is None or table is None:
            found = find_any(text, delimiter, len(names), last)
        blocks.give_back(text[found.used :])
        if len(found.lines) or found.bad:
            some = True
            yield reader.batch(text, found, line, table)
        line += found.passed
    if not some:
        yield reader.batch(b"", find_any(b"", delimiter, None, last=True), line)


class _Blocks:
    """The bytes in stretches of whole lines; what a reader gives back comes first in the next one."""

    def __init__(self, stream: Any, file: str) -> None:
        self._stream, self._file = stream, file
        self._held, self._ended = b"", False

    def fill(self) -> bytes:
        """What is held, a block more than before."""
        more = self._stream.read(BLOCK_BYTES)
        self._held += more
        self._ended = not more
        return self._held

    def drop(self, count: int) -> None:
        """Takes away what was read of the bytes held."""
        self._held = self._held[count:]

    def give_back(self, rest: bytes) -> None:
        """Bytes of the last stretch that make no whole record yet."""
        self._held = rest + self._held

    def whole_lines(self) -> tuple[bytes, bool]:
        """The whole lines held, and whether they are the last; they stay held."""
        if self._ended:
            return self._held, True
        # A return at the very end may be the first half of a line end.
        place = self._held.rfind(b"\n") + 1 or self._held.rfind(b"\r", 0, -1) + 1
        if not place and len(self._held) > LONGEST_LINE:
            raise DataError(f"{self._file} has a line of more than {LONGEST_LINE >> 20} MiB; is it a table?")
        return self._held[:place], False

    def __iter__(self) -> Iterator[tuple[bytes, bool]]:
        while not self._ended or self._held:
            text, last = self.whole_lines()
            self.drop(len(text))
            if text:
                yield text, last
            if not last:
                self.fill()


def _names(layout: Layout, blocks: _Blocks, delimiter: bytes, file: str, before: int) -> tuple[list[str], int]:
    """Names of the columns, and the lines above the first row.

    Where the names are given, a first record that holds all the wanted ones is a header all the same.
    """
    while True:
        text, last = blocks.whole_lines()
        found = find_any(text, delimiter, None, last, most=1)
        if last or found.fields or found.bad:
            break
        blocks.fill()
    given = list(layout.header) if layout.header is not None else None
    if not found.fields and not found.bad:
        raise DataError(f"{file} is empty: no row, or not even a header line")
    if given is None and found.bad:
        first = found.bad[0]
        raise DataError(f"{file}, line {before + first.line}: {first.reason}, in the header; correct that line")
    fields = found.fields[0] if found.fields and not found.bad else []
    if given is not None and not {name.encode() for name in layout.wanted} <= set(fields):
        return given, 0
    blocks.drop(found.used)
    try:
        return [field.decode() for field in fields], found.passed
    except UnicodeDecodeError as error:
        raise DataError(
            f"{file}, line {before + int(found.lines[0])}: the header is not {layout.encoding} "
            f"({printable(repr(error.object))}); set data.encoding, such as latin-1 or cp1252"
        ) from error


class _Reader:
    """Makes batches of records that were found."""

    def __init__(self, layout: Layout, names: list[str], delimiter: bytes, file: str) -> None:
        wanted = names if layout.whole else layout.wanted
        self._layout, self._delimiter, self._file = layout, delimiter, file
        # By place: two columns of one name do no harm where nobody wants them.
        self._places = list(range(len(names))) if layout.whole else [names.index(name) for name in wanted]
        self._schema = pa.schema([pa.field(name, pa.binary(), metadata=TEXT) for name in wanted])
        self._width = len(names)

    def parsed(self, text: bytes, found: Found) -> list[pa.Array] | None:
        """Columns of the sound records; None where pyarrow counts them otherwise."""
        pieces, place = [], 0
        for one in found.bad:
            pieces.append(text[place : one.start])
            place = one.start + len(one.raw)
        sound = b"".join([*pieces, text[place:]]) if pieces else text
        if not len(found.lines):
            return [pa.array([], pa.binary()) for _ in self._places]
        names = [str(place) for place in range(self._width)]
        included = [names[place] for place in self._places]
        reading = pyarrow.csv.ReadOptions(use_threads=False, block_size=len(sound) + 1, column_names=names)
        parsing = pyarrow.csv.ParseOptions(delimiter=self._delimiter.decode())
        converting = pyarrow.csv.ConvertOptions(
            check_utf8=False,
            include_columns=included,
            column_types=dict.fromkeys(included, pa.binary()),
            strings_can_be_null=False,
        )
        try:
            # Not by read_csv, which looks through all objects of the process for references, some 0.1 s a call.
            with pyarrow.csv.open_csv(pa.BufferReader(sound), reading, parsing, converting) as stream:
                table = stream.read_all()
        except pa.ArrowInvalid:
            return None
        return [_one(column) for column in table.columns] if table.num_rows == len(found.lines) else None

    def batch(self, text: bytes, found: Found, before: int, columns: list[pa.Array] | None = None) -> Batch:
        """Rows, and what is none; `before` lines lie above the text."""
        if columns is None:
            rows = found.fields or []
            columns = [pa.array([row[place] for row in rows], pa.binary()) for place in self._places]
        table = pa.table(columns, schema=self._schema)
        bad, lines = list(found.bad), found.lines
        if not text.isascii() and (reasons := self._no_text(table)):
            for row, reason in reasons.items():
                start = int(found.starts[row])
                bad.append(Bad(int(lines[row]), reason, text[start : found.ends[row]], start))
            kept = np.delete(np.arange(len(lines)), list(reasons))
            table, lines = table.take(pa.array(kept)), lines[kept]
        return Batch(self._file, pa.array(lines + before), table, tuple(self._bad(one, before) for one in bad))

    def _no_text(self, table: pa.Table) -> dict[int, str]:
        """Rows with a wanted value that is no text of the encoding, and why."""
        reasons: dict[int, str] = {}
        for name in self._layout.wanted:
            column = table.column(name)
            try:
                column.cast(pa.string())
            except pa.ArrowInvalid:
                for row in _undecodable(column.to_pylist()):
                    reasons.setdefault(row, f"{name}: no text in {self._layout.encoding}; is data.encoding another?")
        return reasons

    def _bad(self, one: Bad, before: int) -> BadRow:
        fields = tuple(fields_of(one.raw, self._delimiter)) if self._layout.whole else ()
        text = one.raw.rstrip(b"\r\n").decode("utf-8", "backslashreplace")
        return BadRow(self._file, before + one.line, one.reason, text, fields)


def _one(column: pa.ChunkedArray) -> pa.Array:
    joined = column.combine_chunks()
    return joined if isinstance(joined, pa.Array) else pa.concat_arrays(joined.chunks)


def _undecodable(values: Sequence[bytes]) -> Iterator[int]:
    for row, value in enumerate(values):
        try:
            value.decode()
        except UnicodeDecodeError:
            yield row


def _hint(names: list[str], delimiter: str) -> str:
    marks = [mark for mark in ";\t|," if len(names) == 1 and mark in names[0]]
    if not marks:
        return ""
    likely = max(marks, key=names[0].count)
    return f" The first line is one field by data.delimiter {delimiter!r}; set data.delimiter: {json.dumps(likely)}."
