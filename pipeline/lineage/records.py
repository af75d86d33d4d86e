"""What ML Metadata tells, as plain values: artifacts, steps, chains of them, and runs."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import chain
from pathlib import Path
from typing import Any

from components.task import all_tasks, task_of
from components.task.task import Task


@dataclass(frozen=True)
class Artifact:
    """One artifact: id, type, where it lies, and its custom properties as plain values.

    Attributes:
        id: in ML Metadata; below 0 for what a manifest tells of by name only.
        created: ISO 8601, UTC; empty where nothing is known.
        freed: whether `farelite clean` has taken its files away.
    """

    id: int
    type: str
    uri: str
    properties: dict[str, Any]
    created: str = ""
    freed: bool = False

    def state(self) -> str:
        """`there`, `freed` by a clean, `missing` (gone without a clean), or `unknown` where only its name is told."""
        if not self.uri:
            return "unknown"
        if self.freed:
            return "freed"
        return "there" if ":" in self.uri.split("/")[0] or Path(self.uri).exists() else "missing"


@dataclass(frozen=True)
class NodeRun:
    """What one node did in one run.

    Attributes:
        state: `ran`, `cached`, `failed`, `running` or `canceled`.
        outputs: artifacts by output key.
        started: ISO 8601, UTC.
        seconds: from its registration to its end.
    """

    name: str
    state: str
    outputs: dict[str, list[Artifact]] = field(default_factory=dict)
    started: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Step:
    """One execution in a chain.

    Attributes:
        id: of the execution; a running number where only the manifest is asked.
        run: in which it was executed; another one than asked for where the result came from the cache.
        settings: its parameters; texts that hold JSON are read.
        inputs, outputs: ids of artifacts by key.
    """

    id: int
    name: str
    run: str
    state: str
    started: str
    seconds: float
    settings: dict[str, Any]
    inputs: dict[str, list[int]]
    outputs: dict[str, list[int]]


@dataclass(frozen=True)
class Chain:
    """Steps by id of execution, in order of time, and the artifacts between them by id."""

    steps: dict[int, Step] = field(default_factory=dict)
    artifacts: dict[int, Artifact] = field(default_factory=dict)

    def maker(self, artifact: int) -> Step | None:
        """The step that an artifact came out of."""
        return next((one for one in self.steps.values() if artifact in chain.from_iterable(one.outputs.values())), None)

    def before(self, step: Step) -> dict[int, str]:
        """Makers of a step's inputs: id of the step and the first key it is read under."""
        found: dict[int, str] = {}
        for key, artifacts in step.inputs.items():
            for artifact in artifacts:
                maker = self.maker(artifact)
                if maker is not None:
                    found.setdefault(maker.id, key)
        return found


@dataclass(frozen=True)
class Answer:
    """Where a file came from.

    Attributes:
        pipeline, version, sha256, bytes: of the file; `version` is empty for one that was refused.
        verdict: `pushed` or `refused`.
        live: whether `current` names it; None where no store is at hand.
        asked: `metadata`, or `manifest` where the metadata was not at hand.
        trouble: what is wrong with a metadata store that is there and could not be asked.
        code_revision, config_hash, config, fingerprint: of code, settings and data.
        files: of the source: `path`, `bytes`, `sha256`.
        metrics: `rows`, and by model the metrics that the manifest holds.
        champion: version that was live then; empty for none.
        chain: the steps and what lies between them.
    """

    pipeline: str
    version: str = ""
    sha256: str = ""
    bytes: int = 0
    verdict: str = ""
    live: bool | None = None
    asked: str = "metadata"
    run: str = ""
    code_revision: str = ""
    config_hash: str = ""
    fingerprint: str = ""
    champion: str = ""
    trouble: str = ""
    reasons: list[str] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    chain: Chain = field(default_factory=Chain)

    def to_json(self) -> dict[str, Any]:
        """Plain values; the chain as lists of `steps` and `artifacts`, each artifact with the state of its files."""
        told = {one.name: getattr(self, one.name) for one in dataclasses.fields(self) if one.name != "chain"}
        steps = [dataclasses.asdict(one) for one in self.chain.steps.values()]
        for step in steps:
            step["settings"].pop("provenance", None)  # what it holds stands above
        artifacts = [{**dataclasses.asdict(one), "state": one.state()} for one in self.chain.artifacts.values()]
        return {**told, "steps": steps, "artifacts": artifacts}


@dataclass(frozen=True)
class RunRecord:
    """One run of the pipeline, as the runner noted it.

    Attributes:
        started, finished: ISO 8601, UTC; the second is empty for a run that has not told its end.
        verdict: `pushed`, `unchanged`, `refused`, `stopped`, `failed`, `interrupted`; `running` or `crashed` where the
            run has not told its end.
        version: pushed, or live and unchanged.
        metrics: `rows` and, by model (`file`, `float`, `linear`, `mean`, `candidate`, `champion`), the brief metrics.
        code_revision, config_hash, fingerprint: of code, settings and data.
        last_step: the last node that was begun; empty for a run that came to its end.
    """

    id: str
    started: str
    finished: str = ""
    verdict: str = ""
    version: str = ""
    reasons: list[str] = field(default_factory=list)
    metrics: dict[str, Any] = field(default_factory=dict)
    code_revision: str = ""
    config_hash: str = ""
    fingerprint: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    last_step: str = ""

    @property
    def seconds(self) -> float | None:
        """Wall time; None where the end is not known."""
        if not self.finished:
            return None
        return (datetime.fromisoformat(self.finished) - datetime.fromisoformat(self.started)).total_seconds()


def flat_metrics(figures: Mapping[str, Any]) -> dict[str, Any]:
    """`rows`, and the errors by model, of the figures that the pusher records."""
    measured = dict(figures.get("metrics") or {})
    baselines = measured.pop("baselines", {})
    return {**measured, **baselines} or {
        name: one for name, one in (figures.get("evaluation") or {}).items() if is_measured(one)
    }


def is_measured(value: Any) -> bool:
    """Whether something under a model's name holds its errors; the gate's own words stand beside them."""
    return isinstance(value, dict) and any(task.primary.name in value for task in all_tasks())


def task_in(config: Mapping[str, Any]) -> Task:
    """Of the label of a configuration as an older farelite may have noted it."""
    return task_of((config.get("data") or {}).get("label") or {})


def iso(milliseconds: int) -> str:
    """ISO 8601 in UTC, to the millisecond, of a time in ML Metadata."""
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc).isoformat(timespec="milliseconds")


def plain(properties: Any) -> dict[str, Any]:
    """ML Metadata's properties as Python values; what it keeps as a structure is left out."""
    values = {}
    for name, value in properties.items():
        kind = value.WhichOneof("value")
        values[name] = getattr(value, kind) if kind and kind != "struct_value" else None
    return values


def unfolded(value: Any) -> Any:
    """A value with every text that holds a JSON object or list read, also inside of others."""
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return unfolded(json.loads(value))
        except ValueError:
            return value
    if isinstance(value, dict):
        return {key: unfolded(one) for key, one in value.items()}
    return value


def read_json(artifact: Artifact, name: str) -> Any:
    """A custom property that holds JSON."""
    return json.loads(artifact.properties.get(name) or "null")
