"""A rehearsal: executes every step's container command of a compiled specification on this machine, without a cluster.

It does what KFP's driver and launcher do around a step: inputs come out of an object store (a folder here) to local
paths, the command gets an ExecutorInput in place of `{{$}}`, runs as a process of its own, leaves an ExecutorOutput,
and its outputs go back into the store. Source: `provisionOutputs` in backend/src/v2/driver/driver.go, `executeV2` and
`mergeRuntimeArtifacts` in backend/src/v2/component/launcher_v2.go (commit 7b70c7b95f68).
"""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from pipeline.runners.kubeflow.errors import StepFailedError
from pipeline.runners.kubeflow.places import ROOT_VARIABLE, SCHEMES, artifacts

LAST_LINES = 15


@dataclass(frozen=True)
class Step:
    """What one step took.

    Attributes:
        name: of the task.
        seconds: wall time, imports included.
        cpu_seconds: user and system.
        peak_bytes: largest resident set of the step or a child of it.
        outputs: its artifacts as the next steps are told.
    """

    name: str
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    outputs: dict[str, Any] = field(default_factory=dict)


def order(tasks: dict[str, Any]) -> list[str]:
    """Names of the tasks, each after those that it depends on.

    Raises:
        ValueError: they depend on each other in a ring.
    """
    done: list[str] = []
    while len(done) < len(tasks):
        ready = [name for name in sorted(tasks) if name not in done and set(_before(tasks[name])) <= set(done)]
        if not ready:
            raise ValueError(f"these tasks wait for each other: {', '.join(sorted(set(tasks) - set(done)))}")
        done += ready
    return done


def _before(task: dict[str, Any]) -> list[str]:
    sources = task.get("inputs", {}).get("artifacts", {}).values()
    return [*task.get("dependentTasks", []), *(one["taskOutputArtifact"]["producerTask"] for one in sources)]


@dataclass
class Rehearsal:
    """One run of a specification.

    Args:
        spec: the first document.
        folder: for the store, the launcher's paths and logs.
        parameters: in place of the defaults.
        root: where the cluster would keep artifacts; the specification's default if empty.
    """

    spec: dict[str, Any]
    folder: Path
    parameters: dict[str, str] = field(default_factory=dict)
    root: str = ""

    def __post_init__(self) -> None:
        self._made: dict[str, dict[str, Any]] = {}
        self.folder = self.folder.resolve()
        base = self.root or self.spec["defaultPipelineRoot"]
        self._run = f"{base}/{self.spec['pipelineInfo']['name']}/{uuid.uuid4()}"

    def run(self, done: Callable[[Step], None] = lambda step: None) -> list[Step]:
        """Executes all steps in order.

        Raises:
            StepFailedError: a step failed; what it wrote stays in the folder.
        """
        steps = []
        for name in order(self.spec["root"]["dag"]["tasks"]):
            steps.append(self._step(name))
            done(steps[-1])
        return steps

    def _step(self, name: str) -> Step:
        task = self.spec["root"]["dag"]["tasks"][name]
        component = self.spec["components"][task["componentRef"]["name"]]
        local = self.folder / "local"
        shutil.rmtree(local, ignore_errors=True)
        told = {"inputs": self._inputs(task), "outputs": self._outputs(name, component)}
        for one in artifacts(told["inputs"]):
            _copy(self._stored(one["uri"]), self._local(one["uri"]))
        for one in artifacts(told["outputs"]):
            self._local(one["uri"]).parent.mkdir(parents=True, exist_ok=True)
        container = self.spec["deploymentSpec"]["executors"][component["executorLabel"]]["container"]
        step = self._execute(name, container, told)
        self._made[name] = self._collect(told)
        return Step(**{**step.__dict__, "outputs": self._made[name]})

    def _inputs(self, task: dict[str, Any]) -> dict[str, Any]:
        given = self.spec["root"].get("inputDefinitions", {}).get("parameters", {})
        values = {}
        for name, source in task.get("inputs", {}).get("parameters", {}).items():
            if "componentInputParameter" in source:
                wanted = source["componentInputParameter"]
                values[name] = self.parameters.get(wanted, given[wanted].get("defaultValue"))
            else:
                values[name] = source["runtimeValue"]["constant"]
        sources = {key: one["taskOutputArtifact"] for key, one in task.get("inputs", {}).get("artifacts", {}).items()}
        found = {
            key: copy.deepcopy(self._made[one["producerTask"]][one["outputArtifactKey"]])
            for key, one in sources.items()
        }
        return {"parameterValues": values, "artifacts": found}

    def _outputs(self, name: str, component: dict[str, Any]) -> dict[str, Any]:
        task_root = f"{self._run}/{name}/{uuid.uuid4()}"
        made = {
            key: {
                "artifacts": [{"name": key, "uri": f"{task_root}/{key}", "type": one["artifactType"], "metadata": {}}]
            }
            for key, one in component.get("outputDefinitions", {}).get("artifacts", {}).items()
        }
        return {"artifacts": made, "outputFile": str(self._local(task_root) / "output_metadata.json")}

    def _execute(self, name: str, container: dict[str, Any], told: dict[str, Any]) -> Step:
        executor_input = json.dumps(told)
        json_format.Parse(executor_input, pipeline_spec_pb2.ExecutorInput())
        words = [word.replace("{{$}}", executor_input) for word in [*container["command"], *container["args"]]]
        # In the image `python` is this environment's.
        environment = {
            **{one["name"]: one["value"] for one in container.get("env", [])},
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
            "HOME": str(self.folder),
            ROOT_VARIABLE: str(self.folder / "local"),
        }
        log = self.folder / "logs" / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        with log.open("wb") as stream:
            child = subprocess.Popen(words, cwd=self.folder, env=environment, stdout=stream, stderr=stream)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            last = "\n".join(log.read_text(errors="replace").splitlines()[-LAST_LINES:])
            raise StepFailedError(f"{name} ended with exit code {child.returncode} (log: {log}):\n{last}")
        return Step(name, time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)

    def _collect(self, told: dict[str, Any]) -> dict[str, Any]:
        """Merges what the step says of its outputs, copies them into the store, as the launcher does."""
        written = Path(told["outputs"]["outputFile"])
        said = json.loads(written.read_text()) if written.exists() else {}
        json_format.ParseDict(said, pipeline_spec_pb2.ExecutorOutput())
        for key, listed in told["outputs"]["artifacts"].items():
            (one,) = listed["artifacts"]
            for other in said.get("artifacts", {}).get(key, {}).get("artifacts", [])[:1]:
                one["uri"] = other.get("uri") or one["uri"]
                one["metadata"] |= other.get("metadata", {})
            # KFP's own properties, which come back with every artifact.
            one["metadata"] |= {"display_name": key, "store_session_info": "{}"}
            one["name"] = f"projects/1/artifacts/{uuid.uuid4()}"
            _copy(self._local(one["uri"]), self._stored(one["uri"]))
        made: dict[str, Any] = told["outputs"]["artifacts"]
        return made

    def _local(self, uri: str) -> Path:
        for scheme, place in SCHEMES.items():
            if uri.startswith(scheme):
                return Path(f"{self.folder}/local{place}{uri.removeprefix(scheme)}")
        raise StepFailedError(f"a step named {uri!r}, which is in no object store")

    def _stored(self, uri: str) -> Path:
        return self.folder / "store" / uri.replace("://", "/")


def _copy(source: Path, target: Path) -> None:
    """Files only: an object store knows no empty folder."""
    for path in source.rglob("*") if source.is_dir() else []:
        if path.is_file():
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
