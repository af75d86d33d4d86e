from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2
from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_entrypoint_utils

from components.artifacts import OURS
from components.code_hash import code_hash
from components.pusher.lineage import lineage
from pipeline.config import DEFAULT_CONFIG, ConfigError, load
from pipeline.runners.kubeflow.client import write
from pipeline.runners.kubeflow.places import PACKAGES, PlaceError, local_path
from pipeline.runners.kubeflow.rehearsal import order
from pipeline.runners.kubeflow.rules import refusals
from pipeline.runners.kubeflow.spec import compile_spec
from pipeline.runners.kubeflow.step import (
    OtherCodeError,
    check_code,
    globalise,
    localise,
    name_types,
    run_id,
    store_id,
)

IMAGE = "registry.example/farelite@sha256:" + "ab" * 32
FOLDER = DEFAULT_CONFIG.parent
Documents = list[dict[str, Any]]


@pytest.fixture
def documents(compiled: Documents) -> Documents:
    return copy.deepcopy(compiled)


def test_what_is_compiled_is_read_back_and_not_refused(documents: Documents, tmp_path: Path) -> None:
    write(documents, tmp_path / "pipeline.yaml")
    again = list(yaml.safe_load_all((tmp_path / "pipeline.yaml").read_text()))
    assert again == documents
    assert refusals(again) == []


def test_each_step_has_image_command_resources_retries_and_cache_as_configured(documents: Documents) -> None:
    spec, platform = documents
    tasks, executors = spec["root"]["dag"]["tasks"], spec["deploymentSpec"]["executors"]
    assert {one["container"]["image"] for one in executors.values()} == {IMAGE}
    assert executors["Trainer_executor"]["container"]["resources"]["memoryLimit"] == 8
    assert executors["Champion_executor"]["container"]["resources"]["memoryRequest"] >= 0.95
    assert {name for name, task in tasks.items() if "retryPolicy" not in task} == {"RowsGate", "DataGate"}
    uncached = {name for name, task in tasks.items() if not task["cachingOptions"].get("enableCache")}
    assert uncached == {"TripExampleGen", "Champion", "TFLitePusher"}
    mounted = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    volumes = {name: [one["constant"] for one in executor.get("pvcMount", [])] for name, executor in mounted.items()}
    assert {name: claims for name, claims in volumes.items() if claims} == {
        "TripExampleGen_executor": ["farelite-data"],
        "Champion_executor": ["farelite-models"],
        "TFLitePusher_executor": ["farelite-models"],
    }


def test_runtime_parameters_have_the_configurations_values_as_defaults(documents: Documents) -> None:
    parameters = documents[0]["root"]["inputDefinitions"]["parameters"]
    assert set(parameters) == {"data_root", "gate", "until"}
    assert parameters["data_root"]["defaultValue"] == "/data"
    assert '"rmse":5.0' in parameters["gate"]["defaultValue"]
    given = documents[0]["root"]["dag"]["tasks"]["Evaluator"]["inputs"]["parameters"]["gate"]
    assert given == {"componentInputParameter": "gate"}


def test_the_steps_and_what_flows_between_them_are_these(documents: Documents) -> None:
    """Golden: who waits for whom, and whose outputs each step reads."""
    flows = {}
    for name, task in documents[0]["root"]["dag"]["tasks"].items():
        sources = task["inputs"].get("artifacts", {}).values()
        flows[name] = sorted({one["taskOutputArtifact"]["producerTask"] for one in sources})
    assert flows == {
        "Champion": [],
        "DataGate": ["ExampleValidator", "Schema", "StatisticsGen", "TripExampleGen"],
        "Evaluator": ["Champion", "Schema", "Trainer", "TripExampleGen"],
        "ExampleValidator": ["Schema", "StatisticsGen"],
        "RowsGate": ["TripExampleGen"],
        "Schema": [],
        "StatisticsGen": ["TripExampleGen"],
        "TFLitePusher": ["Champion", "Evaluator", "Schema", "Trainer", "Transform", "TripExampleGen"],
        "Trainer": ["Transform", "TripExampleGen"],
        "Transform": ["Schema", "TripExampleGen"],
        "TripExampleGen": [],
    }
    names = order(documents[0]["root"]["dag"]["tasks"])
    assert names.index("RowsGate") < names.index("StatisticsGen")
    assert names.index("DataGate") < names.index("Transform")


