"""Where the records of a CSV begin and end, by one rule that loses no line.

A field that begins with a quote ends with one, before a delimiter or a line end; a quote inside a plain value is a
letter. A record spans several lines only if all its quotes are such, it has as many fields as the header, and its lines
do not each look like a row of their own. Else the quote is a stray one: it spoils its own line, and the next line
begins a record.
"""

import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

LONGEST_RECORD = 1 << 20
"""Bytes; in a longer record a quote was never closed."""
_CHANCE = 8
"""Lines of a field with fewer delimiters in all may look like rows by chance, as an address of two lines does."""
_NEWLINE, _RETURN, _QUOTE = b'\n\r"'
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_QUOTED = re.compile(rb'"([^"]*(?:""[^"]*)*)"(?!")')
UNCLOSED = "a quote that its row does not close"
BEHIND = "text behind a closing quote"

Places = npt.NDArray[np.int64]


class Bad(NamedTuple):
    """A record that is no row: its line, why, its bytes, and where in the text they begin."""

    line: int
    reason: str
    raw: bytes
    start: int


class Found(NamedTuple):
    """Records of a text.

    Attributes:
        lines, starts, ends: int64 `[rows]`, of each sound one: its line from 1, and its place in the text.
        fields: of each sound one; None where they are still to be parsed.
        used: bytes of the text that these records and blank lines make up.
        passed: lines in them.
    """

    lines: Places
    starts: Places
    ends: Places
    fields: list[list[bytes]] | None
    bad: list[Bad]
    used: int
    passed: int


def ragged(count: int, width: int) -> str:
    """Reason of a record with too few or too many fields."""
    return f"{count} fields, expected {width}"


def find_plain(text: bytes, delimiter: bytes, width: int) -> Found | None:
    """Records of whole lines, by the letters alone; None where these do not tell.

    That is where a quote stands in an unusual place or holds a line end, or where a line ends with a return alone.
    """
    letters = np.frombuffer(text, np.uint8)
    if b"\r" in text:
        returns = np.flatnonzero(letters == _RETURN)
        if returns[-1] + 1 == len(letters) or (letters[returns + 1] != _NEWLINE).any():
            return None
    newlines = np.flatnonzero(letters == _NEWLINE)
    starts = np.concatenate([[0], newlines + 1])
    if starts[-1] == len(letters):
        starts = starts[:-1]
    bounds = np.append(starts, len(letters))
    delimiters = np.flatnonzero(letters == delimiter[0])
    if b'"' in text:
        quotes = np.flatnonzero(letters == _QUOTE)
        if not _closed_in_line(letters, quotes, starts, delimiter[0]):
            return None
        delimiters = delimiters[np.searchsorted(quotes, delimiters) % 2 == 0]
    fields = np.diff(np.searchsorted(delimiters, bounds)) + 1
    rows = (letters[starts] != _NEWLINE) & (letters[starts] != _RETURN)
    good = np.flatnonzero(rows & (fields == width))
    bad = [
        Bad(int(line) + 1, ragged(int(fields[line]), width), text[bounds[line] : bounds[line + 1]], int(bounds[line]))
        for line in np.flatnonzero(rows & (fields != width))
    ]
    return Found(good + 1, bounds[good], bounds[good + 1], None, bad, len(text), len(starts))


def _closed_in_line(letters: npt.NDArray[np.uint8], quotes: Places, starts: Places, delimiter: int) -> bool:
    """Whether every quote opens a field, closes it on the same line, or stands doubled inside."""
    if len(quotes) % 2 or (np.searchsorted(quotes, starts) % 2).any():
        return False
    opening, closing = quotes[::2], quotes[1::2]
    before = letters[opening - 1][opening > 0]
    after = letters[np.minimum(closing + 1, len(letters) - 1)][closing + 1 < len(letters)]
    around = [_NEWLINE, _QUOTE, delimiter]
    return bool(np.isin(before, around).all() and np.isin(after, [*around, _RETURN]).all())


