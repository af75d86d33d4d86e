"""Labels that are no numbers, from the table to the kit: the shipped examples with little training, and what comes of
them in `predict`, in the manifest, on the page, in the kit and at the champion's gate."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from components.registry.store import Store
from tests.e2e.command import farelite
from tests.e2e.lean import sets

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / "pipeline" / "configs"
TRIPS = Path(np.__file__).parents[1] / "tfx/examples/chicago_taxi_pipeline/data/simple/data.csv"
DIGITS = Path(np.__file__).parents[1] / "sklearn/datasets/data/digits.csv.gz"
SHORT = (
    "training.epochs=4",
    "training.members=1",
    "training.quantization.epochs=1",
    "gate.limits={}",
    "gate.slices={}",
    "gate.min_skill=null",
    "gate.max_linear_ratio=null",
    "push.max_bytes=64000",
    "push.max_flipped=1",
    "push.max_increase={log_loss: 9, accuracy: 9}",
)


def run(folder: Path, config: Path, *settings: str) -> dict[str, Any]:
    done = farelite("run", "--json", "--config", str(config), "--runs-dir", str(folder), *sets(*settings))
    return {"code": done.returncode, "said": done.stderr, **json.loads(done.stdout or "{}")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("labels")


@pytest.fixture(scope="module")
def tips(folder: Path) -> dict[str, Any]:
    return run(folder, CONFIGS / "tips.yaml", *SHORT)


@pytest.fixture(scope="module")
def digits(folder: Path) -> dict[str, Any]:
    return run(folder, CONFIGS / "digits.yaml", *SHORT, "training.pruning.epochs=4", "push.min_sparsity=0.5")


def manifest(folder: Path, name: str) -> dict[str, Any]:
    return Store(folder / name / "models").manifest("000001")


def predicted(folder: Path, name: str, rows: Path, into: Path) -> list[dict[str, str]]:
    done = farelite("predict", str(rows), "--pipeline", name, "--runs-dir", str(folder), "--output", str(into))
    assert done.returncode == 0, done.stderr
    with into.open() as stream:
        return list(csv.DictReader(stream))


def test_a_yes_is_the_probability_of_an_expression_with_a_threshold(folder: Path, tips: dict[str, Any]) -> None:
    assert tips["verdict"] == "pushed", tips["said"]
    assert "label generous: no and yes (false, true)" in tips["said"]
    told = manifest(folder, "tips")
    output = told["output"]
    assert (output["kind"], output["shape"], output["classes"]) == ("binary", [1], ["false", "true"])
    assert re.search(r"F1.* validation rows", output["decision"]["chosen_by"])
    assert 0 < output["decision"]["threshold"] < 1
    assert not {"tips", "fare"} & {one["source_column"] for one in told["inputs"]}
    metrics = told["metrics"]
    assert metrics["file"]["roc_auc"] > 0.85
    assert metrics["file"]["log_loss"] < 0.8 * metrics["baselines"]["shares"]["log_loss"]
    assert told["flipped_decisions"]["share"] < 0.1
    assert told["output"]["temperature_scaling"]["log_loss"] <= told["output"]["temperature_scaling"]["log_loss_before"]


def test_predict_tells_probability_and_class_and_flags(folder: Path, tips: dict[str, Any], tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("".join(TRIPS.read_text().splitlines(keepends=True)[:40]))
    found = predicted(folder, "tips", rows, tmp_path / "predicted.csv")
    threshold = manifest(folder, "tips")["output"]["decision"]["threshold"]
    known = [row for row in found if row["prediction"]]
    assert len(found) == 39
    assert {"prediction", "class", "flags"} <= set(found[0])
    assert {row["class"] for row in known} <= {"false", "true"}
    for row in known:
        assert 0 <= float(row["prediction"]) <= 1
        assert (row["class"] == "true") == (np.float32(row["prediction"]) >= np.float32(threshold))


def test_of_several_classes_the_file_gives_shares_that_sum_to_one(folder: Path, digits: dict[str, Any]) -> None:
    assert digits["verdict"] == "pushed", digits["said"]
    told = manifest(folder, "digits")
    assert told["output"]["classes"] == [str(digit) for digit in range(10)]
    assert told["output"]["shape"] == [1, 10]
    vectors = json.loads((Store(folder / "digits" / "models").folder("000001") / "test_vectors.json").read_text())
    known = [row["prediction"] for row in vectors["rows"] if None not in row["prediction"]]
    np.testing.assert_allclose(np.sum(known, axis=1), 1, atol=1e-4)
    assert told["metrics"]["file"]["accuracy"] > 0.8  # of little training
    assert told["sparsity"]["dense_kernels"] > 0.5


@pytest.mark.parametrize(
    ("name", "source", "words", "of"),
    [
        ("tips", TRIPS, "--row 29", "probability that generous is true"),
        ("digits", DIGITS, "--row 8 --class 7", "probability that digit is 7"),
    ],
)
def test_explain_tells_what_moved_a_probability(
    name: str, source: Path, words: str, of: str, folder: Path, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(name)
    told = manifest(folder, name)
    listened = told["influence"]
    assert listened["metric"] == "log_loss"
    assert {column for one in listened["inputs"] for column in one["columns"]} == {
        one["source_column"] for one in told["inputs"]
    }
    assert listened["inputs"][0]["file"] > 0.01
    assert {one["of_class"] is None for one in listened["curves"]} == {name == "tips"}
    asked = ("explain", "--input", str(source), *words.split(), "--json", "--pipeline", name)
    done = farelite(*asked, "--runs-dir", str(folder))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["of"], found["rows"]) == (of, 32)
    assert {one["name"] for one in found["changes"]} == {one["name"] for one in listened["inputs"]}
    assert all(0 <= one["low"] <= one["high"] <= 1 for one in found["changes"])


@pytest.mark.parametrize("name", ["tips", "digits"])
def test_the_python_kit_replays_the_vectors(name: str, folder: Path, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(name)
    kit = Store(folder / name / "models").folder("000001") / "kit" / "predict.py"
    done = subprocess.run([sys.executable, str(kit)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "test vectors, largest difference 0, allowed" in done.stdout


@pytest.mark.parametrize(
    ("name", "there", "absent"),
    [
        ("tips", ("ROC curve", "Reliability", "Confusion", "by threshold", "Scores by class"), ("RMSE", "Residuals")),
        ("digits", ("Confusion", "Reliability"), ("RMSE", "Residuals", "Scores by class")),
    ],
)
def test_the_page_shows_decisions_and_nothing_of_numbers(
    name: str, there: tuple[str, ...], absent: tuple[str, ...], folder: Path, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(name)
    page = (folder / name / "report.html").read_text()
    assert [one for one in there if one not in page] == []
    assert [one for one in absent if one in page] == []


def test_text_classes_of_which_rows_lack_one_are_rejects_with_the_value(folder: Path) -> None:
    payment = run(folder, CONFIGS / "payment.yaml", *SHORT)
    assert payment["verdict"] == "pushed", payment["said"]
    assert "label payment_type: 4 classes (Cash, Credit Card, No Charge, Unknown)" in payment["said"]
    assert "'Dispute' is none of the 4 classes" in payment["said"]
    assert manifest(folder, "payment")["output"]["classes"][1] == "Credit Card"


def test_a_champion_of_another_kind_of_label_refuses(folder: Path, tips: dict[str, Any], tmp_path: Path) -> None:
    tree = yaml.safe_load((CONFIGS / "tips.yaml").read_text())
    config = tmp_path / "number.yaml"
    config.write_text(yaml.safe_dump({"name": "tips", "data": {**tree["data"], "label": {"column": "fare"}}}))
    lean = ("training.epochs=1", "training.members=1", "training.pruning=null", "training.quantization.epochs=1")
    other = run(folder, config, *lean, "gate.min_skill=null", "gate.max_linear_ratio=null")
    assert other["verdict"] == "refused", other["said"]
    assert [reason for reason in other["reasons"] if "kind" in reason and "binary" in reason], other["reasons"]
