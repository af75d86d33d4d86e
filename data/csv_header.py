"""How a CSV says that it is written, and the names of its columns."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from data.batches import Layout, check_columns
from data.csv_records import Found, find_any
from data.errors import DataError, printable

BLOCK_BYTES = 4 << 20
"""Bytes of CSV per batch: large enough to be fast, small enough to keep memory flat."""
LONGEST_LINE = 64 << 20
_SEPARATOR = re.compile(rb'"?sep=([^\w"\r\n])"?(?:\r\n|\n|\r|\Z)', re.IGNORECASE)
_BETWEEN = rb"(?P<between>[^\w'\"\r\n])"
_SINGLE_QUOTED = re.compile(
    rb"'[^'\r\n]+'(?:" + _BETWEEN + rb"'[^'\r\n]+'(?:(?P=between)'[^'\r\n]+')*)? *(?:[\r\n]|\Z)"
)
"""A first line whose fields all stand in single quotes, as R and some databases write them."""
_SWAPPED = bytes.maketrans(b"'\"", b"\"'")
DELIMITERS = (",", ";", "\t", "|")


class Header(NamedTuple):
    """The beginning of a CSV.

    Attributes:
        lines: above the first row.
        swapped: single and double quotes have changed places in all that the blocks give, see `unswapped`.
    """

    names: list[str]
    delimiter: bytes
    lines: int
    swapped: bool


def unswapped(value: bytes) -> bytes:
    """What the file has, of what `Blocks` gives where quotes were swapped."""
    return value.translate(_SWAPPED)


class Blocks:
    """The bytes in stretches of whole lines; what a reader gives back comes first in the next one."""

    def __init__(self, stream: Any, file: str) -> None:
        self._stream, self._file = stream, file
        self._held, self._ended, self._swapped = b"", False, False

    def fill(self) -> bytes:
        """What is held, a block more than before."""
        more = self._stream.read(BLOCK_BYTES)
        self._held += more.translate(_SWAPPED) if self._swapped else more
        self._ended = not more
        return self._held

    def swap_quotes(self) -> None:
        """From here on a single quote is a double one, and the other way round: then one rule reads both."""
        self._held, self._swapped = self._held.translate(_SWAPPED), True

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


def read_header(layout: Layout, blocks: Blocks, file: str) -> Header:
    """Takes the header off the blocks.

    Raises:
        DataError: there is neither a row nor a header, the header cannot be read, or lacks a wanted column.
    """
    delimiter, line = layout.delimiter.encode(), 0
    if separator := _SEPARATOR.match(blocks.fill()):
        blocks.drop(separator.end())
        delimiter, line = separator[1], 1
    # Columns that a description names with their quotes are of an older one.
    named_with = any(name[:1] == name[-1:] == "'" for name in layout.wanted)
    swapped = not named_with and _SINGLE_QUOTED.match(blocks.whole_lines()[0]) is not None
    if swapped:
        blocks.swap_quotes()
    if not layout.described and layout.wanted:
        delimiter = _fitting(layout, blocks, delimiter, swapped)
    names, passed = _names(layout, blocks, delimiter, swapped, file, line)
    check_columns(names, layout.wanted, file, layout.whose, _hint(layout, names))
    return Header(names, delimiter, line + passed, swapped)


def _first(blocks: Blocks, delimiter: bytes) -> Found:
    """The first record, and whether there is one."""
    while True:
        text, last = blocks.whole_lines()
        found = find_any(text, delimiter, None, last, most=1)
        if last or found.fields or found.bad:
            return found
        blocks.fill()


def _fields(found: Found, swapped: bool) -> list[bytes]:
    fields = found.fields[0] if found.fields and not found.bad else []
    return [unswapped(field) for field in fields] if swapped else fields


def _fitting(layout: Layout, blocks: Blocks, given: bytes, swapped: bool) -> bytes:
    """The delimiter by which all wanted columns are there; the given one where that is none's."""
    wanted = {name.encode() for name in layout.wanted}
    fits = (
        one for one in (given, *map(str.encode, DELIMITERS)) if wanted <= set(_fields(_first(blocks, one), swapped))
    )
    return next(fits, given)


def _names(
    layout: Layout, blocks: Blocks, delimiter: bytes, swapped: bool, file: str, before: int
) -> tuple[list[str], int]:
    """Names of the columns, and the lines above the first row.

    Where the names are given, a first record that holds all the wanted ones is a header all the same.
    """
    found = _first(blocks, delimiter)
    given = list(layout.header) if layout.header is not None else None
    if not found.fields and not found.bad:
        raise DataError(f"{file} is empty: no row, or not even a header line")
    if given is None and found.bad:
        first = found.bad[0]
        raise DataError(f"{file}, line {before + first.line}: {first.reason}, in the header; correct that line")
    fields = _fields(found, swapped)
    if given is not None and not {name.encode() for name in layout.wanted} <= set(fields):
        return given, 0
    blocks.drop(found.used)
    try:
        return [field.decode() for field in fields], found.passed
    except UnicodeDecodeError as error:
        remedy = "set data.encoding, such as latin-1 or cp1252" if layout.described else "save the table as that"
        raise DataError(
            f"{file}, line {before + int(found.lines[0])}: the header is not {layout.encoding} "
            f"({printable(repr(error.object))}); {remedy}"
        ) from error


def _hint(layout: Layout, names: list[str]) -> str:
    marks = [mark for mark in ";\t|," if len(names) == 1 and mark in names[0]]
    if not marks or not layout.described:  # what nobody describes has its columns by no delimiter
        return ""
    likely = max(marks, key=names[0].count)
    seen = f" The first line is one field by data.delimiter {layout.delimiter!r}"
    return f"{seen}; set data.delimiter: {json.dumps(likely)}."
