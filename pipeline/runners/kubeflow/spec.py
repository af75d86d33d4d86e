"""Compiles the pipeline to a KFP v2 specification: TFX's compiler, and what it leaves out.

What each step asks of the cluster by default was measured on the local run.
"""

from __future__ import annotations

import difflib
import json
import math
import os
from pathlib import Path
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
from ml_metadata.proto.metadata_store_pb2 import ConnectionConfig
from tfx.orchestration.data_types import RuntimeParameter
from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner as tfx_runner

from components.champion import LIVE
from components.code_hash import code_hash
from pipeline import provenance
from pipeline.config import Config, ConfigError
from pipeline.graph import create_pipeline
from pipeline.run_context import RunContext
from pipeline.runners.kubeflow.image import wanted
from pipeline.runners.kubeflow.places import BACKEND_ROOT, PACKAGES
from pipeline.runners.kubeflow.rules import refusals
from pipeline.settings.kubeflow import Resources

PEAK_GB = {
    "Champion": 0.76,
    "Schema": 0.76,
    "TripExampleGen": 0.81,
    "RowsGate": 0.77,
    "StatisticsGen": 0.82,
    "ExampleValidator": 0.76,
    "DataGate": 0.77,
    "Transform": 0.86,
    "Trainer": 0.95,
    "Evaluator": 0.86,
    "TFLitePusher": 0.93,
}
"""Largest resident set of each step of the default configuration (15,002 rows), in 10^9 bytes, imports included; as
`farelite kubeflow rehearse` prints it."""


def _quarters(gigabytes: float) -> float:
    return math.ceil(gigabytes * 4) / 4


MEASURED = {
    name: Resources(
        # Every step of the default kept one core busy and not two.
        cpu_request=1.0,
        cpu_limit=2.0,
        memory_request_gb=_quarters(1.25 * peak),
        memory_limit_gb=_quarters(2.0 * peak),
    )
    for name, peak in PEAK_GB.items()
}
"""Requests a quarter above the peak, limits twice the peak."""


COMMAND = ["python", "-m", "pipeline.runners.kubeflow.step"]
GATES = ("RowsGate", "DataGate")
"""They fail on purpose, and would again."""

LOOKING_OUTSIDE = ("TripExampleGen", "Champion", "TFLitePusher")
"""What these find is no artifact, so the cluster's cache would not notice that it has changed."""

PASSING = "/tmp/farelite"
"""What a container keeps to itself: a copy of `push.store` where there is no volume, and a study's work."""


def compile_spec(
    config: Config, folder: Path, image: str | None = None, asked: Config | None = None
) -> list[dict[str, Any]]:
    """The specification and the platform's document.

    Args:
        config: of the pipeline.
        folder: of the configuration file; a source below it counts from the parameter `data_root` on the cluster.
        image: in place of the configuration's.
        asked: the configuration as it was before the label was looked at, which the hash of settings is of.

    Raises:
        ConfigError: the image has no digest, a step does not exist, or open-source KFP would refuse the outcome.
    """
    image = wanted(image, config.kubeflow)
    if config.kubeflow.models is None and not config.push.store:
        raise ConfigError(
            "kubeflow.models is null, so no volume keeps the versions, and push.store names no place either: set one"
        )
    pipeline = create_pipeline(_on_cluster(config, folder), _surroundings(config, asked or config))
    runner = tfx_runner.KubeflowV2DagRunner(
        tfx_runner.KubeflowV2DagRunnerConfig(default_image=image, default_commands=COMMAND, use_pipeline_spec_2_1=True)
    )
    spec: dict[str, Any] = runner.run(pipeline, write_out=False)["pipelineSpec"]
    for name, default in _parameters(config).items():
        # TFX's compiler leaves the defaults out.
        spec["root"]["inputDefinitions"]["parameters"][name]["defaultValue"] = default
    _check_steps(config, spec)
    _complete(config, spec)
    documents = [spec, _platform(config, spec)]
    refused = refusals(documents)
    if refused:
        raise ConfigError("open-source KFP would refuse this specification: " + "; ".join(refused))
    return documents


def _on_cluster(config: Config, folder: Path) -> Config:
    """The configuration with the source as the cluster sees it: relative to `data_root` if it lies below `folder`."""

    def inside(path: str | None) -> str | None:
        if path is None or not path.startswith("/") or os.path.relpath(path, folder).startswith(".."):
            return path
        return os.path.relpath(path, folder)

    split = config.data.split.model_copy(update={"test_source": inside(config.data.split.test_source)})
    data = config.data.model_copy(update={"source": inside(config.data.source), "split": split})
    return config.model_copy(update={"data": data})


