"""How a file of text is written: its encoding, what parts the fields, and whether it has a header."""

import re
from dataclasses import dataclass, field
from typing import Any

from data.content import as_utf8, is_parquet, unpacked
from data.csv_header import DELIMITERS
from data.csv_records import find_any
from data.files import local

LOOK_BYTES = 1 << 20
_RECORDS = 100
_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?")
_YEAR = re.compile(r"(19|20)\d\d")


@dataclass
class Written:
    """What of `data` a table needs to be read, and why.

    Attributes:
        settings: `encoding`, `delimiter` and `header`, as far as they are not the usual ones.
        why: by key.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)

    def say(self, key: str, value: Any, why: str) -> None:
        """Adds a setting."""
        self.settings[key], self.why[key] = value, why


def how_written(file: str) -> Written:
    """Looks at the beginning of a file; nothing is to be said of one that is no text.

    Raises:
        DataError: it cannot be read, or is no table.
    """
    found = Written()
    with local(file) as path, unpacked(path, file) as (head, stream):
        if is_parquet(head):
            return found
        text = _start(as_utf8(head, stream, "utf-8", file))
    if not _in_encoding(text, "utf-8"):
        known = _in_encoding(text, "cp1252")
        found.say("encoding", "cp1252" if known else "latin-1", "it is no UTF-8; look at the letters beyond ASCII")
        text = text.decode(found.settings["encoding"]).encode()
    if re.match(rb'"?sep=', text, re.IGNORECASE):
        return found
    delimiter = _delimiter(text)
    if delimiter != ",":
        found.say("delimiter", delimiter, "parts the first lines into equally many fields")
    first = _records(text, delimiter, most=1)
    if first and _is_no_header([one.decode() for one in first[0]]):
        names = [f"column_{place}" for place in range(1, len(first[0]) + 1)]
        found.say("header", names, "the first line holds numbers only; give the columns their names")
    return found


def _start(stream: Any) -> bytes:
    pieces, size = [], 0
    while size < LOOK_BYTES and (piece := stream.read(LOOK_BYTES - size)):
        pieces.append(piece)
        size += len(piece)
    text = b"".join(pieces)
    return text if size < LOOK_BYTES else text[: text.rfind(b"\n") + 1] or text


def _in_encoding(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except UnicodeDecodeError as error:
        return encoding == "utf-8" and error.reason == "unexpected end of data"
    return True


def _records(text: bytes, delimiter: str, most: int) -> list[list[bytes]]:
    return find_any(text, delimiter.encode(), None, last=True, most=most).fields or []


def _delimiter(text: bytes) -> str:
    """The one that makes most fields of them equally many, a space if no other does; the comma where none makes two."""
    best, found = (0.0, 1), ","
    for delimiter in (*DELIMITERS, " "):
        widths = [len(record) for record in _records(text, delimiter, _RECORDS)]
        if not widths or widths[0] < 2 or (delimiter == " " and best[1] > 1):
            continue
        alike = sum(width == widths[0] for width in widths) / len(widths)
        # A comma inside decimals or texts makes fields too, but not equally many, or not in the header.
        rank = (round(alike, 1), widths[0])
        if alike >= 0.9 and rank > best:
            best, found = rank, delimiter
    return found


def _is_no_header(fields: list[str]) -> bool:
    texts = [one.strip() for one in fields]
    if not all(_NUMBER.fullmatch(one) for one in texts):
        return False
    return len(set(texts)) < len(texts) or not all(map(_YEAR.fullmatch, texts))
