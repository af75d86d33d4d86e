"""Sends the files that a step reads to all workers.

Beam's reads begin as one element on one worker, and Flink leaves what comes of it there: without this, one TaskManager
reads everything while the others wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import apache_beam as beam
from apache_beam.io.iobase import BoundedSource, Read, SourceBundle
from apache_beam.pipeline import AppliedPTransform, PTransformOverride

BUNDLE_BYTES = 64 << 20
"""About as much of a file is read at one place; compressed files cannot be divided."""


class SpreadingPipeline(beam.Pipeline):
    """A pipeline whose reads are replaced by `SpreadRead` before it runs."""

    def run(self, test_runner_api: Any = "AUTO") -> Any:
        """See `beam.Pipeline.run`."""
        self.replace_all([_Override()])
        return super().run(test_runner_api)


class SpreadRead(beam.PTransform):
    """Reads the same records as `Read(source)`, its bundles dealt out to the workers in turn.

    Args:
        source: to be read.
    """

    def __init__(self, source: BoundedSource) -> None:
        super().__init__()
        self._source = source

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection:
        """Bundles, a reshuffle, records."""
        kind = self._source.default_output_coder().to_type_hint()
        return (
            begin
            | beam.Impulse()
            | "Split" >> beam.FlatMap(_split, self._source)
            | "DealOut" >> beam.Reshuffle()
            | "ReadBundles" >> beam.FlatMap(_read).with_output_types(kind)
        )


class _Override(PTransformOverride):
    def matches(self, applied_ptransform: AppliedPTransform) -> bool:
        return isinstance(applied_ptransform.transform, Read) and isinstance(
            applied_ptransform.transform.source, BoundedSource
        )

    def get_replacement_transform_for_applied_ptransform(self, applied_ptransform: AppliedPTransform) -> SpreadRead:
        return SpreadRead(applied_ptransform.transform.source)


def _split(_: bytes, source: BoundedSource) -> Iterator[SourceBundle]:
    return source.split(BUNDLE_BYTES)


def _read(bundle: SourceBundle) -> Iterator[Any]:
    return bundle.source.read(bundle.source.get_range_tracker(bundle.start_position, bundle.stop_position))
