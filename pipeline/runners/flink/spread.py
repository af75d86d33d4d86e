"""Sends the files that a step reads to all workers.

Beam's reads begin as one element on one worker, and Flink leaves what comes of it there: without this, one TaskManager
reads everything while the others wait. Flink's rebalance deals out in turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import apache_beam as beam
from apache_beam.io.iobase import BoundedSource, Read, SourceBundle
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.portability.common_urns import composites

BUNDLE_BYTES = 64 << 20
"""About as much of a file is read at one place; compressed files cannot be divided."""


class SpreadingPipeline(beam.Pipeline):
    """A pipeline that takes `SpreadRead` wherever a step applies Beam's `Read`."""

    def apply(self, transform: beam.PTransform, pvalueish: Any = None, label: str | None = None) -> Any:
        """See `beam.Pipeline.apply`."""
        if isinstance(transform, Read) and isinstance(transform.source, BoundedSource):
            transform, label = SpreadRead(transform.source), label or transform.label
        return super().apply(transform, pvalueish, label)

    def to_runner_api(self, *args: Any, **kwargs: Any) -> Any:
        """See `beam.Pipeline.to_runner_api`; no worker is named for what Flink itself does."""
        told = super().to_runner_api(*args, **kwargs)
        graph: beam_runner_api_pb2.Pipeline = told[0] if isinstance(told, tuple) else told
        for transform in graph.components.transforms.values():
            if transform.spec.urn == composites.RESHUFFLE.urn and not transform.subtransforms:
                transform.environment_id = ""
        return told


class Rebalance(beam.PTransform):
    """Flink's rebalance, which is what Beam's `Reshuffle` becomes there, without the parts for other runners.

    tensorflow-transform copies the graph of a read for each of its phases, part by part. Copies of a `Reshuffle`'s
    parts are not a `Reshuffle`, so it would have to end its copies there; then Flink runs the original and all copies
    as one stage, which hands every decoded batch on to the next.
    """

    def expand(self, elements: beam.PCollection) -> beam.PCollection:
        """The same elements."""
        return beam.PCollection.from_(elements)

    def to_runner_api_parameter(self, context: Any) -> tuple[str, None]:
        """What it is to a runner."""
        return composites.RESHUFFLE.urn, None


class SpreadRead(beam.PTransform):
    """Reads the same records as `Read(source)`, its bundles dealt out to the workers in turn.

    Args:
        source: to be read.
    """

    def __init__(self, source: BoundedSource) -> None:
        super().__init__()
        self._source = source

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection:
        """Bundles, dealt out, records."""
        kind = self._source.default_output_coder().to_type_hint()
        return (
            begin
            | beam.Impulse()
            | "Split" >> beam.FlatMap(_split, self._source)
            | "DealOut" >> Rebalance()
            | "ReadBundles" >> beam.FlatMap(_read).with_output_types(kind)
        )


def _split(_: bytes, source: BoundedSource) -> Iterator[SourceBundle]:
    return source.split(BUNDLE_BYTES)


def _read(bundle: SourceBundle) -> Iterator[Any]:
    return bundle.source.read(bundle.source.get_range_tracker(bundle.start_position, bundle.stop_position))
