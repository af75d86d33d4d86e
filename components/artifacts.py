"""Artifact types of our own, and the names of what lies in them."""

from __future__ import annotations

from tfx.types import artifact


class IngestReport(artifact.Artifact):
    """What ingestion did: `rejects.csv.gz` (file, line, reason, values) and `summary.json` (counts, ranges)."""

    TYPE_NAME = "IngestReport"


SUMMARY_FILE = "summary.json"
REJECTS_FILE = "rejects.csv.gz"
