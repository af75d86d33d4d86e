"""The line of a text file on which each record of a CSV begins: blank lines are none, and quotes may hold line ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

CHUNK_BYTES = 4 << 20
_NEWLINE, _RETURN, _QUOTE = b'\n\r"'

Lines = npt.NDArray[np.int64]


def record_lines(stream: Any, delimiter: str) -> Iterator[Lines]:
    """Lines from 1, int64 `[records]` a stretch, in order.

    Args:
        stream: bytes to read, decompressed.
        delimiter: between fields, one character.
    """
    scanner = _Scanner(delimiter)
    rest = b""
    while chunk := stream.read(CHUNK_BYTES):
        whole, newline, after = (rest + chunk).rpartition(b"\n")
        rest = after
        if newline:
            yield scanner.scan(whole + newline)
    if rest:
        yield scanner.scan(rest)


class _Scanner:
    """Goes through whole lines; remembers how many there were and whether a quote is still open."""

    def __init__(self, delimiter: str) -> None:
        self._before = 0
        self._inside = False
        escaped = re.escape(delimiter.encode())
        self._opening = re.compile(rb'(?:^|%b)"' % escaped)
        self._closing = re.compile(rb'[^"]*(?:""[^"]*)*"(?!")')
        # An opening quote begins a field, and a closing one ends it; anything else needs the slow way.
        self._begins = [_NEWLINE, _RETURN, _QUOTE, *delimiter.encode()[-1:]]
        self._ends = [_NEWLINE, _RETURN, _QUOTE, *delimiter.encode()[:1]]

    def scan(self, text: bytes) -> Lines:
        """Lines of the records that begin in `text`."""
        letters = np.frombuffer(text, np.uint8)
        newlines = np.flatnonzero(letters == _NEWLINE)
        starts = np.concatenate([[0], newlines + 1])
        starts = starts[starts < len(letters)]
        outside = None if self._inside else self._plainly_outside(letters, starts)
        if outside is None:
            split = text.splitlines(keepends=True)
            lines, count = np.fromiter(self._slowly(split), dtype=np.int64), len(split)
        else:
            blank = (letters[starts] == _NEWLINE) | (letters[starts] == _RETURN)
            lines, count = np.flatnonzero(outside & ~blank) + 1, len(starts)
        lines += self._before
        self._before += count
        return lines

    def _plainly_outside(self, letters: npt.NDArray[np.uint8], starts: Lines) -> npt.NDArray[np.bool_] | None:
        """Whether each line begins outside of quotes; None where the letters alone do not tell.

        That is where a quote stands in an unusual place or stays open, or where a line ends with a return alone.
        """
        returns = np.flatnonzero(letters == _RETURN)
        if len(returns) and (returns[-1] + 1 == len(letters) or (letters[returns + 1] != _NEWLINE).any()):
            return None
        quotes = np.flatnonzero(letters == _QUOTE)
        opening, closing = quotes[::2], quotes[1::2]
        if len(opening) != len(closing):
            return None
        before = letters[opening - 1][opening > 0]
        after = letters[np.minimum(closing + 1, len(letters) - 1)][closing + 1 < len(letters)]
        if not (np.isin(before, self._begins).all() and np.isin(after, self._ends).all()):
            return None
        return np.searchsorted(quotes, starts) % 2 == 0

    def _slowly(self, lines: list[bytes]) -> Iterator[int]:
        """Line by line, from 1, as the parser takes quotes: one inside a plain value opens nothing."""
        for number, line in enumerate(lines, start=1):
            if not self._inside:
                if line in (b"\n", b"\r\n", b"\r"):
                    continue
                yield number
                if b'"' not in line:
                    continue
            place = 0
            while found := (self._closing.match if self._inside else self._opening.search)(line, place):
                self._inside, place = not self._inside, found.end()
