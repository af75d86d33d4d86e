"""Artifact types of our own, and the names of what lies in them.

Kubeflow wants a type's name with a word in front; `pipeline.runners.kubeflow.step` finds the class by it.
"""

from __future__ import annotations

from tfx.types import artifact

from components.files import REJECTS_FILE as REJECTS_FILE
from components.files import SLICES_FILE as SLICES_FILE
from components.files import SUMMARY_FILE as SUMMARY_FILE


class IngestReport(artifact.Artifact):
    """What ingestion did: `rejects.csv.gz` (file, line, reason, values) and `summary.json` (counts, ranges)."""

    TYPE_NAME = "farelite.IngestReport"


class GateRecord(artifact.Artifact):
    """What the data gate let pass: its warnings, and the statistics of the training rows to compare later data with."""

    TYPE_NAME = "farelite.GateRecord"


STATISTICS_FILE = "FeatureStats.pb"

FINGERPRINT, SOURCES, SPANS, FILES = "fingerprint", "sources", "spans", "files"
"""Custom properties of an IngestReport: of the files read; and as JSON lists their names, spans, and what each was."""


EXISTS, VERSION = "exists", "version"
"""Custom properties of the champion: whether it is a model, and of which version."""

METRICS, REASONS = "metrics", "reasons"
"""Custom properties of a blessing: figures as JSON, and what speaks against the model."""


class CompressionStudy(artifact.Artifact):
    """A compression study: `study.json`, `pareto.svg` and every variant's file; see docs/reference/study.md."""

    TYPE_NAME = "farelite.CompressionStudy"


OURS = (IngestReport, GateRecord, CompressionStudy)
"""All types of our own, which a runner that knows types by name alone must be told of."""
