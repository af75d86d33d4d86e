"""The rehearsal is as hard as the backend: what a step is told, finds and may answer, and what comes from the cache."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.runners.kubeflow.driver import Record, cache_key, inputs_of, outputs_of
from pipeline.runners.kubeflow.errors import StepFailedError
from pipeline.runners.kubeflow.rehearsal import Rehearsal, Step

STATISTICS = "title: tfx.ExampleStatistics\ntype: object\n"
# A container's command: what it is told goes to a file, what it writes follows from its words.
STEP = """
import json, os, pathlib, sys
told = json.loads(sys.argv[1])
root = os.environ["FARELITE_STEP_ROOT"] + "/minio/"
print("hello from the step")
logs = told["outputs"]["artifacts"]["executor-logs"]["artifacts"][0]
pathlib.Path("told.json").write_text(json.dumps({**told, "logs are there": os.path.isfile(root + logs["uri"][8:])}))
(output,) = set(told["outputs"]["artifacts"]) - {"executor-logs"}
mine = told["outputs"]["artifacts"][output]["artifacts"][0]
place = pathlib.Path(root + mine["uri"][8:])
place.mkdir()
(place / "data").write_text("x")
said = {"uri": mine["uri"], "metadata": json.loads(sys.argv[2])}
exec(sys.argv[3])
answer = {"artifacts": {output: {"artifacts": [said]}}}
pathlib.Path(told["outputs"]["outputFile"]).write_text(json.dumps(answer))
"""
VERDICT = {"verdict": "pushed", "version": "000007", "kept": "", "reasons": "[]", "figures": '{"metrics": {}}'}


def document(metadata: dict[str, Any], more: str, code: str) -> list[dict[str, Any]]:
    """A step whose output the pusher reads; only the first may come from the cache."""
    read = {"taskOutputArtifact": {"producerTask": "Gen", "outputArtifactKey": "examples"}}
    tasks = {
        "Gen": {"inputs": {"parameters": {"until": {"componentInputParameter": "until"}}}},
        "TFLitePusher": {
            "inputs": {
                "artifacts": {"examples": read},
                "parameters": {"models_dir": {"runtimeValue": {"constant": "/models/x/models"}}},
            }
        },
    }
    spec: dict[str, Any] = {
        "pipelineInfo": {"name": "x"},
        "defaultPipelineRoot": "minio://bucket/root/?region=here",
        "root": {
            "dag": {"tasks": tasks},
            "inputDefinitions": {"parameters": {"until": {"defaultValue": ""}}},
        },
        "components": {},
        "deploymentSpec": {"executors": {}},
    }
    outputs = {"Gen": ("examples", metadata, more), "TFLitePusher": ("pushed_model", VERDICT, "")}
    for name, (output, properties, words) in outputs.items():
        tasks[name] |= {
            "componentRef": {"name": name},
            "cachingOptions": {"enableCache": True} if name == "Gen" else {},
        }
        kind = {"artifactType": {"instanceSchema": STATISTICS}}
        spec["components"][name] = {"executorLabel": name, "outputDefinitions": {"artifacts": {output: kind}}}
        container = {
            "image": "x",
            "command": ["python", "-c", STEP],
            "args": ["{{$}}", json.dumps(properties), words, "--code", code],
        }
        spec["deploymentSpec"]["executors"][name] = {"container": container}
    return [spec]


def rehearse(
    folder: Path, metadata: dict[str, Any] | None = None, more: str = "", code: str = "c0", **parameters: str
) -> tuple[list[Step], Any]:
    return Rehearsal(document(metadata or {}, more, code), folder, parameters).run()


def test_a_later_step_is_told_ids_and_no_types_and_a_file_for_the_logs_that_is_there_already(tmp_path: Path) -> None:
    steps, result = rehearse(tmp_path, {"rows": 3, "good": True, "many": [1]})
    told = json.loads((tmp_path / "told.json").read_text())
    (examples,) = told["inputs"]["artifacts"]["examples"]["artifacts"]
    assert examples["name"].isdecimal()
    assert examples["type"] == {"instanceSchema": ""}
    assert examples["uri"].startswith("minio://bucket/root/x/")
    assert examples["uri"].endswith("/examples")
    assert examples["metadata"] == {
        **{"rows": 3, "good": 1, "many": {"list": [1]}},
        **{"display_name": "examples", "store_session_info": "{}"},
    }
    assert told["logs are there"]
    (logs,) = told["outputs"]["artifacts"]["executor-logs"]["artifacts"]
    assert logs["type"] == {"schemaTitle": "system.Artifact"}
    stored = tmp_path / "store" / logs["uri"].replace("://", "/")
    assert (stored.name, stored.read_text()) == ("executor-logs-0", "hello from the step\n")
    assert (result.verdict, result.version, result.model_dir) == ("pushed", "000007", "/models/x/models/000007")
    assert result.run_id == examples["uri"].split("/")[-4]
    assert [step.state for step in steps] == ["ran", "ran"]


@pytest.mark.parametrize(
    ("metadata", "more", "said"),
    [
        # What an entry point does that takes the backend's own output for one of the component's.
        ({}, "pathlib.Path(str(place.parent) + '/executor-logs-0').mkdir(exist_ok=True)", "FileExistsError"),
        (
            {},
            "said['uri'] = 's3://elsewhere/x'",
            "Gen names 's3://elsewhere/x' as its examples, which is not below minio",
        ),
        ({"span": None}, "", "property span of an output is null"),
        ({}, "said['surprise'] = 1", 'has no field named "surprise"'),
        ({}, "sys.exit(3)", "Gen ended with exit code 3 .log: .*executor-logs-0.:\nhello from the step"),
    ],
)
def test_what_fails_on_the_cluster_fails_the_rehearsal(
    tmp_path: Path, metadata: dict[str, Any], more: str, said: str
) -> None:
    with pytest.raises(Exception, match=said):
        rehearse(tmp_path, metadata, more)
    assert [path.name for path in (tmp_path / "store").rglob("executor-logs-0")] == ["executor-logs-0"]


def test_a_step_comes_from_the_cache_only_with_the_same_code_parameters_and_inputs(tmp_path: Path) -> None:
    assert [step.state for step in rehearse(tmp_path)[0]] == ["ran", "ran"]
    cached, _ = rehearse(tmp_path)
    assert [step.state for step in cached] == ["cached", "ran"]
    assert (
        json.loads((tmp_path / "told.json").read_text())["inputs"]["artifacts"]["examples"]["artifacts"][0]["name"]
        == cached[0].outputs["examples"]["name"]
    )
    assert [step.state for step in rehearse(tmp_path, code="c1")[0]] == ["ran", "ran"]
    assert [step.state for step in rehearse(tmp_path, until="2016-01-31")[0]] == ["ran", "ran"]


def test_a_failed_step_is_in_no_cache(tmp_path: Path) -> None:
    fails = "sys.exit(not pathlib.Path('again').exists())"
    with pytest.raises(StepFailedError):
        rehearse(tmp_path, more=fails)
    (tmp_path / "again").touch()
    assert rehearse(tmp_path, more=f"{fails} if not pathlib.Path('again').exists() else None")[0][0].state == "ran"


@pytest.mark.parametrize(
    ("claims", "wanted"),
    [
        ([], "f276a25007c8b9416d45e6a1533e3472a7895f83f2225b73d74a19dc4e38b397"),
        (["farelite-data"], "6a4525d4a3ffa76f334868752e39ba7cac9b9189c4250518262c8ec5d7ed7912"),
    ],
)
def test_the_key_of_a_step_in_the_cache_is_the_one_that_the_backend_makes(claims: list[str], wanted: str) -> None:
    """Golden: `GenerateCacheKey` and `GenerateFingerPrint` of the backend's own cacheutils, run on the same input."""
    record = Record()
    number = record.add({"name": "examples", "uri": "minio://mlpipeline/v2/artifacts/x/r/TripExampleGen/s/examples"})
    constants = {"n": 2, "f": 0.25, "text": "a <b> & é"}
    parameters: dict[str, Any] = {name: {"runtimeValue": {"constant": value}} for name, value in constants.items()}
    read = {"taskOutputArtifact": {"producerTask": "G", "outputArtifactKey": "examples"}}
    task = {
        "inputs": {
            "parameters": {**parameters, "gate": {"componentInputParameter": "gate"}},
            "artifacts": {"examples": read},
        }
    }
    component = {"outputDefinitions": {"artifacts": {"statistics": {"artifactType": {"instanceSchema": STATISTICS}}}}}
    told = {
        "inputs": inputs_of(task, {"gate": "{}"}, {"G": {"examples": number}}, record),
        "outputs": {"artifacts": outputs_of("minio://mlpipeline/v2/artifacts/x/r/StatisticsGen/salt", component)},
    }
    container = {
        "image": "registry.example/farelite@sha256:ab",
        "command": ["python", "-m", "x"],
        "args": ["--json_serialized_invocation_args", "{{$}}", "--code", "0123"],
    }
    assert cache_key(told, container, claims) == wanted
