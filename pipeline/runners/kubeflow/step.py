"""Entry point of every container: TFX's own, working on the launcher's local paths.

Started as `python -m pipeline.runners.kubeflow.step` with the arguments that TFX's compiler gives to
`tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
from tfx.orchestration.kubeflow.v2 import compiler_utils
from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_run_executor

from components.artifacts import OURS
from components.code_hash import code_hash
from data.files import match
from pipeline.runners.kubeflow.places import CODE_VARIABLE, PACKAGES, artifacts, local_path

INVOCATION = "--json_serialized_invocation_args"


class OtherCodeError(RuntimeError):
    """Image and specification do not belong together."""


def main(arguments: list[str]) -> None:
    """Runs one executor.

    Args:
        arguments: without the program's name.

    Raises:
        OtherCodeError: the image holds other code than the specification was compiled from.
    """
    check_code(os.environ.get(CODE_VARIABLE, ""))
    for kind in OURS:
        compiler_utils.TITLE_TO_CLASS_PATH[kind.TYPE_NAME] = f"{kind.__module__}.{kind.__name__}"
    place = arguments.index(INVOCATION) + 1
    task = json.loads(arguments[place])
    remote = localise(task)
    changed = [*arguments[:place], json.dumps(task), *arguments[place + 1 :]]
    parsed, beam_arguments = kubeflow_v2_run_executor._parse_flags(changed)
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


def localise(task: dict[str, Any]) -> dict[str, str]:
    """Puts paths in place of URIs, makes the outputs' folders, and finds files inside packages; in place.

    Returns:
        The URI of each output's path.
    """
    for one in artifacts(task.get("inputs", {})):
        one["uri"] = local_path(one["uri"])
    remote = {}
    for one in artifacts(task["outputs"]):
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
