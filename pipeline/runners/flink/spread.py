"""Sends the files that a step reads to all workers.

Beam's reads begin as one element on one worker, and Flink leaves what comes of it there: without this, one TaskManager
reads everything while the others wait. Beam's `Reshuffle` becomes Flink's rebalance, which deals out in turn.

tensorflow-transform copies a step's graph back to the last barrier that it knows, so that each phase reads anew. It
does not know `Reshuffle`: a copy that begins inside one has no producer, and Beam refuses the graph (`KeyError:
'ref_PCollection_...'`). So it is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import apache_beam as beam
from apache_beam.io.iobase import BoundedSource, Read, SourceBundle
from tensorflow_transform.beam import deep_copy

deep_copy._MATERIALIZATION_BARRIER_TRANSFORMS.add(beam.Reshuffle)

BUNDLE_BYTES = 64 << 20
"""About as much of a file is read at one place; compressed files cannot be divided."""


class SpreadingPipeline(beam.Pipeline):
    """A pipeline that takes `SpreadRead` wherever a step applies Beam's `Read`."""

    def apply(self, transform: beam.PTransform, pvalueish: Any = None, label: str | None = None) -> Any:
        """See `beam.Pipeline.apply`."""
        if isinstance(transform, Read) and isinstance(transform.source, BoundedSource):
            transform, label = SpreadRead(transform.source), label or transform.label
        return super().apply(transform, pvalueish, label)


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


def _split(_: bytes, source: BoundedSource) -> Iterator[SourceBundle]:
    return source.split(BUNDLE_BYTES)


def _read(bundle: SourceBundle) -> Iterator[Any]:
    return bundle.source.read(bundle.source.get_range_tracker(bundle.start_position, bundle.stop_position))
