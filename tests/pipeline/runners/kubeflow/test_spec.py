"""The compiled specification as a whole: beside the one that is kept, and through KFP's own SDK."""

from __future__ import annotations

import copy
import difflib
import json
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from data.errors import DataError
from pipeline.config import DEFAULT_CONFIG, load
from pipeline.runners.kubeflow.client import HOME, write

Documents = list[dict[str, Any]]
GOLDEN = Path(__file__).with_name("golden.yaml")
READ = """
import json, sys, yaml
from google.protobuf import json_format
from kfp import components
from kfp.client.client import _extract_pipeline_yaml
from kfp.kubernetes.kubernetes_executor_config_pb2 import KubernetesExecutorConfig
from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineDeploymentConfig

document = _extract_pipeline_yaml(sys.argv[1])
component = components.load_component_from_file(sys.argv[1])
deployment = json_format.ParseDict(
    json_format.MessageToDict(document.pipeline_spec.deployment_spec), PipelineDeploymentConfig()
)
kubernetes = document.platform_spec.platforms["kubernetes"]
mounts = {}
for name, executor in kubernetes.deployment_spec.executors.items():
    config = json_format.ParseDict(json_format.MessageToDict(executor), KubernetesExecutorConfig())
    mounts[name] = [[one.constant, one.mount_path] for one in config.pvc_mount]
print(json.dumps({
    "name": component.name,
    "inputs": {name: [one.type, one.default] for name, one in component.component_spec.inputs.items()},
    "tasks": sorted(document.pipeline_spec.root.dag.tasks),
    "memory": {name: one.container.resources.memory_limit for name, one in deployment.executors.items()},
    "retries": {
        name: task.retry_policy.max_retry_count for name, task in document.pipeline_spec.root.dag.tasks.items()
    },
    "mounts": mounts,
}))
"""


@pytest.fixture(scope="module")
def default_spec() -> Documents:
    from pipeline.runners.kubeflow.spec import compile_spec

    return compile_spec(load(), DEFAULT_CONFIG.parent, "registry.example/farelite@sha256:" + "ab" * 32)


def test_the_whole_specification_is_the_one_that_is_kept(default_spec: Documents, golden: ModuleType) -> None:
    made = golden.kept(default_spec)
    changes = difflib.unified_diff(GOLDEN.read_text().splitlines(), made.splitlines(), "kept", "now", lineterm="", n=2)
    told = "\n".join(changes)
    assert not told, f"`make golden` writes it anew, if this is meant:\n{told}"


def test_kfps_own_sdk_reads_the_specification_and_sees_in_it_what_was_written(
    default_spec: Documents, tmp_path: Path
) -> None:
    if not (HOME / ".made-from").exists():
        pytest.skip("no kfp SDK here; `make kubeflow-client` installs it")
    spec, platform = copy.deepcopy(default_spec)
    wanted = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    # The locked SDK is older than this field, which came with 2.16.
    assert {str(executor.pop("securityContext")) for executor in wanted.values()} == {"{'runAsNonRoot': True}"}
    write([spec, platform], tmp_path / "pipeline.yaml")
    words = [str(HOME / "bin" / "python"), "-E", "-c", READ, str(tmp_path / "pipeline.yaml")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    tasks, executors = spec["root"]["dag"]["tasks"], spec["deploymentSpec"]["executors"]
    parameters = spec["root"]["inputDefinitions"]["parameters"]
    assert seen["name"] == "chicago"
    assert seen["inputs"] == {name: ["String", one["defaultValue"]] for name, one in parameters.items()}
    assert seen["tasks"] == sorted(tasks)
    assert seen["memory"] == {
        name: one["container"]["resources"]["memoryLimit"] for name, one in executors.items()
    }  # fmt: skip
    assert seen["retries"] == {
        name: task.get("retryPolicy", {}).get("maxRetryCount", 0) for name, task in tasks.items()
    }  # fmt: skip
    assert seen["mounts"] == {
        name: [[one["constant"], one["mountPath"]] for one in executor.get("pvcMount", [])]
        for name, executor in wanted.items()
    }


def test_a_place_that_takes_no_specification_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file" / "pipeline.yaml", tmp_path, Path("/proc/farelite/pipeline.yaml")):
        with pytest.raises(DataError, match="give another"):
            write([{}], place)
