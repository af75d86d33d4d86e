"""Reads a CSV into columnar batches of text, and keeps apart the records that are no rows.

It is read as text on purpose: a value that does not parse must become a reject with its line and reason, which a
typed reader would turn into a failure of the whole file. `data.csv_records` says what a record is; pyarrow only cuts
lines whose quotes and fields are counted already, and what it counts otherwise is cut without it.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from data.batches import TEXT, BadRow, Batch, Layout
from data.csv_header import Blocks, Header, read_header, unswapped
from data.csv_records import Bad, Found, fields_of, find_any, find_plain

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_csv(layout: Layout, stream: Any, file: str) -> Iterator[Batch]:
    """Batches of one CSV, at least one; its bytes are UTF-8 but for what is no text."""
    blocks = Blocks(stream, file)
    header = read_header(layout, blocks, file)
    names, delimiter, line, _ = header
    reader = _Reader(layout, header, file)
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


class _Reader:
    """Makes batches of records that were found."""

    def __init__(self, layout: Layout, header: Header, file: str) -> None:
        names = header.names
        wanted = names if layout.whole else layout.wanted
        self._layout, self._delimiter, self._swapped, self._file = layout, header.delimiter, header.swapped, file
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
        table = pa.table(list(map(_unswapped, columns)) if self._swapped else columns, schema=self._schema)
        bad, lines = list(found.bad), found.lines
        if not text.isascii() and (reasons := self._no_text(table)):
            for row, reason in reasons.items():
                start = int(found.starts[row])
                bad.append(Bad(int(lines[row]), reason, text[start : found.ends[row]], start))
            kept = np.delete(np.arange(len(lines)), list(reasons))
            table, lines = table.take(pa.array(kept)), lines[kept]
        bad_rows = tuple(self._bad(one, before) for one in bad)
        return Batch(self._file, pa.array(lines + before), table, bad_rows, self._delimiter.decode())

    def _no_text(self, table: pa.Table) -> dict[int, str]:
        """Rows with a wanted value that is no text of the encoding, and why."""
        reasons: dict[int, str] = {}
        for name in self._layout.wanted:
            column = table.column(name)
            try:
                column.cast(pa.string())
            except pa.ArrowInvalid:
                for row in _undecodable(column.to_pylist()):
                    asked = "; is data.encoding another?" if self._layout.described else ""
                    reasons.setdefault(row, f"{name}: no text in {self._layout.encoding}{asked}")
        return reasons

    def _bad(self, one: Bad, before: int) -> BadRow:
        fields = tuple(fields_of(one.raw, self._delimiter)) if self._layout.whole else ()
        raw = one.raw
        if self._swapped:
            fields, raw = tuple(map(unswapped, fields)), unswapped(raw)
        text = raw.rstrip(b"\r\n").decode("utf-8", "backslashreplace")
        return BadRow(self._file, before + one.line, one.reason, text, fields)


def _unswapped(column: pa.Array) -> pa.Array:
    if not any(pc.any(pc.match_substring(column, mark)).as_py() for mark in "'\""):
        return column
    return pa.array([unswapped(value) for value in column.to_pylist()], pa.binary())


def _one(column: pa.ChunkedArray) -> pa.Array:
    joined = column.combine_chunks()
    return joined if isinstance(joined, pa.Array) else pa.concat_arrays(joined.chunks)


def _undecodable(values: Sequence[bytes]) -> Iterator[int]:
    for row, value in enumerate(values):
        try:
            value.decode()
        except UnicodeDecodeError:
            yield row
