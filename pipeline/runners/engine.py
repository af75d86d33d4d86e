"""Gets the engine of the data steps ready: chooses it, and looks at a cluster before the first step is sent there."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from dataclasses import dataclass

import apache_beam as beam

from data.files import sizes
from data.volume import estimate_rows
from pipeline.run import Run
from pipeline.settings.beam import Flink, Place

DATA_STEPS = ("TripExampleGen", "StatisticsGen", "Transform", "Evaluator")


@dataclass(frozen=True)
class Engine:
    """Where the data steps of one run go.

    Attributes:
        flink: the cluster, where it is one.
        job_name: of this run's jobs on it.
        slots: of it that they use.
    """

    place: Place
    arguments: tuple[str, ...]
    flink: Flink | None = None
    job_name: str = ""
    slots: int = 1

    def pipeline_maker(self) -> Callable[[], beam.Pipeline] | None:
        """Makes the Beam pipelines of a step; None leaves that to TFX."""
        if self.flink is None:
            return None
        from pipeline.runners.flink.spread import SpreadingPipeline

        return functools.partial(SpreadingPipeline, self.slots, list(self.arguments))

    def around(self, step: str) -> contextlib.AbstractContextManager[None]:
        """What a step runs in."""
        if self.flink is None or step not in DATA_STEPS:
            return contextlib.nullcontext()
        from pipeline.runners.flink.watch import watched

        return watched(self.flink, self.job_name, step)


def ready(run: Run, say: Callable[[str], None] = lambda text: None) -> Engine:
    """Chooses the engine of a run's data steps; a cluster is looked at, and its workers are greeted."""
    beam = run.config.beam
    rows = estimate_rows(sizes(run.source.all_files())) if beam.runner == "auto" else 0
    place = beam.place(rows)
    if place != "flink":
        return Engine(place, tuple(beam.local_arguments(place)))
    from pipeline.runners.flink.handshake import shake_hands
    from pipeline.runners.flink.preflight import check

    flink, job_name = beam.cluster(), f"farelite-{run.id}"
    say("looking at the Flink cluster")
    parallelism = check(flink)
    say("asking Flink's workers what they have")
    shake_hands(flink, parallelism, run.paths.artifacts.resolve(), job_name)
    return Engine(place, tuple(flink.arguments(parallelism, job_name)), flink, job_name, parallelism)
