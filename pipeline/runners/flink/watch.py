"""A time limit around a step, words for its failure, and no job left behind on the cluster."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from data.errors import DataError
from pipeline.runners.flink.errors import FlinkError
from pipeline.runners.flink.explain import explain
from pipeline.runners.flink.rest import Cluster
from pipeline.settings.beam import Flink

_OURS = re.compile(r"^(?:RuntimeError: )?data\.errors\.DataError: (?P<said>.+?)(?: \[while running .*)?$", re.MULTILINE)


@contextmanager
def watched(flink: Flink, job_name: str, step: str) -> Iterator[None]:
    """Runs the block, a step whose jobs bear this name.

    Raises:
        DataError: the one that was raised on a worker.
        FlinkError: the job failed, or took longer than `step_minutes` and was cancelled.
    """
    late = threading.Event()

    def end() -> None:
        late.set()
        cancel_all(flink, job_name)

    timer = threading.Timer(60 * flink.step_minutes, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception as error:
        if late.is_set():
            raise FlinkError(
                f"{step} took longer than beam.flink.step_minutes ({flink.step_minutes:g}) and its job was cancelled; "
                f"see http://{flink.cluster} for where it stood, add slots, or raise the limit"
            ) from error
        ours = _OURS.search(str(error))
        if ours:
            raise DataError(ours["said"]) from error
        if not _of_beam(error):
            raise
        raise FlinkError(explain(step, str(error), flink)) from error
    finally:
        timer.cancel()
        # An interrupt ends this process, not the job; what still runs would write for nobody.
        cancel_all(flink, job_name)


def cancel_all(flink: Flink, job_name: str) -> None:
    """Cancels the jobs of this name; a cluster that is gone has none."""
    cluster = Cluster(flink.cluster)
    try:
        for job in cluster.active(job_name):
            cluster.cancel(job)
    except FlinkError:
        logging.exception("jobs named %s could not be cancelled", job_name)


def _of_beam(error: Exception) -> bool:
    """Whether it comes from the job server or the cluster, not from the step's own code on this side."""
    kind = type(error)
    return kind.__module__.partition(".")[0] in ("grpc", "apache_beam") or "failed in state" in str(error)
