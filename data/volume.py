"""How many rows a source has, roughly, before it is read."""

import zlib
from collections.abc import Sequence
from pathlib import Path

from data.files import is_remote

SAMPLE_BYTES = 1 << 20
BYTES_A_ROW = 100
"""Taken where a file cannot be sampled: a trip as text."""


def estimate_rows(files: Sequence[tuple[str, int]]) -> int:
    """Rows of all files together, from path and size in bytes of each, and one sample.

    Parquet files on this machine tell the number themselves. Of the others, the first megabyte of the first file here
    gives the bytes a line, compression included; a file on another filesystem counts as text of 100 bytes a row.
    """
    total, sampled = 0.0, 0.0
    for path, size in files:
        if path.endswith(".parquet") and not is_remote(path):
            import pyarrow.parquet as pq

            total += pq.ParquetFile(path).metadata.num_rows
            continue
        if not sampled and not is_remote(path):
            sampled = _bytes_a_line(path)
        total += size / (sampled or BYTES_A_ROW)
    return round(total)


def _bytes_a_line(path: str) -> float:
    """Stored bytes a line in a file's beginning; 0 where there is no line."""
    with Path(path).open("rb") as raw:
        stored = raw.read(SAMPLE_BYTES)
    text, used = _unpacked(stored) if stored.startswith(b"\x1f\x8b") else (stored, len(stored))
    lines = text.count(b"\n")
    return used / lines if lines else 0.0


def _unpacked(stored: bytes) -> tuple[bytes, int]:
    """The text in a gzip file's beginning, a megabyte at most, and how many stored bytes it took.

    By zlib itself: `gzip` reads ahead, so where its file stands does not tell what it has used.
    """
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        text = unpacker.decompress(stored, SAMPLE_BYTES)
    except zlib.error:  # who reads the file tells of the damage; here it counts as text of usual length
        return b"", 0
    return text, len(stored) - len(unpacker.unconsumed_tail) - len(unpacker.unused_data)
