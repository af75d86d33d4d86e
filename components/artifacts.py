"""Artifact types of our own, and the names of what lies in them."""

from __future__ import annotations

from tfx.types import artifact


class IngestReport(artifact.Artifact):
    """What ingestion did: `rejects.csv.gz` (file, line, reason, values) and `summary.json` (counts, ranges)."""

    TYPE_NAME = "IngestReport"


class GateRecord(artifact.Artifact):
    """What the data gate let pass: its warnings, and the statistics of the training rows to compare later data with."""

    TYPE_NAME = "GateRecord"


STATISTICS_FILE = "FeatureStats.pb"
SUMMARY_FILE = "summary.json"
REJECTS_FILE = "rejects.csv.gz"

SLICES_FILE = "slices.json"
"""In the evaluation: what the gate made of all rows and of each slice (`components.evaluator.gate.as_json`)."""
