"""Entry point of every container: TFX's own, working on the launcher's local paths.

Started as `python -m pipeline.runners.kubeflow.step` with the arguments that TFX's compiler gives to
`tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor`, and `--code` and `--outputs` of our own.

The backend's facts are those of Kubeflow Pipelines 2.17 (commit 7b70c7b95f68), in its backend/src/v2.
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
from pathlib import Path
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.orchestration.kubeflow.v2 import compiler_utils
from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_entrypoint_utils, kubeflow_v2_run_executor

from components.artifacts import OURS
from components.code_hash import code_hash
from components.files import ADDRESS
from data.files import match
from pipeline.runners.kubeflow.places import PACKAGES, artifacts, local_path

hashed_id = kubeflow_v2_entrypoint_utils._get_hashed_id


class OtherCodeError(RuntimeError):
    """Image and specification do not belong together."""


def main(arguments: list[str]) -> None:
    """Runs one executor."""
    ours = argparse.ArgumentParser(allow_abbrev=False)
    ours.add_argument("--code", required=True, help="fingerprint of the code that the image must hold")
    ours.add_argument("--outputs", required=True, help="names of the outputs that the component declares")
    own, rest = ours.parse_known_args(arguments)
    check_code(own.code)
    for kind in OURS:
        compiler_utils.TITLE_TO_CLASS_PATH[kind.TYPE_NAME] = f"{kind.__module__}.{kind.__name__}"
    parsed, beam_arguments = kubeflow_v2_run_executor._parse_flags(rest)
    task = json.loads(parsed.json_serialized_invocation_args)
    run = run_id(task)
    name_types(task, json.loads(parsed.json_serialized_inputs_spec_args))
    remote = localise(task, own.outputs.split(","))
    parsed.json_serialized_invocation_args = json.dumps(task)
    kubeflow_v2_entrypoint_utils._get_hashed_id = store_id
    BaseExecutor.Context = functools.partial(BaseExecutor.Context, pipeline_run_id=run)
    kubeflow_v2_run_executor._run_executor(parsed, beam_arguments)
    written = Path(task["outputs"]["outputFile"])
    output = json.loads(written.read_text())
    globalise(output, remote)
    written.write_text(json.dumps(output))


def check_code(wanted: str) -> None:
    """Compares this code with a fingerprint; an empty one fits everything.

    Raises:
        OtherCodeError: it is another.
    """
    here = code_hash(*PACKAGES)
    if wanted not in ("", here):
        raise OtherCodeError(
            f"this image holds code {here}, the specification was compiled from {wanted}: build the image from the "
            "commit that compiles the specification, and compile with the digest of that image"
        )


def run_id(task: dict[str, Any]) -> str:
    """The run's id, which no argument tells: an output's URI is root/pipeline/run/task/salt/output.

    See `GetPipeline` in metadata/client.go and `provisionOutputs` in driver/driver.go.
    """
    for one in artifacts(task["outputs"]):
        return str(one["uri"].split("/")[-4])
    return ""


def store_id(name: str, name_from_id: dict[int, str]) -> int:
    """The id in the cluster's metadata store, which an input bears as its name; TFX would take a hash of the name.

    See `toRuntimeArtifact` in metadata/converter.go. An output has none yet, and its name is not a number.
    """
    if not name.isdecimal():
        return int(hashed_id(name, name_from_id))
    name_from_id[int(name)] = name
    return int(name)


def name_types(task: dict[str, Any], declared: dict[str, Any]) -> None:
    """Gives inputs the types that the component declares, in place.

    The backend leaves them empty: `GetOutputArtifactsByExecutionId` in metadata/client.go.
    """
    for key, listed in task.get("inputs", {}).get("artifacts", {}).items():
        for one in listed.get("artifacts", []):
            if not any(one.get("type", {}).values()):
                one["type"] = declared["artifacts"][key]["artifactType"]


def localise(task: dict[str, Any], declared: list[str]) -> dict[str, str]:
    """Puts paths in place of URIs, makes the outputs' folders, and finds files inside packages; in place.

    Outputs that the component does not declare are the backend's own, such as `executor-logs`, whose file the launcher
    is writing (`provisionOutputs`, and `getLogWriter` in component/launcher_v2.go): TFX is not told of them.

    Returns:
        The URI of each output's path.
    """
    for one in artifacts(task.get("inputs", {})):
        one.setdefault("metadata", {})[ADDRESS] = one["uri"]
        one["uri"] = local_path(one["uri"])
    outputs = task["outputs"]
    outputs["artifacts"] = {key: one for key, one in outputs.get("artifacts", {}).items() if key in declared}
    remote = {}
    for one in artifacts(outputs):
        path = local_path(one["uri"])
        remote[path], one["uri"] = one["uri"], path
        # The launcher makes the folder above only.
        Path(path).mkdir(parents=True, exist_ok=True)
    parameters = task.get("inputs", {}).get("parameterValues", {})
    for name, value in parameters.items():
        # A file of a package lies elsewhere in the image than where the specification was compiled.
        if isinstance(value, str) and value.startswith("package:"):
            parameters[name] = match(value, name)[0]
    return remote


def globalise(output: dict[str, Any], remote: dict[str, str]) -> None:
    """Puts the URIs back, in place: what they name is what the launcher copies and the next step is told."""
    for one in artifacts(output):
        one["uri"] = remote[one["uri"]]


if __name__ == "__main__":
    main(sys.argv[1:])
