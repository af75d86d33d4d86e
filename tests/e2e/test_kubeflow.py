"""Conformance without a cluster: every step of the compiled specification, executed as its container would be.

A local run and the rehearsal share data and settings; what the two push must measure the same.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.registry import store
from components.registry.store import Store
from tests.e2e import command, copied
from tests.e2e.lean import LEAN, sets

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
SCHEMA = json.loads((Path(store.__file__).parent / "model.schema.json").read_text())
IMAGE = "registry.example/farelite@sha256:" + "0123456789abcdef" * 4


def farelite(folder: Path, *arguments: str) -> str:
    done = command.farelite(*arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def story(lean_run: tuple[Path, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The local run, the rehearsal, and what both left."""
    folder = tmp_path_factory.mktemp("kubeflow")
    lean = sets(*LEAN)
    runs, local = lean_run
    models = folder / "cluster" / "models"
    place = sets(f"kubeflow.models.mount={models}")
    farelite(folder, "kubeflow", "compile", *lean, *place, "--image", IMAGE, "--output", "pipeline.yaml")
    words = ("kubeflow", "rehearse", "pipeline.yaml", "--folder", "cluster", "--json")
    done = command.script(Path(copied.__file__), *words, cwd=folder)
    assert done.returncode == 0, done.stderr
    rehearsed = json.loads(done.stdout)
    spec, platform = yaml.safe_load_all((folder / "pipeline.yaml").read_text())
    return {
        "local": local,
        "local store": Store(runs / "chicago" / "models"),
        "store": Store(models / "chicago" / "models"),
        "rehearsed": rehearsed,
        "steps": {step["name"]: step for step in rehearsed["steps"]},
        "spec": spec,
        "platform": platform,
        "folder": folder / "cluster",
    }


def test_every_step_ran_from_its_container_command(story: dict[str, Any]) -> None:
    assert set(story["steps"]) == set(story["spec"]["root"]["dag"]["tasks"])
    assert all(step["peak_bytes"] > 50e6 for step in story["steps"].values())


def test_the_pushed_file_measures_the_same_as_the_local_runs(story: dict[str, Any]) -> None:
    assert story["local"]["verdict"] == "pushed"
    assert story["rehearsed"]["verdict"] == "pushed", story["rehearsed"]["reasons"]
    assert story["rehearsed"]["model_dir"] == str(story["store"].folder("000001"))
    assert story["store"].problems("000001") == []
    here, there = story["local store"].manifest("000001"), story["store"].manifest("000001")
    assert there["metrics"]["rows"] == here["metrics"]["rows"]
    # Two trainings from one seed differ in the fourth digit, at times the third: threads add up gradients in any order.
    for model in ("file", "float"):
        assert there["metrics"][model]["rmse"] == pytest.approx(here["metrics"][model]["rmse"], rel=5e-3)
        assert there["metrics"][model]["mae"] == pytest.approx(here["metrics"][model]["mae"], rel=5e-3)
    for model in ("linear", "mean"):
        assert there["metrics"]["baselines"][model] == pytest.approx(here["metrics"]["baselines"][model], rel=1e-3)
    assert there["bytes"] == here["bytes"]
    assert there["sparsity"] == here["sparsity"]
    assert there["data"]["fingerprint"] == here["data"]["fingerprint"]
    assert there["config_hash"] == here["config_hash"]
    assert story["rehearsed"]["metrics"]["metrics"]["file"] == there["metrics"]["file"]


def test_the_manifest_names_what_is_on_the_clusters_record_and_nothing_of_the_container(story: dict[str, Any]) -> None:
    manifest = story["store"].manifest("000001")
    on_record = json.loads((story["folder"] / "metadata.json").read_text())["artifacts"]
    outputs = [one for step in manifest["lineage"] for listed in step["outputs"].values() for one in listed]
    assert len(outputs) == 8
    for one in outputs:
        assert one["uri"] == on_record[one["mlmd_id"] - 1]["uri"]
        assert "created" not in one
    (report,) = next(step for step in manifest["lineage"] if step["step"] == "TripExampleGen")["outputs"]["report"]
    assert (report["properties"]["read"], report["properties"]["rejected"]) == (15002, 512)
    assert manifest["run"]["id"] == story["rehearsed"]["run_id"]
    import jsonschema  # see tests/components/pusher

    jsonschema.validate(manifest, SCHEMA)


def test_steps_are_told_and_tell_addresses_of_the_object_store_only(story: dict[str, Any]) -> None:
    for step in story["steps"].values():
        for one in step["outputs"].values():
            assert one["uri"].startswith("minio://mlpipeline/v2/artifacts/chicago/")
    assert list((story["folder"] / "store" / "minio").rglob("model.tflite")) == []  # the store of models is a volume


def test_a_fixed_digest_names_the_image_of_every_step(story: dict[str, Any]) -> None:
    executors = story["spec"]["deploymentSpec"]["executors"]
    assert {one["container"]["image"] for one in executors.values()} == {IMAGE}
