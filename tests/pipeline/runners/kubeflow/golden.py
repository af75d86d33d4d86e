"""Prints the default pipeline's specification as `golden.yaml` keeps it; `make golden` writes that file anew.

Kept is everything but what every change of code or settings would change: fingerprints of code, the revision, TFX's
version, and the values of settings, which other tests look at. Long JSON texts are shown as the structures they are.
"""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import yaml

from pipeline.config import DEFAULT_CONFIG, load

IMAGE = "registry.example/farelite@sha256:" + "ab" * 32
CODE = re.compile(r"[0-9a-f]{12}")
SETTINGS = (
    "slicings",
    "data_gate",
    "dataset",
    "gate",
    "plan",
    "provenance",
    "push",
    "settings",
    "stats_options_json",
    "steps",
    "custom_config",
)


def kept(documents: list[dict[str, Any]]) -> str:
    """YAML of both documents without what is not kept."""
    spec, platform = copy.deepcopy(documents)
    parameters = spec["root"]["inputDefinitions"]["parameters"]
    parameters["gate"]["defaultValue"] = "<settings>"
    spec["sdkVersion"] = spec["sdkVersion"].partition("-")[0]
    for task in spec["root"]["dag"]["tasks"].values():
        for name, value in task["inputs"].get("parameters", {}).items():
            constant = value.get("runtimeValue", {}).get("constant")
            if name == "code" and CODE.fullmatch(str(constant)):
                value["runtimeValue"]["constant"] = "<code>"
            elif name in SETTINGS and constant is not None:
                value["runtimeValue"]["constant"] = "<settings>"
    for executor in spec["deploymentSpec"]["executors"].values():
        container = executor["container"]
        container["args"] = [_plain(one) for one in container["args"]]
        container["args"][container["args"].index("--code") + 1] = "<code>"
    for component in spec["components"].values():
        for side in ("inputDefinitions", "outputDefinitions"):
            for artifact in component.get(side, {}).get("artifacts", {}).values():
                kind = artifact["artifactType"]
                kind["instanceSchema"] = yaml.safe_load(kind["instanceSchema"])
    return str(yaml.safe_dump_all([spec, platform], sort_keys=True, width=120))


def _plain(argument: str) -> Any:
    try:
        return json.loads(argument)
    except ValueError:
        return argument


if __name__ == "__main__":
    from pipeline.runners.kubeflow.spec import compile_spec

    print(kept(compile_spec(load(), DEFAULT_CONFIG.parent, IMAGE)), end="")