@pytest.mark.parametrize(
    ("override", "image", "message"),
    [
        (
            "kubeflow.cache=true",
            "farelite:latest",
            "'farelite:latest' has no digest; write --image registry/name@sha256:",
        ),
        (
            "kubeflow.cache=true",
            None,
            "no --image was given, and kubeflow.image 'farelite' has no digest; write --image",
        ),
        ("kubeflow.resources.Traner.cpu_limit=3", IMAGE, "resources.Traner: no such step. Did you mean Trainer?"),
    ],
)
def test_what_cannot_be_compiled_is_answered_with_a_remedy(override: str, image: str | None, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        compile_spec(load(None, [override]), FOLDER, image)


def test_without_a_volume_for_models_the_remote_store_must_keep_the_versions() -> None:
    with pytest.raises(ConfigError, match=r"kubeflow.models is null.* and push.store names no place either: set one"):
        compile_spec(load(None, ["kubeflow.models=null"]), FOLDER, IMAGE)
    spec, platform = compile_spec(load(None, ["kubeflow.models=null", "push.store=gs://bucket/x"]), FOLDER, IMAGE)
    mounted = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert [name for name, executor in mounted.items() if "pvcMount" in executor] == ["TripExampleGen_executor"]
    given = spec["root"]["dag"]["tasks"]["Champion"]["inputs"]["parameters"]
    assert given["push_store"] == {"runtimeValue": {"constant": "gs://bucket/x"}}
    assert given["models_dir"] == {"runtimeValue": {"constant": "/tmp/farelite/chicago/models"}}


def test_a_study_is_a_step_that_works_in_its_container_and_whose_artifact_the_next_step_knows() -> None:
    spec, _ = compile_spec(load(None, ["study={}"]), FOLDER, IMAGE)
    task = spec["root"]["dag"]["tasks"]["Study"]
    assert task["inputs"]["parameters"]["work_dir"] == {"runtimeValue": {"constant": "/tmp/farelite/study"}}
    types = {
        yaml.safe_load(one["artifactType"]["instanceSchema"])["title"]
        for component in spec["components"].values()
        for one in component.get("outputDefinitions", {}).get("artifacts", {}).values()
    }
    assert {one for one in types if not one.startswith("tfx.")} == {kind.TYPE_NAME for kind in OURS}


def test_a_search_is_a_step_that_works_in_its_container_and_that_the_trainer_reads() -> None:
    spec, _ = compile_spec(load(None, ["tuner={}"]), FOLDER, IMAGE)
    tasks = spec["root"]["dag"]["tasks"]
    told = json.loads(tasks["Tuner"]["inputs"]["parameters"]["custom_config"]["runtimeValue"]["constant"])
    assert told["work_dir"] == "/tmp/farelite/study/tuner-work"
    found = tasks["Trainer"]["inputs"]["artifacts"]["hyperparameters"]["taskOutputArtifact"]
    assert found == {"producerTask": "Tuner", "outputArtifactKey": "best_hyperparameters"}


def test_an_image_by_tag_runs_where_the_configuration_says_so() -> None:
    spec, platform = compile_spec(load(None, ["kubeflow.require_digest=false"]), FOLDER, "farelite:latest")
    executors = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"].values()
    assert {one["imagePullPolicy"] for one in executors} == {"Always"}
    assert spec["deploymentSpec"]["executors"]["Trainer_executor"]["container"]["image"] == "farelite:latest"


def _executor(documents: Documents, name: str) -> dict[str, Any]:
    found: dict[str, Any] = documents[0]["deploymentSpec"]["executors"][f"{name}_executor"]
    return found


def _task(documents: Documents, name: str) -> dict[str, Any]:
    found: dict[str, Any] = documents[0]["root"]["dag"]["tasks"][name]
    return found


def _resolver(documents: Documents) -> None:
    executor = _executor(documents, "Champion")
    executor.clear()
    executor["resolver"] = {}


def _parameter(documents: Documents, name: str) -> dict[str, Any]:
    found: dict[str, Any] = documents[0]["root"]["inputDefinitions"]["parameters"][name]
    return found


def _only_exit_tasks(documents: Documents) -> None:
    for task in documents[0]["root"]["dag"]["tasks"].values():
        task["triggerPolicy"] = {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}


def _unknown_maker_of_a_parameter(documents: Documents) -> None:
    made = {"taskOutputParameter": {"producerTask": "Oracle", "outputParameterKey": "rows"}}
    _task(documents, "Trainer")["inputs"]["parameters"]["rows"] = made


def _condition_on_importer(documents: Documents) -> None:
    executor = _executor(documents, "Schema")
    executor.clear()
    executor["importer"] = {"artifactUri": {"constant": "s3://bucket/schema"}}
    _task(documents, "Schema")["triggerPolicy"] = {"condition": "true"}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda d: d[0]["pipelineInfo"].pop("name"), "pipelineInfo.name is empty"),
        (lambda d: d[0]["pipelineInfo"].update(name="Chicago!"), "name 'Chicago!' has more than lower case letters"),
        (lambda d: d[0].update(schemaVersion="2.0.0"), "schemaVersion is 2.0.0; KFP takes 2.1.0 only"),
        (lambda d: d[0].pop("schemaVersion"), "schemaVersion is None; KFP takes 2.1.0 only"),
        (lambda d: _parameter(d, "until").pop("defaultValue"), "until of the pipeline is not optional, yet has no def"),
        (lambda d: _parameter(d, "until").pop("parameterType"), "parameter until of the pipeline has unspecified type"),
        (_only_exit_tasks, "DAG root must contain one or more non-exit tasks"),
        (_unknown_maker_of_a_parameter, "task Trainer: unknown producer task Oracle"),
        (
            lambda d: _task(d, "Trainer")["retryPolicy"].update(backoffFactor=1.5),
            "backoffFactor is 1.5; Argo takes whole",
        ),
        (
            lambda d: _task(d, "Trainer")["retryPolicy"].pop("backoffMaxDuration"),
            "without the second Argo's budget is 0",
        ),
        (lambda d: d.append(d[1]), "there are 2 platform documents; KFP takes one"),
        (_resolver, "executor Champion_executor is resolver; container and importer executors only"),
        (_condition_on_importer, "triggerPolicy.condition on an importer task is not supported"),
        (lambda d: _task(d, "Trainer").update(artifactIterator={}), "artifact iterator is not implemented"),
        (
            lambda d: _task(d, "Trainer").update(artifactIterator={}, parameterIterator={}),
            'should not have multiple "iterator" oneof fields',
        ),
        (lambda d: _task(d, "Trainer").update(dependentTasks=["Oracle"]), "task Trainer: unknown producer task Oracle"),
        (lambda d: _task(d, "Trainer")["componentRef"].pop("name"), "component ref name is empty"),
        (lambda d: d[0]["components"].pop("Trainer"), "cannot find component Trainer"),
        (lambda d: d[0]["deploymentSpec"]["executors"].pop("Trainer_executor"), "is not in the deployment config"),
        (lambda d: d[0]["root"]["dag"].update(tasks={}), "DAG root must contain one or more non-exit tasks"),
        (lambda d: d[0]["root"]["inputDefinitions"]["parameters"].pop("gate"), "which is no parameter of the pipeline"),
        (lambda d: d[0].update(retries=3), "it is no PipelineSpec"),
        (lambda d: d[0].update(defaultPipelineRoot="/tmp/x"), "the launcher copies from gs://, minio://, s3:// only"),
        (lambda d: d[1]["platforms"].update(vertex={}), "the platform document names vertex"),
    ],
)
def test_what_open_source_kfp_refuses_is_refused_here(
    documents: Documents, spoil: Callable[[Documents], Any], message: str
) -> None:
    spoil(documents)
    assert any(message in reason for reason in refusals(documents)), refusals(documents)


