"""What a failed job means, in a sentence with a remedy, from Java's and Python's traces."""

from __future__ import annotations

import re
from importlib.metadata import version

from pipeline.settings.beam import Flink

LONGEST = 600


def explain(step: str, trace: str, flink: Flink) -> str:
    """The meaning of a trace.

    Args:
        step: which step failed.
        trace: what Beam gives as the reason.
        flink: the cluster, for addresses.
    """
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
