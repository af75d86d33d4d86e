"""What open-source KFP refuses, checked before it is asked.

Each rule is a refusal in KFP's own compiler, backend/src/v2/compiler (visitor.go, argocompiler/argo.go, dag.go), or of
the API server, which reads a specification before it compiles it (backend/src/apiserver/template/v2_template.go), or of
driver or launcher where that is named (commit 7b70c7b95f68).
"""

import re
from collections.abc import Iterator
from typing import Any

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from pipeline.runners.kubeflow.places import SCHEMES

SCHEMA_VERSION = "2.1.0"
NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
UNTYPED = "PARAMETER_TYPE_ENUM_UNSPECIFIED"
EXIT = "ALL_UPSTREAM_TASKS_COMPLETED"
PULL_POLICIES = ("Always", "Never", "IfNotPresent")


def refusals(documents: list[dict[str, Any]]) -> list[str]:
    """Why KFP would refuse a specification, one sentence each; empty when it would not."""
    spec, *platforms = documents
    try:
        json_format.ParseDict(spec, pipeline_spec_pb2.PipelineSpec())
        json_format.ParseDict(spec.get("deploymentSpec", {}), pipeline_spec_pb2.PipelineDeploymentConfig())
    except json_format.ParseError as error:
        return [f"it is no PipelineSpec: {error}"]
    return [*_whole(spec), *_dag("root", spec.get("root", {}), spec), *_platforms(spec, platforms)]


def _whole(spec: dict[str, Any]) -> Iterator[str]:
    name = spec.get("pipelineInfo", {}).get("name", "")
    if not name:
        yield "pipelineInfo.name is empty"
    elif not NAME.fullmatch(name):
        yield f"pipelineInfo.name {name!r} has more than lower case letters, digits, - and ."
    if spec.get("schemaVersion") != SCHEMA_VERSION:
        yield f"schemaVersion is {spec.get('schemaVersion')}; KFP takes {SCHEMA_VERSION} only"
    for key, one in spec.get("root", {}).get("inputDefinitions", {}).get("parameters", {}).items():
        if one.get("parameterType", UNTYPED) == UNTYPED:
            yield f"parameter {key} of the pipeline has unspecified type"
        # A run that does not name it would be refused, and the runs of a schedule do not.
        if "defaultValue" not in one and not one.get("isOptional"):
            yield f"parameter {key} of the pipeline is not optional, yet has no default value"
    root = spec.get("defaultPipelineRoot", "")
    if root and not root.startswith(tuple(SCHEMES)):
        yield f"defaultPipelineRoot {root}: the launcher copies from {', '.join(SCHEMES)} only"


def _dag(name: str, component: dict[str, Any], spec: dict[str, Any]) -> Iterator[str]:
    tasks = component.get("dag", {}).get("tasks", {})
    if all(task.get("triggerPolicy", {}).get("strategy") == EXIT for task in tasks.values()):
        yield f"DAG {name} must contain one or more non-exit tasks"
    parameters = component.get("inputDefinitions", {}).get("parameters", {})
    for key, task in tasks.items():
        yield from (f"task {key}: {reason}" for reason in _task(task, tasks, parameters, spec))


def _task(
    task: dict[str, Any], tasks: dict[str, Any], parameters: dict[str, Any], spec: dict[str, Any]
) -> Iterator[str]:
    if "artifactIterator" in task:
        yield "artifact iterator is not implemented"
    yield from _retries(task.get("retryPolicy"))
    producers = {*task.get("dependentTasks", []), *(producer for producer, *_ in _sources(task))}
    for producer in sorted(producers):
        if producer not in tasks:
            yield f"unknown producer task {producer}"
    for producer, kind, output in _sources(task):
        made = spec["components"].get(tasks.get(producer, {}).get("componentRef", {}).get("name", ""), {})
        if producer in tasks and output not in made.get("outputDefinitions", {}).get(kind, {}):
            yield f"{producer} has no output {output}"
    for name, source in task.get("inputs", {}).get("parameters", {}).items():
        wanted = source.get("componentInputParameter")
        if wanted is not None and wanted not in parameters:
            yield f"parameter {name} takes {wanted}, which is no parameter of the pipeline"
    reference = task.get("componentRef", {}).get("name", "")
    component = spec.get("components", {}).get(reference)
    if not reference:
        yield "component ref name is empty"
    elif component is None:
        yield f"cannot find component {reference}"
    elif "dag" in component:
        yield from _dag(reference, component, spec)
    else:
        yield from _executor(task, component, spec)


def _retries(policy: dict[str, Any] | None) -> Iterator[str]:
    """What is taken and then never tried again: `getTaskRetryParametersWithValues` in argocompiler/container.go."""
    if policy is not None:
        if not float(policy.get("backoffFactor", 0)).is_integer():
            yield f"retryPolicy.backoffFactor is {policy['backoffFactor']}; Argo takes whole numbers only"
        if "backoffDuration" not in policy or "backoffMaxDuration" not in policy:
            yield "retryPolicy needs backoffDuration and backoffMaxDuration; without the second Argo's budget is 0"


def _sources(task: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Who makes what a task reads: task, kind of output, output."""
    for kind, key, output in (
        ("artifacts", "taskOutputArtifact", "outputArtifactKey"),
        ("parameters", "taskOutputParameter", "outputParameterKey"),
    ):
        for source in task.get("inputs", {}).get(kind, {}).values():
            if key in source:
                yield source[key]["producerTask"], kind, source[key][output]


def _executor(task: dict[str, Any], component: dict[str, Any], spec: dict[str, Any]) -> Iterator[str]:
    label = component.get("executorLabel", "")
    executor = spec.get("deploymentSpec", {}).get("executors", {}).get(label)
    if not label:
        yield "unknown component implementation"
    elif executor is None:
        yield f"executor {label} is not in the deployment config"
    elif "importer" in executor:
        if task.get("triggerPolicy", {}).get("condition"):
            yield "triggerPolicy.condition on an importer task is not supported"
    elif "container" not in executor:
        kinds = ", ".join(sorted(executor)) or "nothing"
        yield f"executor {label} is {kinds}; container and importer executors only"
    elif not executor["container"].get("image") or not executor["container"].get("command"):
        # The launcher starts the command itself; the image's own entry point is not known to it.
        yield f"executor {label} needs an image and a command"


def _platforms(spec: dict[str, Any], platforms: list[dict[str, Any]]) -> Iterator[str]:
    if len(platforms) > 1:
        yield f"there are {len(platforms)} platform documents; KFP takes one"
    for document in platforms:
        unknown = set(document.get("platforms", {})) - {"kubernetes"}
        if unknown or "platforms" not in document:
            yield f"the platform document names {', '.join(sorted(unknown)) or 'no platform'}; kubernetes is the one"
        kubernetes = document.get("platforms", {}).get("kubernetes", {})
        for label, config in kubernetes.get("deploymentSpec", {}).get("executors", {}).items():
            if label not in spec.get("deploymentSpec", {}).get("executors", {}):
                yield f"platform: executor {label} is not in the deployment config"
            if config.get("imagePullPolicy", "Always") not in PULL_POLICIES:
                yield f"platform: executor {label}: imagePullPolicy is one of {', '.join(PULL_POLICIES)}"
            for mount in config.get("pvcMount", []):
                if not mount.get("mountPath", "").startswith("/") or not mount.get("constant"):
                    yield f"platform: executor {label}: a volume needs a claim and an absolute path"
