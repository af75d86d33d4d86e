"""The manifests on a real API server: kube-apiserver and its controllers, with etcd, on the loopback interface.

`make test-kubernetes` builds the servers from their Go module; where they are absent these tests skip.
"""

from __future__ import annotations

import copy
import json
import shutil
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.config import DEFAULT_CONFIG, load
from pipeline.runners.kubeflow.spec import compile_spec

ROOT = Path(__file__).parents[4]
RENDERED = ROOT / "kubeflow" / "manifests" / "rendered"
SERVERS = ROOT / ".tools" / "kubernetes"
ETCD = shutil.which("etcd", path=f"{SERVERS / 'usr' / 'bin'}") or shutil.which("etcd")
GO = "" if shutil.which("go") else ", which is not here"
RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
PLURALS = {
    "CronJob": "cronjobs",
    "Job": "jobs",
    "Pod": "pods",
    "ConfigMap": "configmaps",
    "Namespace": "namespaces",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "RoleBinding": "rolebindings",
    "ServiceAccount": "serviceaccounts",
}
Resource = dict[str, Any]

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        ETCD is None or not all((SERVERS / name).exists() for name in ("kube-apiserver", "kube-controller-manager")),
        reason=f"no kube-apiserver and etcd here; `make test-kubernetes` builds and fetches them, with Go{GO}",
    ),
]


