"""Sends the files that a step reads to all workers.

Beam's reads begin as one element on one worker, and Flink leaves what comes of it there: without this, one TaskManager
reads everything while the others wait. Flink's rebalance deals out in turn.

A TaskManager also keeps what a stage puts out in its heap until all that it gave the stage is done. So each slot reads
one bundle of a source at a time, and the heap need not grow with the rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import apache_beam as beam
from apache_beam.io.iobase import BoundedSource, Read, SourceBundle
from apache_beam.io.restriction_trackers import OffsetRange, OffsetRestrictionTracker
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.portability.common_urns import composites

BUNDLE_BYTES = 64 << 20
"""About as much of a file is read at one place; compressed files cannot be divided."""


class SpreadingPipeline(beam.Pipeline):
    """A pipeline that takes `SpreadRead` wherever a step applies Beam's `Read`."""

    def __init__(self, slots: int, argv: list[str]) -> None:
        super().__init__(argv=argv)
        self._slots = slots

    def apply(self, transform: beam.PTransform, pvalueish: Any = None, label: str | None = None) -> Any:
        """See `beam.Pipeline.apply`."""
        if isinstance(transform, Read) and isinstance(transform.source, BoundedSource):
            transform, label = SpreadRead(transform.source, self._slots), label or transform.label
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
    """Reads the same records as `Read(source)`, each slot its list of the source's bundles, one at a time."""

    def __init__(self, source: BoundedSource, slots: int) -> None:
        super().__init__()
        self._source, self._slots = source, slots

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection:
        """Lists of bundles, dealt out, records."""
        kind = self._source.default_output_coder().to_type_hint()
        return (
            begin
            | beam.Impulse()
            | "Split" >> beam.FlatMap(_lists, self._source, self._slots)
            | "DealOut" >> Rebalance()
            | "ReadBundles" >> beam.ParDo(_ReadOneByOne()).with_output_types(kind)
        )


def _lists(_: bytes, source: BoundedSource, slots: int) -> Iterator[list[SourceBundle]]:
    bundles = list(source.split(BUNDLE_BYTES))
    return (bundles[first::slots] for first in range(min(slots, len(bundles))))


class _Positions(beam.RestrictionProvider):
    """Places in a list."""

    def initial_restriction(self, element: list[SourceBundle]) -> OffsetRange:
        return OffsetRange(0, len(element))

    def create_tracker(self, restriction: OffsetRange) -> OffsetRestrictionTracker:
        return OffsetRestrictionTracker(restriction)

    def restriction_size(self, element: list[SourceBundle], restriction: OffsetRange) -> int:
        return restriction.size()


_PLACES = beam.DoFn.RestrictionParam(_Positions())


class _ReadOneByOne(beam.DoFn):
    """Reads the first bundle of a list and hands the rest back to the runner.

    A TaskManager gives a stage all its input at once and holds the stage's output until all of it is done; what is
    handed back is input anew.
    """

    def process(self, bundles: list[SourceBundle], places: Any = _PLACES) -> Iterator[Any]:
        left = places.current_restriction()
        if not places.try_claim(left.start):
            return
        bundle = bundles[left.start]
        yield from bundle.source.read(bundle.source.get_range_tracker(bundle.start_position, bundle.stop_position))
        if left.size() > 1:
            places.defer_remainder()
