"""What Flink's REST interface tells of a cluster, and the one thing that is asked of it: to cancel a job."""

import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from pipeline.runners.flink.errors import FlinkError

TIMEOUT_S = 10.0
_ACTIVE = ("INITIALIZING", "CREATED", "RUNNING", "RESTARTING", "FAILING", "CANCELLING")
_BEAM_JAR = re.compile(r"beam-runners-flink-(?P<flink>[\d.]+)-(?:job-server-)?(?P<beam>\d+\.\d+\.\d+)\.jar")


@dataclass(frozen=True)
class TaskManager:
    """One worker machine.

    Attributes:
        id: Flink's name of it.
        slots, free: in all, and not taken by a job.
        network_mb: memory for exchanges, of all its slots together.
    """

    id: str
    slots: int
    free: int
    network_mb: float


@dataclass(frozen=True)
class Cluster:
    """A JobManager by the address of its REST interface."""

    address: str

    def task_managers(self) -> list[TaskManager]:
        """All that have registered."""
        return [
            TaskManager(
                one["id"],
                one["slotsNumber"],
                one["freeSlots"],
                one.get("memoryConfiguration", {}).get("networkMemory", 0) / 2**20,
            )
            for one in self._get("/taskmanagers")["taskmanagers"]
        ]

    def beam_version(self) -> str | None:
        """Of the Flink runner on the JobManager's class path; None where it comes with each job instead."""
        found = (_BEAM_JAR.search(path) for path in self._get("/jobmanager/environment").get("classpath", []))
        return next((one["beam"] for one in found if one), None)

    def active(self, job_name: str) -> list[str]:
        """Ids of the jobs of this name that have not ended."""
        return self._named(job_name, _ACTIVE)

    def exchanged(self, job_name: str) -> dict[str, int]:
        """Bytes and records that all jobs of this name, ended ones too, sent from one task to another."""
        tasks = [task["metrics"] for job in self._named(job_name) for task in self._get(f"/jobs/{job}")["vertices"]]
        return {what: sum(one[f"write-{what}"] for one in tasks) for what in ("bytes", "records")}

    def failures(self, job_name: str) -> int:
        """How often jobs of this name, ended ones too, failed as a whole; each started again after all but a last."""
        histories = [self._get(f"/jobs/{job}/exceptions")["exceptionHistory"] for job in self._named(job_name)]
        return sum(len(one["entries"]) for one in histories)

    def _named(self, job_name: str, states: tuple[str, ...] = ()) -> list[str]:
        jobs = self._get("/jobs/overview")["jobs"]
        return [one["jid"] for one in jobs if one["name"] == job_name and (not states or one["state"] in states)]

    def cancel(self, job_id: str) -> None:
        """Asks for an end; returns before it has come."""
        self._ask(f"/jobs/{job_id}", "PATCH")

    def _get(self, path: str) -> Any:
        return json.loads(self._ask(path, "GET"))

    def _ask(self, path: str, method: str) -> bytes:
        request = urllib.request.Request(f"http://{self.address}{path}", method=method)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
                return bytes(answer.read())
        except (OSError, urllib.error.URLError) as error:
            raise FlinkError(
                f"beam.flink.cluster {self.address}: Flink's REST interface does not answer ({error}); start the "
                "cluster (`make flink-up` on this machine), or give host and port of the JobManager's rest.port"
            ) from error
