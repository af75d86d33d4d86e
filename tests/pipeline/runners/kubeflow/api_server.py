"""A real Kubernetes API server for tests: kube-apiserver with its controllers and etcd, on the loopback interface."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[4]
SERVERS = ROOT / ".tools" / "kubernetes"
ETCD = shutil.which("etcd", path=f"{SERVERS / 'usr' / 'bin'}") or shutil.which("etcd")
MISSING = ETCD is None or not all((SERVERS / name).exists() for name in ("kube-apiserver", "kube-controller-manager"))
TOKEN = "secret"
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


@contextmanager
def serving(folder: Path) -> Iterator[Api]:
    """A server with the namespaces of the manifests, both under the profile `restricted`, and its controllers.

    Args:
        folder: for keys, logs and the store; empty.
    """
    running: list[subprocess.Popen[bytes]] = []

    def start(name: str, *words: str) -> None:
        with (folder / f"{name}.log").open("wb") as log:
            running.append(subprocess.Popen(words, cwd=folder, stdout=log, stderr=log))

    client, peer, port, manager = free_ports(4)
    address, certificate = f"https://127.0.0.1:{port}", folder / "certificates" / "apiserver.crt"
    server = Api(address, TOKEN, certificate)
    try:
        start("etcd", *_etcd(folder, client, peer))
        start("apiserver", *_apiserver(folder, client, port))
        _ready(server, running, folder)
        (folder / "kubeconfig").write_text(_kubeconfig(address, certificate))
        start(
            *("manager", str(SERVERS / "kube-controller-manager"), "--kubeconfig=kubeconfig", "--leader-elect=false"),
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


def _etcd(folder: Path, client: int, peer: int) -> list[str]:
    own, others = f"http://127.0.0.1:{client}", f"http://127.0.0.1:{peer}"
    return [
        *(str(ETCD), f"--data-dir={folder / 'etcd'}", f"--initial-cluster=default={others}"),
        *(f"--listen-client-urls={own}", f"--advertise-client-urls={own}"),
        *(f"--listen-peer-urls={others}", f"--initial-advertise-peer-urls={others}"),
    ]


def _apiserver(folder: Path, client: int, port: int) -> list[str]:
    key, tokens = folder / "key.pem", folder / "tokens.csv"
    subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
    tokens.write_text(f"{TOKEN},admin,admin,system:masters\n")
    return [
        *(str(SERVERS / "kube-apiserver"), f"--etcd-servers=http://127.0.0.1:{client}", "--authorization-mode=RBAC"),
        *("--bind-address=127.0.0.1", f"--secure-port={port}", f"--cert-dir={folder / 'certificates'}"),
        *(f"--token-auth-file={tokens}", "--service-cluster-ip-range=10.0.0.0/24"),
        *("--service-account-issuer=https://farelite.example", f"--service-account-key-file={key}"),
        f"--service-account-signing-key-file={key}",
    ]


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
            "users": [{"name": "admin", "user": {"token": TOKEN}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "admin"}}],
            "current-context": "here",
        }
    )
