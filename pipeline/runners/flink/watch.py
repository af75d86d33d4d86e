"""A time limit around a step, words with a remedy for its failure, and no job left behind on the cluster."""

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

from data.errors import DataError
from pipeline.runners.flink.errors import FlinkError
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


LONGEST = 600


def explain(step: str, trace: str, flink: Flink) -> str:
    """What the trace that Beam gives as the reason of a failed step means."""
    for pattern, meaning in _MEANINGS:
        found = re.search(pattern, trace)
        if found:
            told = {**found.groupdict(), "pool": flink.worker_pool, "beam": version("apache-beam")}
            return f"{step} failed on Flink: " + meaning.format(**told)
    return f"{step} failed on Flink: {_core(trace)} (whole trace in the run's log and at http://{flink.cluster})"


_MEANINGS = (
    (
        r"FARELITE-ROOT (?P<said>[^\n]*)",
        "{said}. Put --runs-dir on storage that is mounted at the same path here and on every worker (NFS, for one)",
    ),
    (
        r"(?P<said>ModuleNotFoundError: No module named [^\n]*)",
        "{said}. A worker lacks a package: install this checkout's wheel and its locked packages there",
    ),
    (
        r"(?P<said>(?:InvalidClass|ClassNotFound)Exception: org\.apache\.beam[^\n]*)",
        "{said}. The cluster has no Beam, or not its job server's: put the jars of beam-runners-flink {beam} into "
        "Flink's lib, and start the job server from the same",
    ),
    (
        r"Insufficient number of network buffers(?P<said>[^\n.]*)",
        "too few network buffers{said}. Raise taskmanager.memory.network.min and .max on the TaskManagers (512m a "
        "slot), or lower beam.flink.parallelism",
    ),
    (
        r"Record too large",
        "too little memory for sorting. Raise taskmanager.memory.managed.size on the TaskManagers (512m a slot)",
    ),
    (
        r"NoResourceAvailableException|Could not acquire the minimum required resources",
        "not enough free slots: a TaskManager is gone or another job took them. Start one, wait, or lower "
        "beam.flink.parallelism",
    ),
    (
        r"(?P<said>unknown opcode|code\(\) takes|code\(\) argument[^\n]*|code expected at most|bad marshal data|"
        r"unsupported pickle protocol)",
        "a worker's Python is another than here ({said}). Workers need the same minor version",
    ),
    (
        r"CANCELLED: client cancelled",
        "a worker was stopped from outside. Two TaskManagers that share one worker pool stop each other's workers: "
        "give each its own behind {pool}",
    ),
    (
        r"(UNAVAILABLE: io exception|Connection refused|UnknownHostException)(?P<said>[^\n]{0,160})",
        "no connection{said}. A TaskManager does not reach its worker pool {pool}, or a worker or TaskManager died; "
        "start it again and repeat the run",
    ),
    (
        r"(?P<said>TaskManager with id \S+[^\n]*no longer reachable|Heartbeat of TaskManager[^\n]*timed out)",
        "{said}. The cluster's restart strategy gave up; start the TaskManager again and repeat the run",
    ),
)


def _core(trace: str) -> str:
    """The last line that names a Python exception, else the innermost Java cause."""
    python = re.findall(r"^(?:\w+\.)*\w*(?:Error|Exception|Stop\w*|Interrupt): .+$", trace, re.MULTILINE)
    caused = re.findall(r"Caused by: (.+)", trace)
    text = (python or caused or [trace.strip()])[-1]
    return text if len(text) <= LONGEST else text[:LONGEST] + " ..."
