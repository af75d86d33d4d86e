"""A rehearsal: executes every step's container command of a compiled specification on this machine, without a cluster.

Around each step it does what the backend does there: `driver.py` before it, `launcher.py` in its container. Folders
stand for the object store, for a container's root and for the metadata store, whose cache a second rehearsal finds.
"""

import json
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pipeline
from pipeline.runners.events import Result
from pipeline.runners.kubeflow.driver import LOGS, Record, cache_key, inputs_of, outputs_of
from pipeline.runners.kubeflow.launcher import Launcher, Usage
from pipeline.runners.kubeflow.places import ROOT_VARIABLE, joined, local_path

PUSHER, PUSHED = "TFLitePusher", "pushed_model"


@dataclass(frozen=True)
class Step:
    """What one step took.

    Attributes:
        state: `ran` or `cached`.
        seconds: wall time, imports included.
        peak_bytes: largest resident set of the step or a child of it.
        outputs: its artifacts as the next steps are told.
    """

    name: str
    state: str
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
        documents: the specification, and the platform's.
        folder: for the stores and a container's root.
        parameters: in place of the defaults.
        root: where the cluster would keep artifacts; the specification's default if empty.
    """

    documents: list[dict[str, Any]]
    folder: Path
    parameters: dict[str, str] = field(default_factory=dict)
    root: str = ""

    def __post_init__(self) -> None:
        self._spec = self.documents[0]
        self.folder = self.folder.resolve()
        self._on_record = self.folder / "metadata.json"
        self._made: dict[str, dict[str, int]] = {}
        # `GetPipeline` in metadata/client.go.
        base = self.root or self._spec["defaultPipelineRoot"]
        self._run = joined(base, self._spec["pipelineInfo"]["name"], str(uuid.uuid4()))
        given = self._spec["root"].get("inputDefinitions", {}).get("parameters", {})
        self._given = {**{name: one.get("defaultValue") for name, one in given.items()}, **self.parameters}

    def run(self, done: Callable[[Step], None] = lambda step: None) -> tuple[list[Step], Result]:
        """Executes all steps in order, and says what they come to.

        Raises:
            StepFailedError: a step failed; what it wrote stays in the folder.
        """
        began = time.monotonic()
        self.folder.mkdir(parents=True, exist_ok=True)
        steps = {}
        for name in order(self._spec["root"]["dag"]["tasks"]):
            steps[name] = self._step(name)
            done(steps[name])
        return list(steps.values()), self._outcome(steps[PUSHER], time.monotonic() - began)

    def _outcome(self, last: Step, seconds: float) -> Result:
        told = last.outputs[PUSHED]["metadata"]
        store = self._spec["root"]["dag"]["tasks"][PUSHER]["inputs"]["parameters"]["models_dir"]["runtimeValue"]
        return Result(
            verdict=told["verdict"],
            version=told["version"],
            model_dir=f"{store['constant']}/{told['version']}" if told["version"] else told["kept"],
            reasons=json.loads(told["reasons"]),
            metrics=json.loads(told["figures"]),
            seconds=seconds,
            run_id=self._run.split("/")[-1],
        )

    def log(self, name: str) -> Path:
        """The log of a step that has run in this rehearsal or an earlier one."""
        uri = Record.read(self._on_record).artifacts[self._made[name][LOGS] - 1]["uri"]
        return self.folder / "store" / uri.replace("://", "/")

    def _step(self, name: str) -> Step:
        """`Container` in driver/container.go, then the launcher."""
        task = self._spec["root"]["dag"]["tasks"][name]
        component = self._spec["components"][task["componentRef"]["name"]]
        label = component["executorLabel"]
        container = self._spec["deploymentSpec"]["executors"][label]["container"]
        record = Record.read(self._on_record)
        place, local = joined(self._run, name, str(uuid.uuid4())), self.folder / "local"
        told = {
            "inputs": inputs_of(task, self._given, self._made, record),
            "outputs": {
                "artifacts": outputs_of(place, component),
                "outputFile": f"{local_path(place, str(local))}/output_metadata.json",
            },
        }
        key = cache_key(told, container, list(self._claims(label))) if task["cachingOptions"].get("enableCache") else ""
        state, usage = "cached", Usage(0, 0, 0)
        if key not in record.cache:
            launcher = Launcher(local, self.folder / "store", self._run, self._environment(local))
            state, usage = "ran", launcher.launch(name, container, told)
            ids = {output: record.add(one["artifacts"][0]) for output, one in told["outputs"]["artifacts"].items()}
            record.cache |= {key: ids} if key else {}
            record.write(self._on_record)
            self._made[name] = ids
        else:
            self._made[name] = record.cache[key]
        outputs = {output: record.as_input(number) for output, number in self._made[name].items() if output != LOGS}
        return Step(name, state, usage.seconds, usage.cpu_seconds, usage.peak_bytes, outputs)

    def _claims(self, label: str) -> Iterator[str]:
        for document in self.documents[1:]:
            executor = document["platforms"]["kubernetes"]["deploymentSpec"]["executors"].get(label, {})
            yield from (one["constant"] for one in executor.get("pvcMount", []))

    def _environment(self, local: Path) -> dict[str, str]:
        # In the image `python` is this environment's, and its packages are these.
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
            "PYTHONPATH": str(Path(pipeline.__file__).parents[1]),
            "HOME": str(self.folder),
            ROOT_VARIABLE: str(local),
        }