def find_any(text: bytes, delimiter: bytes, width: int | None, last: bool, most: int | None = None) -> Found:
    """Records of any bytes, one by one.

    Args:
        text: from the beginning of a record to the end of a line.
        delimiter: one byte.
        width: fields of a row; None takes any number, as for the header.
        last: nothing comes behind the text. Else a record that it does not close is left unused.
        most: stop behind so many sound records.
    """
    places: list[tuple[int, int, int]] = []
    kept: list[list[bytes]] = []
    bad: list[Bad] = []
    place, line = 0, 1
    while place < len(text) and len(kept) != most:
        end = _line_end(text, place)
        content = text[place:end].rstrip(b"\r\n")
        if not content:
            place, line = end, line + 1
            continue
        if b'"' not in content:
            fields, stop, reason = content.split(delimiter), end, ""
        else:
            fields, stop, reason = _quoted_record(text, place, delimiter)
            if reason == UNCLOSED and not last and len(text) - place <= LONGEST_RECORD:
                break
            if not reason and stop > end and _is_stray(text[place:stop], len(fields), delimiter, width):
                reason = UNCLOSED
        if not reason and width is not None and len(fields) != width:
            reason = ragged(len(fields), width)
        if reason:
            stop = end
            bad.append(Bad(line, reason, text[place:end], place))
        else:
            places.append((line, place, stop))
            kept.append(fields)
        line += 1 if stop == end else len(text[place:stop].splitlines())
        place = stop
    lines, starts, ends = np.array(places, dtype=np.int64).reshape(-1, 3).T
    return Found(lines, starts, ends, kept, bad, place, line - 1)


def _line_end(text: bytes, place: int) -> int:
    hit = _LINE.match(text, place)
    assert hit is not None  # it matches everywhere
    return hit.end()


def _quoted_record(text: bytes, place: int, delimiter: bytes) -> tuple[list[bytes], int, str]:
    """Fields, where the next record begins, and what is wrong with the quotes."""
    fields: list[bytes] = []
    first = place
    plain = re.compile(rb"[^\r\n%b]*" % re.escape(delimiter))
    while True:
        if text[place : place + 1] == b'"':
            hit = _QUOTED.match(text, place)
            if hit is None or hit.end() - first > LONGEST_RECORD:
                return fields, place, UNCLOSED
            fields.append(hit[1].replace(b'""', b'"'))
        else:
            hit = plain.match(text, place)
            assert hit is not None  # it matches nothing at least
            fields.append(hit[0])
        place = hit.end()
        following = text[place : place + 1]
        if following == delimiter:
            place += 1
        elif following in (b"\n", b"\r", b""):
            return fields, _line_end(text, place), ""
        else:
            # The quote that seems to close may open a field of a later line.
            return fields, place, UNCLOSED if b"\n" in hit[0] or b"\r" in hit[0] else BEHIND


def _is_stray(raw: bytes, count: int, delimiter: bytes, width: int | None) -> bool:
    """Whether a record of several lines comes from quotes that belong to different rows."""
    if width is None or count != width:
        return width is not None
    lines = [line for line in raw.splitlines() if line]
    tidy = re.compile(rb'(?:^|(?<=%b))"[^"]*(?:""[^"]*)*"(?=%b|$)' % (re.escape(delimiter), re.escape(delimiter)))
    alike = all(tidy.sub(b"", line).count(delimiter) == width - 1 for line in lines)
    return alike and len(lines) * (width - 1) >= _CHANCE


def fields_of(raw: bytes, delimiter: bytes) -> list[bytes]:
    """Fields of a record; where its quotes are stray, the pieces between the delimiters."""
    found = find_any(raw, delimiter, None, last=True, most=1)
    assert found.fields is not None
    if found.fields and found.used == len(raw):
        return found.fields[0]
    return raw.rstrip(b"\r\n").split(delimiter)
