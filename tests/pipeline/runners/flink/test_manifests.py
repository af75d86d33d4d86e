"""Manifests of a standing cluster: held to the operator's and Kubernetes' schemas, to each other, to the settings."""

from __future__ import annotations

import copy
import importlib.util
import json
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline import line
from pipeline.settings.beam import ENVIRONMENT_CACHE_MS, Flink

ROOT = Path(__file__).parents[4]
NO_RUNNER = "Beam's runner for Flink is published whole for the Beam of TFX 1.16 alone"
FOLDER = ROOT / "kubeflow" / "flink"
SCHEMA = ROOT / "tests" / "testdata" / "flink" / "flinkdeployment.json"


def documents(name: str) -> list[Any]:
    return list(yaml.safe_load_all((FOLDER / name).read_text()))


def operator_schema() -> dict[str, Any]:
    """The operator's, which forgets keys that it does not know; here they are mistakes."""

    def strict(node: Any) -> Any:
        if isinstance(node, list):
            return [strict(one) for one in node]
        if not isinstance(node, dict):
            return node
        made = {key: strict(value) for key, value in node.items()}
        if "properties" in made and isinstance(made["properties"], dict) and "type" in made:
            made.setdefault("additionalProperties", False)
        return made

    schema = strict(json.loads(SCHEMA.read_text()))
    schema["properties"] |= {"apiVersion": {}, "kind": {}, "metadata": {}}
    return schema


def task_manager_pod() -> dict[str, Any]:
    """The pod template with an image where the operator puts one."""
    (cluster,) = documents("cluster.yaml")
    pod = copy.deepcopy(cluster["spec"]["taskManager"]["podTemplate"])
    pod["spec"]["containers"][0]["image"] = cluster["spec"]["image"]
    return pod


def faults(cluster: Any) -> list[str]:
    """What the operator would say."""
    import jsonschema  # takes two seconds to import, which workers without these tests are spared

    schema = operator_schema()
    return [error.message for error in jsonschema.validators.validator_for(schema)(schema).iter_errors(cluster)]


def test_the_operator_takes_the_cluster() -> None:
    (cluster,) = documents("cluster.yaml")
    assert faults(cluster) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["flinkVersion"], "1.19"),
        (["taskManager", "replica"], 2),
        (["taskManager", "resource", "cpu"], "2"),
        (["jobManager", "resource", "memory"], 2048),
    ],
)
def test_a_spoilt_cluster_is_not_taken(path: list[str], value: Any) -> None:
    (cluster,) = documents("cluster.yaml")
    place = cluster["spec"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert len(faults(cluster)) == 1


@pytest.mark.parametrize("kubernetes", ["1.30", "1.37"])
def test_kubernetes_takes_the_pod_and_everything_else(kubernetes: str) -> None:
    from kubernetes_validate import validate

    for one in [task_manager_pod(), *documents("job-server.yaml"), *documents("claim.yaml")]:
        validate(one, kubernetes, strict=True)


def test_the_pool_listens_where_the_how_to_says_and_shares_the_runs_folder() -> None:
    (pool,) = [one for one in task_manager_pod()["spec"]["containers"] if one["name"] == "worker-pool"]
    text = (ROOT / "docs" / "how-to" / "flink.md").read_text()
    (address,) = set(re.findall(r"worker_pool: (localhost:\d+)", text))
    assert pool["command"][-1] == f"0.0.0.0:{address.split(':')[1]}"
    assert importlib.util.find_spec(pool["command"][2])
    claims = {one["name"]: one["persistentVolumeClaim"]["claimName"] for one in task_manager_pod()["spec"]["volumes"]}
    (claim,) = documents("claim.yaml")
    assert claims["runs"] == claim["metadata"]["name"]
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]


def test_memory_for_exchanges_satisfies_the_check_before_the_first_step() -> None:
    (cluster,) = documents("cluster.yaml")
    told = cluster["spec"]["flinkConfiguration"]
    wanted = Flink().min_network_mb * int(told["taskmanager.numberOfTaskSlots"])
    assert told["taskmanager.memory.network.min"] == told["taskmanager.memory.network.max"] == f"{wanted}m"


@pytest.mark.skipif(line.NEW, reason=NO_RUNNER)
def test_the_job_server_is_of_the_installed_beam_and_asks_the_cluster_of_the_manifest() -> None:
    deployment, service = documents("job-server.yaml")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["image"].endswith(f":{version('apache-beam')}")
    (cluster,) = documents("cluster.yaml")
    assert f"--flink-master={cluster['metadata']['name']}-rest:8081" in container["args"]
    ports = {one["name"]: one["port"] for one in service["spec"]["ports"]}
    assert {f"--job-port={ports['jobs']}", f"--artifact-port={ports['artifacts']}"} <= set(container["args"])


def test_the_jdk_is_opened_as_for_the_cluster_of_this_machine() -> None:
    (cluster,) = documents("cluster.yaml")
    script = (ROOT / "tools" / "flink" / "configuration.py").read_text()
    opened = set(
        re.findall(r"java\.base/([\w.]+)=ALL-UNNAMED", cluster["spec"]["flinkConfiguration"]["env.java.opts.all"])
    )
    packages = re.search(r"for package in \(([^)]*)\)", script)
    assert packages is not None
    assert opened == {f"java.{name}" for name in re.findall(r'"([\w.]+)"', packages[1])} | {"sun.nio.ch"}


def test_a_failed_job_starts_again_after_its_workers_are_let_go() -> None:
    (cluster,) = documents("cluster.yaml")
    backoff = cluster["spec"]["flinkConfiguration"]["restart-strategy.exponential-delay.initial-backoff"]
    assert 1000 * int(backoff.removesuffix(" s")) >= 2 * ENVIRONMENT_CACHE_MS
    assert f'initial-backoff": "{backoff}"' in (ROOT / "tools" / "flink" / "configuration.py").read_text()


@pytest.mark.skipif(line.NEW, reason=NO_RUNNER)
def test_the_jars_are_of_the_installed_beam() -> None:
    lock = (ROOT / "tools" / "flink" / "jars.sha256").read_text()
    assert re.search(rf"^[0-9a-f]{{64}}  beam-runners-flink-1\.19-{version('apache-beam')}\.jar$", lock, re.MULTILINE)
