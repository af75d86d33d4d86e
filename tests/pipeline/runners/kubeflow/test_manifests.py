"""Manifests and Dockerfile: held to Kubernetes' schemas, to each other, and to the settings."""

from __future__ import annotations

import copy
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.config import load
from pipeline.settings.kubeflow import Kubeflow

ROOT = Path(__file__).parents[4]
MANIFESTS = ROOT / "kubeflow" / "manifests"
SETS = ("pipelines", "scheduler", "toolbox")
Resource = dict[str, Any]


def resources(name: str) -> list[Resource]:
    return list(yaml.safe_load_all((MANIFESTS / "rendered" / f"{name}.yaml").read_text()))


def of_kind(name: str, kind: str) -> list[Resource]:
    return [one for one in resources(name) if one["kind"] == kind]


def pods(name: str) -> Iterator[Resource]:
    """Specifications of the pods that a set starts."""
    for pod in of_kind(name, "Pod"):
        yield pod["spec"]
    for job in of_kind(name, "Job"):
        yield job["spec"]["template"]["spec"]
    for job in of_kind(name, "CronJob"):
        yield job["spec"]["jobTemplate"]["spec"]["template"]["spec"]


@pytest.mark.parametrize("version", ["1.30", "1.37"])
@pytest.mark.parametrize("name", SETS)
def test_each_rendered_resource_is_what_kubernetes_takes(name: str, version: str) -> None:
    from kubernetes_validate import validate  # imports jsonschema, and so takes two seconds

    for resource in resources(name):
        validate(resource, version, strict=True)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["spec", "schedule"], 15),
        (["spec", "concurrencyPolicy"], None),
        (["spec", "jobTemplate", "spec", "template", "spec", "containers", 0, "imagePullPolice"], "Always"),
        (["spec", "jobTemplate", "spec", "template", "spec", "containers", 0, "resources", "limits"], ["cpu"]),
    ],
)
def test_a_spoilt_resource_is_not_taken(path: list[Any], value: Any) -> None:
    (resource,) = copy.deepcopy(of_kind("scheduler", "CronJob"))
    place = resource
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    if value is None:
        del resource["spec"]["jobTemplate"]
    from kubernetes_validate import ValidationError, validate

    with pytest.raises(ValidationError):
        validate(resource, "1.37", strict=True)


@pytest.mark.parametrize("name", SETS)
def test_the_committed_rendering_is_what_kustomize_makes(name: str) -> None:
    own = ROOT / ".tools" / "kustomize" / "kustomize"
    program = str(own) if own.exists() else shutil.which("kustomize")
    if program is None:
        pytest.skip("no kustomize here; `make .tools/kustomize/kustomize` builds it with Go")
    made = subprocess.run([program, "build", str(MANIFESTS / name)], capture_output=True, text=True, check=True).stdout
    assert made == (MANIFESTS / "rendered" / f"{name}.yaml").read_text(), "`make manifests` renders them anew"


@pytest.mark.parametrize("name", SETS)
def test_no_pod_runs_as_root_or_an_image_without_a_digest(name: str) -> None:
    digest = "registry.example/farelite@sha256:" + "0" * 64
    found = list(pods(name))
    assert found
    for pod in found:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            assert container["image"] == digest
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert set(container["resources"]) == {"requests", "limits"}


def test_claims_mounts_and_account_are_those_of_the_settings() -> None:
    block = Kubeflow()
    assert block.data is not None
    assert block.models is not None
    places = {block.models.claim: block.models.mount, block.data.claim: block.data.mount}
    for name in SETS:
        claimed = {one["metadata"]["name"] for one in of_kind(name, "PersistentVolumeClaim")}
        assert claimed == (set() if name == "toolbox" else set(places))
        for pod in pods(name):
            claims = {
                one["name"]: one["persistentVolumeClaim"]["claimName"]
                for one in pod["volumes"]
                if "persistentVolumeClaim" in one
            }
            mounts = {one["name"]: one["mountPath"] for one in pod["containers"][0]["volumeMounts"]}
            assert {claims[volume]: mounts[volume] for volume in claims} == places
    (account,) = of_kind("pipelines", "ServiceAccount")
    (binding,) = of_kind("pipelines", "RoleBinding")
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": account["metadata"]["name"], "namespace": "kubeflow"}
    ]


def test_the_cronjob_wakes_when_its_configuration_says_and_finds_the_folder_that_it_wants() -> None:
    (job,) = of_kind("scheduler", "CronJob")
    config = load(MANIFESTS / "scheduler" / "farelite.yaml")
    assert config.schedule is not None
    assert (job["spec"]["schedule"], job["spec"]["timeZone"]) == (config.schedule.cron, config.schedule.time_zone)
    (pod,) = (one for one in pods("scheduler") if any(volume["name"] == "config" for volume in one["volumes"]))
    (container,) = pod["containers"]
    words = container["command"]
    mounts = {one["mountPath"]: one["name"] for one in container["volumeMounts"]}
    assert mounts[words[words.index("--runs-dir") + 1]] == "models"
    assert mounts[str(Path(words[words.index("--config") + 1]).parent)] == "config"
    (configured,) = of_kind("scheduler", "ConfigMap")
    assert yaml.safe_load(configured["data"]["farelite.yaml"])["name"] == config.name
    assert config.data.source.startswith("/data/")


def test_the_image_is_built_on_a_digest_from_the_lock_and_runs_as_the_manifests_user() -> None:
    text = (ROOT / "Dockerfile").read_text()
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
    assert re.fullmatch(r"ARG BASE=python:3\.1[1-3]-slim-trixie", lines[0])  # of the newer line
    assert [line.split()[1] for line in lines if line.startswith("FROM")] == ["${BASE}", "${BASE}"]
    syncs = [line for line in lines if "uv sync " in line]
    assert len(syncs) == 2
    assert all("--frozen" in line and "--no-dev" in line and "--extra kubeflow --extra micro" in line for line in syncs)
    (user,) = [line.split()[1] for line in lines if line.startswith("USER")]
    for name in SETS:
        for pod in pods(name):
            context = pod["securityContext"]
            assert f"{context['runAsUser']}:{context['fsGroup']}" == user
    assert not re.search(r"\suv(\s|$)", next(line for line in lines if "pip install" in line))  # a fixed version


def test_what_the_image_copies_exists_and_is_not_ignored() -> None:
    text = (ROOT / "Dockerfile").read_text()
    copied = [
        word
        for line in text.splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for word in line.split()[1:-1]
    ]
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert set(copied) == allowed
    assert all((ROOT / name).exists() for name in copied)