def free_ports(count: int) -> list[int]:
    """Ports of the loopback interface where nothing listens."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


class Api:
    """A client of the server."""

    def __init__(self, address: str, token: str, certificate: Path) -> None:
        self.address, self._token, self._certificate = address, token, certificate

    def ask(self, method: str, path: str, body: Resource | None = None) -> tuple[int, Resource, list[str]]:
        """Status, answer, and warnings."""
        kind = "application/apply-patch+yaml" if method == "PATCH" else "application/json"
        request = urllib.request.Request(
            self.address + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": kind},
            method=method,
        )
        context = ssl.create_default_context(cafile=str(self._certificate))
        try:
            with urllib.request.urlopen(request, timeout=30, context=context) as answer:
                return answer.status, json.loads(answer.read()), answer.headers.get_all("Warning") or []
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read()), error.headers.get_all("Warning") or []

    def place(self, resource: Resource) -> str:
        """Path of a resource's kind."""
        version, space = resource["apiVersion"], resource["metadata"].get("namespace")
        start = f"/apis/{version}" if "/" in version else f"/api/{version}"
        return f"{start}{f'/namespaces/{space}' if space else ''}/{PLURALS[resource['kind']]}"

    def apply(self, resource: Resource, dry_run: bool) -> tuple[int, Resource, list[str]]:
        """Server-side apply."""
        query = "fieldManager=farelite&fieldValidation=Strict" + ("&dryRun=All" if dry_run else "")
        return self.ask("PATCH", f"{self.place(resource)}/{resource['metadata']['name']}?{query}", resource)

    def until(self, path: str, there: Callable[[list[Resource]], bool], seconds: float) -> list[Resource]:
        """What is listed at a path, once it is as wished."""
        end = time.monotonic() + seconds
        while True:
            _, answer, _ = self.ask("GET", path)
            if there(answer["items"]):
                found: list[Resource] = answer["items"]
                return found
            assert time.monotonic() < end, f"{path}: {answer['items']}"
            time.sleep(0.5)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server with the namespaces of the manifests, both under the profile `restricted`, and its controllers."""
    folder = tmp_path_factory.mktemp("kubernetes")
    client, peer, port, manager = free_ports(4)
    key, tokens, config = folder / "key.pem", folder / "tokens.csv", folder / "kubeconfig"
    subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
    tokens.write_text("secret,admin,admin,system:masters\n")
    address = f"https://127.0.0.1:{port}"
    running: list[subprocess.Popen[bytes]] = []

    def start(name: str, *words: str) -> None:
        with (folder / f"{name}.log").open("wb") as log:
            running.append(subprocess.Popen(words, cwd=folder, stdout=log, stderr=log))

    try:
        start(
            *("etcd", str(ETCD), "--data-dir", str(folder / "etcd"), "--unsafe-no-fsync"),
            *(f"--listen-client-urls=http://127.0.0.1:{client}", f"--advertise-client-urls=http://127.0.0.1:{client}"),
            *(f"--listen-peer-urls=http://127.0.0.1:{peer}", f"--initial-advertise-peer-urls=http://127.0.0.1:{peer}"),
            f"--initial-cluster=default=http://127.0.0.1:{peer}",
        )
        start(
            *("apiserver", str(SERVERS / "kube-apiserver"), f"--etcd-servers=http://127.0.0.1:{client}"),
            *("--bind-address=127.0.0.1", f"--secure-port={port}", f"--cert-dir={folder / 'certificates'}"),
            *(f"--token-auth-file={tokens}", "--authorization-mode=RBAC", "--service-cluster-ip-range=10.0.0.0/24"),
            *("--service-account-issuer=https://farelite.example", f"--service-account-key-file={key}"),
            f"--service-account-signing-key-file={key}",
        )
        server = Api(address, "secret", folder / "certificates" / "apiserver.crt")
        _ready(server, running, folder)
        config.write_text(_kubeconfig(address, folder / "certificates" / "apiserver.crt"))
        start(
            *("manager", str(SERVERS / "kube-controller-manager"), f"--kubeconfig={config}", "--leader-elect=false"),
            *("--bind-address=127.0.0.1", f"--secure-port={manager}", f"--cert-dir={folder / 'manager'}"),
            "--controllers=cronjob-controller,job-controller,serviceaccount-controller",
        )
        for name in ("kubeflow", "farelite"):
            labels = {"metadata": {"name": name, "labels": RESTRICTED}}
            assert server.apply({"apiVersion": "v1", "kind": "Namespace", **labels}, dry_run=False)[0] == 201
            server.until(f"/api/v1/namespaces/{name}/serviceaccounts", bool, 60)
        yield server
    finally:
        for one in reversed(running):
            one.terminate()
            one.wait(30)


def _ready(server: Api, running: list[subprocess.Popen[bytes]], folder: Path) -> None:
    end = time.monotonic() + 120
    while True:
        logs = "".join(path.read_text(errors="replace")[-2000:] for path in folder.glob("*.log"))
        assert all(one.poll() is None for one in running), logs
        assert time.monotonic() < end, logs
        try:
            # The answer is no JSON once it is ready, and an object with the reason before.
            server.ask("GET", "/readyz")
        except json.JSONDecodeError:
            return
        except OSError:
            pass
        time.sleep(0.5)


def _kubeconfig(address: str, certificate: Path) -> str:
    cluster = {"server": address, "certificate-authority": str(certificate)}
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "here", "cluster": cluster}],
            "users": [{"name": "admin", "user": {"token": "secret"}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "admin"}}],
            "current-context": "here",
        }
    )


def resources(name: str) -> list[Resource]:
    return [one for one in yaml.safe_load_all((RENDERED / f"{name}.yaml").read_text()) if one["kind"] != "Namespace"]


def pod_of(resource: Resource) -> Resource:
    """The pod that a Job or CronJob starts."""
    job = resource["spec"]["jobTemplate"] if resource["kind"] == "CronJob" else resource
    space = {"name": "from-template", "namespace": resource["metadata"]["namespace"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": space, "spec": job["spec"]["template"]["spec"]}


@pytest.mark.parametrize("name", ["pipelines", "scheduler", "toolbox"])
def test_a_server_under_the_profile_restricted_takes_each_manifest_and_its_pods_without_a_warning(
    api: Api, name: str
) -> None:
    for resource in resources(name):
        pods = [pod_of(resource)] if resource["kind"] in ("Job", "CronJob") else []
        for one in [resource, *pods]:
            status, answer, warnings = api.apply(one, dry_run=True)
            assert (status, warnings) == (201, []), answer


def test_a_pod_with_more_rights_or_a_field_that_is_none_is_not_taken(api: Api) -> None:
    (pod,) = (one for one in resources("toolbox") if one["kind"] == "Pod")
    spoilt = copy.deepcopy(pod)
    spoilt["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
    status, answer, _ = api.apply(spoilt, dry_run=True)
    assert (status, 'violates PodSecurity "restricted' in answer["message"]) == (403, True)
    spoilt = copy.deepcopy(pod)
    spoilt["spec"]["restartPolice"] = "Never"
    status, answer, _ = api.apply(spoilt, dry_run=True)
    assert (status, "restartPolice" in answer["message"]) == (500, True)


def test_a_steps_pod_is_taken_with_what_the_specification_says_of_it_and_not_without(api: Api) -> None:
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


def test_the_cronjob_makes_a_job_and_the_job_a_pod(api: Api) -> None:
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