def test_addresses_become_the_launchers_paths_and_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FARELITE_STEP_ROOT", str(tmp_path))
    task = {
        "inputs": {
            "artifacts": {"examples": {"artifacts": [{"uri": "s3://bucket/run/examples"}]}},
            "parameterValues": {"schema_file": "package:data/schemas/chicago.pbtxt", "label": "fare"},
        },
        "outputs": {
            "artifacts": {
                "model": {"artifacts": [{"uri": "minio://mlpipeline/run/model"}]},
                "executor-logs": {"artifacts": [{"uri": "minio://mlpipeline/run/executor-logs"}]},
            }
        },
    }
    remote = localise(task, ["model"])
    assert list(task["outputs"]["artifacts"]) == ["model"]
    assert not (tmp_path / "minio/mlpipeline/run/executor-logs").exists()
    assert task["inputs"]["artifacts"]["examples"]["artifacts"][0]["uri"] == f"{tmp_path}/s3/bucket/run/examples"
    assert Path(task["inputs"]["parameterValues"]["schema_file"]).is_file()
    output = {"artifacts": {"model": task["outputs"]["artifacts"]["model"]}}
    assert Path(output["artifacts"]["model"]["artifacts"][0]["uri"]).is_dir()
    globalise(output, remote)
    assert output["artifacts"]["model"]["artifacts"][0]["uri"] == "minio://mlpipeline/run/model"


