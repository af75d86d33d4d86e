"""How many rows a source has, roughly, before it is read."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

from data.files import is_remote

SAMPLE_BYTES = 1 << 20
BYTES_A_ROW = 100
"""Taken where a file cannot be sampled: a trip as text."""


def estimate_rows(files: Sequence[tuple[str, int]]) -> int:
    """Rows of all files together, from their sizes and one sample.

    Parquet files on this machine tell the number themselves. Of the others, the first megabyte of the first file here
    gives the bytes a line, compression included; a file on another filesystem counts as text of 100 bytes a row.

    Args:
        files: path and size in bytes of each.
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
        head = raw.read(2)
        raw.seek(0)
        if head == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=raw) as stream:
                lines = stream.read(SAMPLE_BYTES).count(b"\n")
        else:
            lines = raw.read(SAMPLE_BYTES).count(b"\n")
        return raw.tell() / lines if lines else 0.0
