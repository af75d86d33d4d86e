"""What the backend's driver does before a step: its inputs, its outputs, its key in the cache, and what is on record.

Each fact is that of Kubeflow Pipelines 2.17 (commit 7b70c7b95f68), below backend/src/v2; so is `launcher.py`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipeline.runners.kubeflow.errors import StepFailedError
from pipeline.runners.kubeflow.places import artifacts, joined

LOGS = "executor-logs"
Json = dict[str, Any]


@dataclass
class Record:
    """What the cluster keeps in its metadata store, as a file.

    Attributes:
        artifacts: `uri` and `metadata`; the first has id 1.
        cache: by a step's key, the ids of its outputs.
    """

    artifacts: list[Json] = field(default_factory=list)
    cache: dict[str, dict[str, int]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Record:
        """The one that a file holds, or a new one."""
        return cls(**json.loads(path.read_text())) if path.exists() else cls()

    def write(self, path: Path) -> None:
        """Keeps it for the next run."""
        path.write_text(json.dumps(asdict(self), indent=1))

    def add(self, artifact: Json) -> int:
        """Puts an output on record and gives its id.

        `toMLMDArtifact` in metadata/converter.go: name and type of the artifact are not kept.
        """
        kept = {name: _kept(name, value) for name, value in artifact.get("metadata", {}).items()}
        # `RecordArtifact` in metadata/client.go.
        defaults = {"display_name": artifact["name"], "store_session_info": "{}"}
        self.artifacts.append({"uri": artifact["uri"], "metadata": {**defaults, **kept}})
        return len(self.artifacts)

    def as_input(self, number: int) -> Json:
        """An artifact as a later step is told of it: its name is its id, its type is empty.

        `toRuntimeArtifact` in metadata/converter.go, `GetOutputArtifactsByExecutionId` in metadata/client.go.
        """
        return {"name": str(number), "type": {"instanceSchema": ""}, **self.artifacts[number - 1]}


def _kept(name: str, value: Any) -> Any:
    """A property as it comes back: `StructValueToMLMDValue` in metadata/converter.go."""
    if value is None:
        raise StepFailedError(f"property {name} of an output is null, which the backend's metadata store does not take")
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, list | dict):
        return {"list" if isinstance(value, list) else "struct": value}
    return value


def inputs_of(task: Json, parameters: Json, made: dict[str, dict[str, int]], record: Record) -> Json:
    """Inputs of an ExecutorInput, with ids of outputs by task and output: `resolveInputs` in driver/resolve.go."""
    wanted = task.get("inputs", {})
    values = {
        name: parameters[one["componentInputParameter"]]
        if "componentInputParameter" in one
        else one["runtimeValue"]["constant"]
        for name, one in wanted.get("parameters", {}).items()
    }
    sources = {key: one["taskOutputArtifact"] for key, one in wanted.get("artifacts", {}).items()}
    found = {
        key: {"artifacts": [record.as_input(made[one["producerTask"]][one["outputArtifactKey"]])]}
        for key, one in sources.items()
    }
    return {"parameterValues": values, "artifacts": found}


def outputs_of(place: str, component: Json) -> Json:
    """Output artifacts of an ExecutorInput, with one for the logs: `provisionOutputs` in driver/driver.go."""
    types = {
        key: one["artifactType"] for key, one in component.get("outputDefinitions", {}).get("artifacts", {}).items()
    }
    types[LOGS] = {"schemaTitle": "system.Artifact"}
    return {key: {"artifacts": [{"name": key, "uri": joined(place, key), "type": kind}]} for key, kind in types.items()}


def cache_key(told: Json, container: Json, claims: list[str]) -> str:
    """Key of a step in the cache: `GenerateCacheKey` and `GenerateFingerPrint` in cacheutils/cache.go.

    Inputs count by their ids, so what was made anew is another input whatever it holds; the environment does not count.
    """
    outputs = {
        key: {"name": one["artifacts"][0]["name"], "type": one["artifacts"][0]["type"]}
        for key, one in told["outputs"]["artifacts"].items()
    }
    inputs = {
        key: {"artifactNames": [one["name"] for one in artifacts({"artifacts": {key: listed}})]}
        for key, listed in told["inputs"]["artifacts"].items()
    }
    where = {
        "image": container["image"],
        "cmdArgs": [*container["command"], *container["args"]],
        "pvcNames": sorted(set(claims)),
    }
    key = {
        "inputArtifactNames": inputs,
        "inputParameterValues": told["inputs"]["parameterValues"],
        "outputArtifactsSpec": outputs,
        "containerSpec": {name: value for name, value in where.items() if value},
    }
    said = {name: value for name, value in key.items() if value}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    # As Go writes JSON.
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return hashlib.sha256(text.encode()).hexdigest()