def test_tfx_reads_inputs_as_the_backend_gives_them_with_type_id_properties_and_address() -> None:
    """Names, types and metadata as `toRuntimeArtifact` in the backend's metadata/converter.go writes them."""
    listed = {
        "examples": {
            "artifacts": [
                {
                    "name": "17",
                    "uri": "s3://bucket/run/examples",
                    "type": {"instanceSchema": ""},
                    "metadata": {"rows": 0, "span": 3, "display_name": "examples", "store_session_info": "{}"},
                }
            ]
        }
    }
    task: dict[str, Any] = {"inputs": {"artifacts": listed}, "outputs": {}}
    name_types(task, {"artifacts": {"examples": {"artifactType": {"instanceSchema": "title: tfx.Examples"}}}})
    localise(task, [])
    read = json_format.ParseDict(task["inputs"], pipeline_spec_pb2.ExecutorInput.Inputs())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kubeflow_v2_entrypoint_utils, "_get_hashed_id", store_id)
        parsed = kubeflow_v2_entrypoint_utils.parse_raw_artifact_dict(read.artifacts, {})
    steps = [
        {"step": "Gen", "kind": "", "code": "", "inputs": {}},
        {"step": "Pusher", "kind": "", "code": "", "inputs": {"examples": "Gen.examples"}},
    ]
    (told,) = lineage(steps, parsed)[0]["outputs"]["examples"]
    assert told == {"type": "Examples", "mlmd_id": 17, "uri": "s3://bucket/run/examples", "properties": {"rows": 0}}


def test_a_type_that_the_backend_does_tell_stays() -> None:
    one = {"type": {"schemaTitle": "tfx.Model"}}
    name_types({"inputs": {"artifacts": {"model": {"artifacts": [one]}}}}, {})
    assert one == {"type": {"schemaTitle": "tfx.Model"}}


def test_the_runs_id_stands_in_the_address_of_an_output() -> None:
    output = {"uri": "s3://bucket/some/folder/chicago/0a1b-run/Trainer/salt/model"}
    assert run_id({"outputs": {"artifacts": {"model": {"artifacts": [output]}}}}) == "0a1b-run"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "max_delay_s=1800",
            "max_delay_s is no setting any more.* budget of all attempts.* set budget_s, in seconds from",
        ),
        ("factor=1.5", "factor is 1.5, but Argo takes whole numbers only and would not try again at all: write 1, 2"),
        (
            "budget_s=180",
            "the waits before 2 further attempts come to 180 s, but budget_s is 180: the last would never",
        ),
    ],
)
def test_retries_that_argo_would_not_make_are_refused_with_what_it_takes(override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load(None, [f"kubeflow.retries.{override}"])


def test_retries_are_written_as_argo_reads_them(documents: Documents) -> None:
    assert _task(documents, "Trainer")["retryPolicy"] == {
        **{"maxRetryCount": 2, "backoffDuration": "60s", "backoffFactor": 2, "backoffMaxDuration": "86400s"}
    }


def test_every_step_is_told_its_code_and_outputs_where_the_clusters_cache_sees_them(documents: Documents) -> None:
    arguments = _executor(documents, "TripExampleGen")["container"]["args"]
    assert arguments[-4:] == ["--code", code_hash(*PACKAGES), "--outputs", "examples,report"]
    labels = documents[0]["deploymentSpec"]["executors"]
    assert all(one["container"]["args"][-4] == "--code" for one in labels.values())


def test_steps_say_that_they_are_not_root_unless_the_backend_is_too_old_for_it() -> None:
    def contexts(*overrides: str) -> set[str]:
        _, platform = compile_spec(load(None, list(overrides)), FOLDER, IMAGE)
        executors = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"].values()
        return {str(one.get("securityContext")) for one in executors}

    assert contexts() == {"{'runAsNonRoot': True}"}
    assert contexts("kubeflow.run_as_non_root=false") == {"None"}


def test_without_an_image_compile_names_the_option_before_it_imports_anything_heavy() -> None:
    words = "import sys, pipeline.cli; pipeline.cli.main(['kubeflow', 'compile'])"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", words], capture_output=True, text=True, check=False
    )
    said = [line for line in done.stderr.splitlines() if not line.startswith("import time:")]
    assert (done.returncode, said[0].startswith("error: no --image was given")) == (2, True)
    assert "tensorflow" not in done.stderr
    assert "apache_beam" not in done.stderr


def test_an_address_that_the_launcher_does_not_copy_is_answered_with_those_it_does() -> None:
    with pytest.raises(PlaceError, match="hdfs://x/y: KFP's launcher copies from gs://, minio://, s3:// only"):
        local_path("hdfs://x/y")


def test_an_image_with_other_code_than_the_specification_is_refused() -> None:
    check_code("")
    with pytest.raises(OtherCodeError, match="compiled from 000000000000: build the image from the commit"):
        check_code("000000000000")
