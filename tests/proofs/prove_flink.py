"""Kills a TaskManager or a Python worker with -9 in the middle of Transform on Flink, at seeded random moments.

After each kill the job must recover, with the same outcome as without a kill, or the step must fail in words and its
next attempt complete. Nothing may lie half-written under a final name, and no process may be left behind.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import random
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flink_cluster
import psutil
from common import earlier, keep
from steps import Steps, run_of

from pipeline.config import load
from pipeline.lineage.questions import Lineage
from pipeline.runners.engine import Engine
from pipeline.runners.flink.errors import FlinkError
from pipeline.runners.flink.rest import Cluster
from pipeline.settings.beam import Flink

BEFORE = "before"
STEP = "Transform"
TOLERANCE = 1e-6
VICTIMS = (flink_cluster.TASK_MANAGER, flink_cluster.WORKER)


@dataclass(frozen=True)
class Attempt:
    """One run of Transform.

    Attributes:
        error: what was said; empty where it went well.
        seconds: wall time.
        learned: what the step left; None where it left nothing.
        failures: that Flink noted of the job; it started again after each but a last one.
    """

    error: str
    seconds: float
    learned: Any
    failures: int


class Bench:
    """Everything before Transform made once, in process; then Transform on Flink as often as wanted."""

    def __init__(self, folder: Path) -> None:
        self._config = load(None)
        self._folder = folder
        local = Engine("in_process", tuple(self._config.beam.local_arguments("in_process")))
        before = Steps(run_of(self._config, folder, BEFORE), local)
        for name in before.names():
            if name == STEP:
                break
            before.launch(name)

    def transform(self, flink: Flink, parallelism: int, run_id: str) -> Attempt:
        """Runs Transform on the cluster under this run's name."""
        engine = Engine("flink", tuple(flink.arguments(parallelism, run_id)), flink, run_id, parallelism)
        steps = Steps(run_of(self._config, self._folder, run_id), engine)
        began, error = time.monotonic(), ""
        try:
            steps.launch(STEP, {"examples": BEFORE, "schema": BEFORE})
        except FlinkError as failure:
            error = str(failure)
        failures = Cluster(flink.cluster).failures(run_id)
        return Attempt(error, time.monotonic() - began, _learned(steps, run_id), failures)


def _learned(steps: Steps, run_id: str) -> Any:
    """What the run left, by the store and on disk.

    Raises:
        AssertionError: the two do not agree.
    """
    lineage = Lineage(steps.store)
    run = lineage.node_runs(run_id).get(STEP)
    known = {Path(one.uri) for one in run.outputs.get("transform_graph", [])} if run and run.state == "ran" else set()
    root = steps.paths.artifacts / STEP / "transform_graph"
    seen = set(root.iterdir()) if root.exists() else set()
    earlier = {Path(one.uri) for one in lineage.newest("TransformGraph")}
    assert seen <= earlier, f"left behind without a record: {sorted(seen - earlier)}"
    if not known:
        return None
    (place,) = known
    return json.loads((place / "transform_fn" / "assets" / "learned.json").read_text())


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values agree; numbers to 1e-6, since rows are summed up in another order each time."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(one == other)


class Killer(threading.Thread):
    """Waits for the job to run, then for a moment, and kills."""

    def __init__(self, flink: Flink, job_name: str, victim: str, delay_s: float, choice: random.Random) -> None:
        super().__init__(daemon=True)
        self._flink, self._job_name, self._delay_s = flink, job_name, delay_s
        self._victim, self._choice, self._began = victim, choice, time.time()
        self.killed = 0

    def run(self) -> None:
        """Kills one process, or none if the job was over first; a supervisor then starts what has died."""
        rest = Cluster(self._flink.cluster)
        while not rest.active(self._job_name):
            time.sleep(0.2)
        time.sleep(self._delay_s)
        while rest.active(self._job_name) and not self.killed:
            if victims := self._victims():
                self.killed = self._choice.choice(victims)
                with contextlib.suppress(psutil.NoSuchProcess):
                    psutil.Process(self.killed).kill()
            time.sleep(0.1)
        if self.killed:
            time.sleep(2)
            flink_cluster.call("heal")

    def _victims(self) -> list[int]:
        """Of the workers only those of this job; others that an earlier one left idle would not be missed."""
        found = [one for group, one in flink_cluster.members() if group == self._victim]
        if self._victim == flink_cluster.WORKER:
            found = [one for one in found if one.create_time() > self._began]
        return sorted(one.pid for one in found)


def trial(bench: Bench, flink: Flink, number: int, seed: int, longest_s: float, wanted: Any) -> dict[str, Any]:
    """One kill and what came of it.

    Raises:
        AssertionError: it recovered to another outcome, or the attempt after a failed one did not complete.
    """
    choice = random.Random(f"{seed}-{number}")
    victim, delay_s = VICTIMS[number % 2], choice.uniform(0, longest_s)
    name = f"farelite-kill-{seed}-{number}-{time.time():.0f}"
    killer = Killer(flink, name, victim, delay_s, choice)
    killer.start()
    attempt = bench.transform(flink, 2, name)
    killer.join(120)
    outcome = "recovered" if attempt.learned is not None else "failed"
    if attempt.learned is not None:
        assert not attempt.error
        assert same(attempt.learned, wanted), "another outcome than without a kill"
    else:
        assert attempt.error, "nothing was made, and nothing was said"
        again = bench.transform(flink, 2, f"{name}-again")
        assert same(again.learned, wanted), f"the attempt after it did not complete: {again.error}"
    assert not Cluster(flink.cluster).active(name), "a job was left on the cluster"
    return {
        "seed": seed,
        "number": number,
        "victim": victim,
        "after_s": round(delay_s, 1),
        "killed": bool(killer.killed),
        "outcome": outcome,
        "failures": attempt.failures,
        "seconds": round(attempt.seconds, 1),
        "said": attempt.error,
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path, help="JSON lines; kills that stand there are not made again")
    parser.add_argument("--minutes", type=float, default=60, help="no kill begins later than this")
    told = parser.parse_args()
    done = [one for one in earlier(told.results) if one["seed"] == told.seed]
    began = time.monotonic()
    with flink_cluster.up(), tempfile.TemporaryDirectory(prefix="farelite-prove-flink-") as folder:
        bench, flink = Bench(Path(folder)), Flink()
        for _ in range(2):  # the second finds everything warm, as the trials do
            free = bench.transform(flink, 2, f"farelite-free-{time.time():.0f}")
            assert free.learned is not None, free.error
        print(f"without a kill: {free.seconds:.0f} s", flush=True)
        number = 1 + max((one["number"] for one in done), default=-1)
        while sum(one["killed"] for one in done) < told.kills and time.monotonic() - began < 60 * told.minutes:
            one = trial(bench, flink, number, told.seed, 0.6 * free.seconds, free.learned)
            number += 1
            done.append(one)
            print(json.dumps(one), flush=True)
            keep(told.results, one)
    kills = [one for one in done if one["killed"]]
    recovered = sum(one["outcome"] == "recovered" for one in kills)
    print(
        f"{len(kills)} kills: {recovered} recovered, {len(kills) - recovered} failed in words and completed next time"
    )
    print("no process left behind, nothing half-written under a final name")


if __name__ == "__main__":
    main()
