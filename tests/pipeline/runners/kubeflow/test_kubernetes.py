"""The manifests on a real API server: kube-apiserver and its controllers, with etcd, on the loopback interface.

`make test-kubernetes` builds the servers from their Go module; where they are absent these tests skip.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from pipeline.config import DEFAULT_CONFIG, load
from pipeline.runners.kubeflow.spec import compile_spec

RENDERED = Path(__file__).parents[4] / "kubeflow" / "manifests" / "rendered"
GO = "" if shutil.which("go") else ", which is not here"
Resource = dict[str, Any]
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def api(api_server: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The server, for all tests here."""
    if api_server.MISSING:
        pytest.skip(f"no kube-apiserver and etcd here; `make test-kubernetes` builds and fetches them, with Go{GO}")
    with api_server.serving(tmp_path_factory.mktemp("kubernetes")) as server:
        yield server


def resources(name: str) -> list[Resource]:
    return [one for one in yaml.safe_load_all((RENDERED / f"{name}.yaml").read_text()) if one["kind"] != "Namespace"]


def pod_of(resource: Resource) -> Resource:
    """The pod that a Job or CronJob starts."""
    job = resource["spec"]["jobTemplate"] if resource["kind"] == "CronJob" else resource
    space = {"name": "from-template", "namespace": resource["metadata"]["namespace"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": space, "spec": job["spec"]["template"]["spec"]}


@pytest.mark.parametrize("name", ["pipelines", "scheduler", "toolbox"])
def test_a_server_under_the_profile_restricted_takes_each_manifest_and_its_pods_without_a_warning(
    api: Any, name: str
) -> None:
    for resource in resources(name):
        pods = [pod_of(resource)] if resource["kind"] in ("Job", "CronJob") else []
        for one in [resource, *pods]:
            status, answer, warnings = api.apply(one, dry_run=True)
            assert (status, warnings) == (201, []), answer


def test_a_pod_with_more_rights_or_a_field_that_is_none_is_not_taken(api: Any) -> None:
    (pod,) = (one for one in resources("toolbox") if one["kind"] == "Pod")
    spoilt = copy.deepcopy(pod)
    spoilt["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
    status, answer, _ = api.apply(spoilt, dry_run=True)
    assert (status, 'violates PodSecurity "restricted' in answer["message"]) == (403, True)
    spoilt = copy.deepcopy(pod)
    spoilt["spec"]["restartPolice"] = "Never"
    status, answer, _ = api.apply(spoilt, dry_run=True)
    assert (status, "restartPolice" in answer["message"]) == (500, True)


def test_a_steps_pod_is_taken_with_what_the_specification_says_of_it_and_not_without(api: Any) -> None:
    """The pod as the backend makes it: argocompiler/container.go and argocompiler/security_context.go, of 2.17."""
    _, platform = compile_spec(load(), DEFAULT_CONFIG.parent, "registry.example/farelite@sha256:" + "ab" * 32)
    ours = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]["Trainer_executor"]["securityContext"]
    common = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    for said, wanted in ((ours, 201), ({}, 403)):
        container = {"name": "main", "image": "x", "securityContext": {**common, **said}}
        first = {"name": "kfp-launcher", "image": "x", "securityContext": {**common, "runAsNonRoot": True}}
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "step", "namespace": "kubeflow"},
            "spec": {
                "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
                "initContainers": [first],
                "containers": [container],
                "volumes": [{"name": "kfp-launcher", "emptyDir": {}}],
            },
        }
        status, answer, _ = api.apply(pod, dry_run=True)
        assert status == wanted, answer
    assert "runAsNonRoot != true" in answer["message"]


def test_the_cronjob_makes_a_job_and_the_job_a_pod(api: Any) -> None:
    for resource in resources("scheduler"):
        if resource["kind"] == "CronJob":
            # The controller looks at the clock; the schedule of the manifest would have it wait for the night.
            resource["spec"]["schedule"] = "* * * * *"
        assert api.apply(resource, dry_run=False)[0] == 201
    (job, *_) = api.until("/apis/batch/v1/namespaces/farelite/jobs", lambda jobs: _of(jobs, "CronJob"), 100)
    assert job["spec"]["backoffLimit"] == 0
    (pod, *_) = api.until("/api/v1/namespaces/farelite/pods", lambda pods: _of(pods, "Job"), 30)
    assert pod["spec"]["containers"][0]["command"][:3] == ["farelite", "schedule", "once"]


def _of(found: list[Resource], kind: str) -> bool:
    return any(owner["kind"] == kind for one in found for owner in one["metadata"].get("ownerReferences", []))