def _surroundings(config: Config, asked: Config) -> RunContext:
    """Nothing can be looked up when this is compiled, so the steps look when they run."""
    block = config.kubeflow
    told = {
        "config": config.plain(),
        "config_hash": asked.hash(),
        "code_revision": provenance.code_revision(),
        "fingerprint": "",
    }
    return RunContext(
        root=block.pipeline_root or BACKEND_ROOT,
        metadata=ConnectionConfig(),
        models_dir=f"{block.models.mount if block.models else PASSING}/{config.name}/models",
        fingerprint="",
        located="",
        schema_path=config.schema_file,
        baseline="",
        champion_version=LIVE,
        champion_sha256="",
        store_state="",
        provenance=json.dumps(told, sort_keys=True),
        beam=_beam(config),
        work_dir=f"{PASSING}/study",
        **{name: RuntimeParameter(name, str, default) for name, default in _parameters(config).items()},
    )


def _beam(config: Config) -> tuple[str, ...]:
    """What Beam is told in a container, where the number of rows is not known yet."""
    place = config.beam.place(0)
    if place == "flink":
        raise ConfigError(
            "beam.runner flink cannot go with Kubeflow: a step there works on its container's own copies of the "
            "artifacts, which Flink's workers do not see; compile with --set beam.runner=in_process, or run "
            "`farelite run` in a pod that shares its --runs-dir with the workers (docs/how-to/flink.md)"
        )
    return tuple(config.beam.local_arguments(place))


def _parameters(config: Config) -> dict[str, str]:
    """Parameters of a run with their defaults."""
    return {
        "data_root": config.kubeflow.data_root,
        "until": config.data.spans.until or "",
        "gate": config.gate.model_dump_json(),
    }


def _check_steps(config: Config, spec: dict[str, Any]) -> None:
    steps = sorted(spec["root"]["dag"]["tasks"])
    for name in config.kubeflow.resources:
        if name not in steps:
            near = difflib.get_close_matches(name, steps, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise ConfigError(f"kubeflow.resources.{name}: no such step.{hint} There are: {', '.join(steps)}")


def _complete(config: Config, spec: dict[str, Any]) -> None:
    """Retries, cache and resources, which TFX's compiler does not write; and what the entry point must be told.

    The code stands in the arguments, since they are in the key of the cluster's cache and the environment is not
    (`GenerateCacheKey` in KFP's backend/src/v2/cacheutils/cache.go, commit 7b70c7b95f68).
    """
    block = config.kubeflow
    # No backend reads it, the rehearsal does; see `RootDAG` in backend/src/v2/driver/root_dag.go.
    spec["defaultPipelineRoot"] = block.pipeline_root or BACKEND_ROOT
    code = code_hash(*PACKAGES)
    for name, task in spec["root"]["dag"]["tasks"].items():
        task["cachingOptions"] = {"enableCache": True} if block.cache and name not in LOOKING_OUTSIDE else {}
        if block.retries.attempts and name not in GATES:
            task["retryPolicy"] = {
                "maxRetryCount": block.retries.attempts,
                "backoffDuration": f"{block.retries.delay_s}s",
                "backoffFactor": block.retries.factor,
                # Without it the backend's template says 0, which is no retry (argocompiler/container.go).
                "backoffMaxDuration": f"{block.retries.budget_s}s",
            }
        container = _container(spec, name)
        asked = block.resources.get(name) or MEASURED.get(name) or block.default
        container["resources"] = {
            "cpuRequest": asked.cpu_request,
            "cpuLimit": asked.cpu_limit,
            "memoryRequest": asked.memory_request_gb,
            "memoryLimit": asked.memory_limit_gb,
        }
        outputs = spec["components"][task["componentRef"]["name"]].get("outputDefinitions", {}).get("artifacts", {})
        container["args"] += ["--code", code, "--outputs", ",".join(sorted(outputs))]


def _container(spec: dict[str, Any], task: str) -> dict[str, Any]:
    component = spec["root"]["dag"]["tasks"][task]["componentRef"]["name"]
    label = spec["components"][component]["executorLabel"]
    container: dict[str, Any] = spec["deploymentSpec"]["executors"][label]["container"]
    return container


def _platform(config: Config, spec: dict[str, Any]) -> dict[str, Any]:
    """Volumes of each step, by the message `KubernetesExecutorConfig`."""
    block = config.kubeflow
    models = {"constant": block.models.claim, "mountPath": block.models.mount} if block.models else None
    data = {"constant": block.data.claim, "mountPath": block.data.mount} if block.data else None
    executors: dict[str, Any] = {}
    for name, component in spec["components"].items():
        mounts = [models] if models and name in ("Champion", "TFLitePusher") else []
        if data and name == "TripExampleGen":
            mounts.append(data)
        # A tag may have moved since a node fetched it; a digest cannot.
        config_of_executor: dict[str, Any] = {"imagePullPolicy": "IfNotPresent" if block.require_digest else "Always"}
        if block.run_as_non_root:
            # Privileges, capabilities and seccomp are the backend's own doing (argocompiler/security_context.go).
            config_of_executor["securityContext"] = {"runAsNonRoot": True}
        if mounts:
            config_of_executor["pvcMount"] = mounts
        executors[component["executorLabel"]] = config_of_executor
    return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}}
