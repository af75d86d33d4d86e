"""The pusher's executor on real artifacts: what it publishes, what it refuses, and the manifest it leaves."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from pyarrow import parquet
from tfx.components.evaluator import constants as evaluator_constants
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.types import artifact_utils, standard_artifacts

from components.artifacts import METRICS, REASONS, SUMMARY_FILE, VERSION, IngestReport
from components.conversion import recipe
from components.evaluation.slices import settle
from components.files import INTERFACE_FILE, PREDICTIONS_FILE, REFERENCE_DIR
from components.pusher import component
from components.registry.recheck import recheck
from components.registry.store import Store, sha256
from components.settings import Gate, Push, Slices
from components.tables import Table
from components.task.boosted import grown_rival
from components.task.regression_learning import RegressionLearning
from data.spec import Dataset
from transforms.features import Features, Plan

SCHEMA = json.loads((Path(component.__file__).parents[1] / "registry/model.schema.json").read_text())
LENIENT = Push(min_sparsity=0.2, max_difference=0.01)
JUDGED = {
    "candidate": {"rmse": 3.0, "mae": 1.5, "mean_prediction": 1.0, "mean_label": 1.1},
    "champion": None,
    "rule": "absolute limits only: no version is live",
    "slices": {"judged": 3, "small": 1},
}

NO_GATE = Gate(min_skill=None, max_linear_ratio=None, min_rows=1, warn_below_rows=1)
"""The tiny model was never trained on anything."""

DESCRIBED = {
    "source": "trips.csv",
    "label": {"column": "fare"},
    "points": {side: {"latitude": f"{side}_lat", "longitude": f"{side}_lon"} for side in ("pickup", "dropoff")},
    "time": {"column": "start", "format": "%Y-%m-%d %H:%M", "time_zone": "America/Chicago"},
    "numeric": ["passengers"],
    "categorical": ["company"],
}

FILES = [{"path": "trips.csv", "bytes": 7, "sha256": "0" * 64}]
STEPS = [
    {"step": "Gen", "kind": "a.Gen", "code": "c0", "inputs": {}},
    {"step": "Trainer", "kind": "a.Trainer", "code": "c1", "inputs": {"examples": "Gen.examples"}},
    {
        "step": "TFLitePusher",
        "kind": "",
        "code": "",
        "inputs": {"model": "Trainer.model", "examples": "Gen.examples", "report": "Gen.report"},
    },
]


def artifact(kind: type, folder: Path, number: int) -> Any:
    folder.mkdir(parents=True, exist_ok=True)
    one = kind()
    one.uri, one.id = str(folder), number
    return one


def write_examples(folder: Path, interface: dict[str, Any], digits: int = 6) -> None:
    """Forty rows of a split, as ingestion leaves them; few digits make few places."""
    folder.mkdir(parents=True)
    chance = np.random.default_rng(1)
    with tf.io.TFRecordWriter(str(folder / "data.gz"), tf.io.TFRecordOptions(compression_type="GZIP")) as writer:
        for row in range(40):
            features: dict[str, Any] = {"fare": float_feature(10.0 + row)}
            for one in interface["inputs"]:
                if one["vocabulary"]:
                    value = [b"Blue", "Élan".encode(), b"Red", b""][row % 4]
                    features[one["name"]] = tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
                elif one["dtype"] == "int32":
                    features[one["name"]] = tf.train.Feature(int64_list=tf.train.Int64List(value=[1400000000 + row]))
                else:
                    features[one["name"]] = float_feature(round(chance.uniform(0, 2), digits))
            example = tf.train.Example(features=tf.train.Features(feature=features))
            writer.write(example.SerializeToString())


def float_feature(value: float) -> Any:
    return tf.train.Feature(float_list=tf.train.FloatList(value=[value]))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, save_tiny: Callable[..., Path]) -> Path:
    """The folder of a model as the Trainer leaves it, but for what it tells of inputs and output."""
    folder = tmp_path_factory.mktemp("trained")
    (save_tiny(folder / "Format-Serving") / "assets.extra").mkdir()
    reference = save_tiny(folder / REFERENCE_DIR, "float", "linear", "mean", "tree_inputs")
    x = np.linspace(0, 1000, 500, dtype=np.float32)
    grown_rival(RegressionLearning(), Table({"numbers": x[:, None]}, x), [], seed=0).save(str(reference))
    return folder


PushIt = Callable[..., tuple[dict[str, Any], Store]]


@pytest.fixture
def push(tmp_path: Path, trained: Path, tiny_manifest: dict[str, Any]) -> PushIt:
    return pusher(tmp_path, trained, tiny_manifest)


@pytest.fixture(scope="module")
def usual(
    tmp_path_factory: pytest.TempPathFactory, trained: Path, tiny_told: Callable[[], dict[str, Any]]
) -> tuple[dict[str, Any], Store]:
    """What is recorded of the usual push, and its store, to look at."""
    return pusher(tmp_path_factory.mktemp("usual"), trained, tiny_told())()


def pusher(tmp_path: Path, trained: Path, tiny_manifest: dict[str, Any]) -> PushIt:
    """Runs the executor in the folder; gives back what it recorded, and the store."""
    interface = {
        "inputs": [{k: v for k, v in one.items() if k != "training_range"} for one in tiny_manifest["inputs"]],
        "output": tiny_manifest["output"],
        "dense_kernels": [[2, 4]],
    }
    model = artifact(standard_artifacts.Model, shutil.copytree(trained, tmp_path / "model"), 1)
    (tmp_path / "model" / "Format-Serving" / "assets.extra" / INTERFACE_FILE).write_text(json.dumps(interface))
    examples = artifact(standard_artifacts.Examples, tmp_path / "examples", 3)
    examples.split_names = artifact_utils.encode_split_names(["train", "test"])
    write_examples(tmp_path / "examples" / "Split-test", interface)
    write_examples(tmp_path / "examples" / "Split-train", interface, digits=0)
    report = artifact(IngestReport, tmp_path / "report", 4)
    ranges = {"passengers": [0.0, 2.0], "start": [1400000000.0, 1400000039.0]}
    (tmp_path / "report" / SUMMARY_FILE).write_text(json.dumps({"ranges": ranges}))
    champion = artifact(standard_artifacts.Model, tmp_path / "champion", 5)
    store = Store(tmp_path / "models")
    told = {
        "config": {**tiny_manifest["config"], "data_gate": {"allow_leaks": []}},
        "config_hash": "c",
        "code_revision": "r",
        "fingerprint": "f",
    }

    def pushed(
        limits: Push = LENIENT,
        blessed: bool = True,
        force: bool = False,
        looked: bool = True,
        gate: Gate = NO_GATE,
        live: str = "",
        sources: Sequence[str] = ("trips.csv",),
        config: dict[str, Any] | None = None,
    ) -> tuple[dict[str, Any], Store]:
        champion.set_string_custom_property(VERSION, live)
        plan = Plan(dataset=Dataset.model_validate(DESCRIBED), features=Features())
        blessing = artifact(standard_artifacts.ModelBlessing, tmp_path / "blessing", 2)
        blessing.set_int_custom_property(evaluator_constants.ARTIFACT_PROPERTY_BLESSED_KEY, int(blessed))
        blessing.set_string_custom_property(METRICS, json.dumps(JUDGED))
        blessing.set_string_custom_property(REASONS, json.dumps([] if blessed else ["RMSE is above the limit"]))
        found = {"model": model, "blessing": blessing, "examples": examples, "report": report, "champion": champion}
        output = artifact(standard_artifacts.PushedModel, tmp_path / "pushed", 6)
        context = BaseExecutor.Context(tmp_dir=str(tmp_path), unique_id="1", pipeline_run_id="run-1")
        component.Executor(context).Do(
            {name: [one] for name, one in found.items()},
            {"pushed_model": [output]},
            {
                "models_dir": str(store.root),
                "push": limits.model_dump_json(),
                "gate": gate.model_dump_json(),
                "slicings": json.dumps([cut.model_dump() for cut in settle(gate.slices, plan)]),
                "label": "fare",
                "provenance": json.dumps(
                    {**told, "config": config or told["config"], "sources": list(sources), "files": FILES, "spans": []}
                ),
                "steps": json.dumps(STEPS),
                "store_state": "as the runner saw it" if looked else "",
                "force": int(force),
            },
        )
        names = ("verdict", "version", "sha256", "reasons", "figures", "kept")
        texts = {name: output.get_string_custom_property(name) for name in names}
        return {**texts, **{name: json.loads(texts[name]) for name in ("reasons", "figures")}}, store

    return pushed


def test_a_blessed_model_is_pushed_and_its_version_verifies(usual: tuple[dict[str, Any], Store]) -> None:
    recorded, store = usual
    assert (recorded["verdict"], recorded["version"], recorded["reasons"]) == ("pushed", "000001", [])
    assert recorded["sha256"] == sha256(store.model("000001"))
    finding = recheck(store)
    assert finding.problems == []
    assert finding.vectors > 32  # as many test rows, and the odd ones


def test_the_manifest_fits_its_schema_and_says_what_is_in_the_file(usual: tuple[dict[str, Any], Store]) -> None:
    import jsonschema  # takes two seconds to import, which workers without these tests are spared

    _, store = usual
    manifest = store.manifest("000001")
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    validator = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
    assert [error.message for error in validator.iter_errors(manifest)] == []
    assert set(manifest) == set(SCHEMA["properties"]) - {"flipped_decisions"}  # of classes only
    assert manifest["bytes"] == len(store.model("000001"))
    assert manifest["sparsity"] == {"dense_kernels": 0.25, "weights": 8}
    assert {one["name"]: one["training_range"] for one in manifest["inputs"]}["passengers"] == [0.0, 2.0]
    assert manifest["metrics"]["rows"] == 40
    places = manifest["places"]["points"]["pickup"]
    assert {degrees for south, west, _ in places for degrees in (south, west)} <= {0.0, 1.0, 2.0}
    assert [rows for *_, rows in places] == sorted((rows for *_, rows in places), reverse=True)
    assert manifest["run"]["mlmd_ids"] == {
        "model": [1],
        "blessing": [2],
        "examples": [3],
        "report": [4],
        "champion": [5],
    }


def test_the_manifest_tells_the_whole_chain_with_the_outputs_that_the_pusher_saw(push: PushIt) -> None:
    _, store = push()
    gen, trainer, pusher = store.manifest("000001")["lineage"]
    assert [one["step"] for one in (gen, trainer, pusher)] == ["Gen", "Trainer", "TFLitePusher"]
    assert [one["mlmd_id"] for one in (*gen["outputs"]["examples"], *gen["outputs"]["report"])] == [3, 4]
    assert [(one["type"], one["mlmd_id"]) for one in trainer["outputs"]["model"]] == [("Model", 1)]
    assert (trainer["inputs"], trainer["code"], pusher["outputs"]) == ({"examples": "Gen.examples"}, "c1", {})


def test_every_evaluation_row_is_kept_with_its_predictions(push: PushIt, tmp_path: Path) -> None:
    _, store = push()
    rows = parquet.read_table(tmp_path / "pushed" / PREDICTIONS_FILE)
    metrics = store.manifest("000001")["metrics"]
    assert rows.num_rows == metrics["rows"] == 40
    assert {name.removeprefix("input.") for name in rows.column_names if name.startswith("input.")} == {
        one["name"] for one in store.manifest("000001")["inputs"]
    }
    label = rows["label"].to_numpy()
    for name, wanted in {"file": metrics["file"], **metrics["baselines"]}.items():
        difference = rows[f"predicted.{name}"].to_numpy().astype(float) - label
        assert np.sqrt(np.mean(difference**2)) == pytest.approx(wanted["rmse"])
    # The trees have learned that the label is their one input, which the reference makes the tiny model's own formula.
    file, booster = (rows[f"predicted.{name}"].to_numpy() for name in ("file", "booster"))
    np.testing.assert_allclose(booster, np.clip(file, 0, 1000), atol=30)


def test_the_manifest_tells_how_the_trees_beside_the_file_were_made(usual: tuple[dict[str, Any], Store]) -> None:
    _, store = usual
    told = store.manifest("000001")["boosted_trees"]
    assert told.pop("bytes") > 10_000
    assert list(store.folder("000001").rglob("boosted*")) == [], "ten times the size of the file, and of no use there"
    assert told == {"name": "booster", "trees": 450, "learning_rate": 0.05, "leaves": 31, "rows": 500}


def test_the_manifest_tells_what_file_and_float_model_listen_to(usual: tuple[dict[str, Any], Store]) -> None:
    _, store = usual
    told = store.manifest("000001")["influence"]
    assert [sorted(one["columns"]) for one in told["inputs"] if len(one["columns"]) > 1] == [
        sorted(f"{side}_{axis}" for axis in ("lat", "lon"))
        for side in (one["name"] for one in told["inputs"])
        if side in ("pickup", "dropoff")
    ]
    assert {one["name"] for one in told["inputs"]} == {"pickup", "dropoff", "start", "passengers", "company"}
    # The reference's float model is the same formula.
    assert [one["file"] for one in told["inputs"]] == pytest.approx([one["float"] for one in told["inputs"]], abs=0.01)
    assert (told["rows"], told["metric"]) == (40, "rmse")
    assert {one["of"] for one in told["curves"] if one["name"] == "pickup"} == {"latitude", "longitude"}


@pytest.mark.parametrize(
    ("key", "value"),
    [("version", "1"), ("sha256", "short"), ("inputs", []), ("manifest_version", 2), ("surprise", 1), ("bytes", "9")],
)
def test_the_schema_refuses_what_no_manifest_holds(usual: tuple[dict[str, Any], Store], key: str, value: Any) -> None:
    import jsonschema

    _, store = usual
    changed = {**store.manifest("000001"), key: value}
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(changed)


def test_the_same_bytes_are_not_pushed_twice(push: PushIt) -> None:
    push()
    recorded, store = push()
    assert (recorded["verdict"], recorded["version"], store.versions()) == ("unchanged", "000001", ["000001"])


def test_a_live_version_that_was_damaged_is_replaced(push: PushIt) -> None:
    _, store = push()
    (store.folder("000001") / "model.tflite").write_bytes(b"damaged")
    assert push()[0]["verdict"] == "pushed"
    assert store.current() == "000002"
    assert recheck(store).problems == []


def test_withdrawn_bytes_are_refused_without_force(push: PushIt, publish_tiny: Callable[..., str]) -> None:
    _, store = push()
    publish_tiny(store, b"other")
    store.rollback("000001")
    store.rollback("000002")  # leaves, and so withdraws, what the pusher made
    recorded, _ = push()
    assert recorded["verdict"] == "refused"
    assert "were withdrawn by a rollback; `farelite run --force`" in recorded["reasons"][0]
    assert push(force=True)[0]["version"] == "000003"


def test_what_is_pushed_goes_to_the_remote_store_too(push: PushIt, tmp_path: Path) -> None:
    share = tmp_path / "share"
    push(LENIENT.model_copy(update={"store": str(share)}))
    assert Store(share).current() == "000001"
    assert recheck(Store(share)).problems == []


def test_where_no_runner_has_looked_the_remote_store_is_pulled_before_a_number_is_given(
    push: PushIt, publish_tiny: Callable[..., str], tmp_path: Path
) -> None:
    """As on a cluster, whose steps start from nothing."""
    share = Store(tmp_path / "share")
    limits = LENIENT.model_copy(update={"store": str(share.root)})
    publish_tiny(share, b"somewhere else")
    recorded, store = push(limits, looked=False)
    assert (recorded["verdict"], recorded["version"], store.versions()) == ("pushed", "000002", ["000001", "000002"])
    share.rollback("000001")  # there, not here
    recorded, _ = push(limits, looked=False)
    assert recorded["verdict"] == "refused"
    assert "were withdrawn by a rollback" in recorded["reasons"][0]
    assert share.current() == "000001"


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (LENIENT.model_copy(update={"max_bytes": 100}), "above push.max_bytes 100"),
        (LENIENT.model_copy(update={"max_latency_us": 1e-3}), "us (p95), above push.max_latency_us 0.001"),
        (LENIENT.model_copy(update={"max_difference": 1e-12}), "on one row, above push.max_difference 1e-12"),
        (
            LENIENT.model_copy(update={"max_p99_difference": 1e-12}),
            "one row in a hundred, above push.max_p99_difference",
        ),
        (
            LENIENT.model_copy(update={"max_mean_difference": 1e-12}),
            "in the mean, above push.max_mean_difference 1e-12",
        ),
        (LENIENT.model_copy(update={"min_sparsity": 0.5}), "25.0% of the dense weights are zero, below push.min_spars"),
    ],
)
def test_a_file_beyond_its_budget_is_refused_and_kept_aside(push: PushIt, limits: Push, said: str) -> None:
    recorded, store = push(limits)
    assert recorded["verdict"] == "refused"
    assert said in recorded["reasons"][0]
    assert store.versions() == []
    (kept,) = (store.root / ".refused").iterdir()
    assert sha256((kept / "model.tflite").read_bytes()) == recorded["sha256"]


def test_a_model_that_was_not_blessed_is_measured_all_the_same_and_refused_for_both_judges_reasons(
    push: PushIt, tmp_path: Path
) -> None:
    recorded, store = push(blessed=False, gate=NO_GATE.model_copy(update={"limits": {"rmse": 5.0}}))
    assert (recorded["verdict"], store.versions()) == ("refused", [])
    first, second = recorded["reasons"]
    assert first == "RMSE is above the limit"
    assert second.startswith("model.tflite: RMSE ")
    assert second.endswith(" is above gate.limits.rmse 5")
    figures = recorded["figures"]
    assert {"metrics", "bytes", "sparsity", "latency_us", "gate", "evaluation"} <= set(figures)
    assert parquet.read_table(tmp_path / "pushed" / PREDICTIONS_FILE).num_rows == 40
    kept = json.loads((Path(recorded["kept"]) / "refused.json").read_text())
    assert kept["reasons"] == recorded["reasons"]
    assert sha256((Path(recorded["kept"]) / "model.tflite").read_bytes()) == recorded["sha256"]


def test_a_blessed_model_whose_file_breaks_a_limit_is_refused(push: PushIt) -> None:
    """The Evaluator has seen RMSE 3, as it sees texts where a device has ids."""
    recorded, store = push(gate=NO_GATE.model_copy(update={"limits": {"rmse": 3.5}}))
    (reason,) = recorded["reasons"]
    rmse = recorded["figures"]["metrics"]["file"]["rmse"]
    assert reason == f"model.tflite: RMSE {rmse:.4g} is above gate.limits.rmse 3.5"
    assert (recorded["verdict"], store.versions(), rmse > 3.5) == ("refused", [], True)


def test_by_default_a_file_must_beat_the_mean_and_few_rows_are_said(push: PushIt) -> None:
    recorded, _ = push(gate=Gate())  # the tiny model's mean is the tiny model itself
    (reason,) = recorded["reasons"]
    assert reason.endswith("gate.min_skill asks for more than 0")
    recorded, store = push(gate=Gate(min_skill=None))
    assert recorded["verdict"] == "pushed"
    manifest = store.manifest("000001")
    (warning,) = manifest["warnings"]
    assert warning.startswith("all errors are of 40 test rows only")
    assert manifest["gate"]["rule"] == "the linear model; no version is live"
    assert manifest["gate"]["candidate"]["rmse"] == pytest.approx(manifest["metrics"]["file"]["rmse"])


def test_a_slice_in_which_the_file_breaks_a_limit_is_named(push: PushIt, tmp_path: Path) -> None:
    def limited(max_bias: float) -> Gate:
        slices = {"company": Slices(of="company", limits={"bias": max_bias})}
        return NO_GATE.model_copy(update={"slices": slices, "min_slice_rows": 10})

    assert len(push(gate=limited(1.0))[0]["reasons"]) == 4
    rows = parquet.read_table(tmp_path / "pushed" / PREDICTIONS_FILE)
    off = rows["predicted.file"].to_numpy().astype(float) - rows["label"].to_numpy()
    company = np.arange(40) % 4  # as `write_examples` deals them out
    bias = {name: off[company == place].mean() for place, name in enumerate(["Blue", "Élan", "Red", "missing"])}
    told = json.loads((tmp_path / "pushed" / "slices.json").read_text())
    assert {one["value"]: one["candidate"]["bias"] for one in told["slices"]} == pytest.approx(bias)
    _, second, third, fourth = sorted(bias, key=lambda name: bias[name])
    recorded, _ = push(gate=limited((bias[second] + bias[third]) / 2))
    assert {reason.split(" (")[0] for reason in recorded["reasons"]} == {
        f"model.tflite: slice company {name}" for name in (third, fourth)
    }


def test_the_file_is_held_against_the_live_file_on_the_same_rows(
    push: PushIt, publish_tiny: Callable[..., str]
) -> None:
    _, store = push(LENIENT.model_copy(update={"max_bytes": 1}))
    version = publish_tiny(store, b"live")
    half = NO_GATE.model_copy(update={"max_ratio": 0.5})
    recorded, _ = push(gate=half, live=version)
    (reason,) = recorded["reasons"]
    assert "is more than gate.max_ratio 0.5 times the champion's" in reason
    gate = recorded["figures"]["gate"]
    assert gate["champion"]["rmse"] == pytest.approx(gate["candidate"]["rmse"])
    assert gate["rule"] == f"the live version {version}"
    (store.folder(version) / "model.tflite").write_bytes(b"damaged")
    recorded, _ = push(gate=half, live=version)
    assert recorded["figures"]["gate"]["rule"] == f"no limit is set; the live version {version} could not be compared"


def test_a_text_that_a_device_cannot_name_as_training_did_shows_as_a_difference(push: PushIt, tmp_path: Path) -> None:
    """As of a vocabulary that was not UTF-8: training knows Élan, the manifest another text in its place."""
    path = tmp_path / "model" / "Format-Serving" / "assets.extra" / INTERFACE_FILE
    path.write_text(path.read_text().replace("\\u00c9lan", "\\ufffdlan"))
    recorded, store = push()
    assert recorded["reasons"][0] == "file and SavedModel differ by 1 on one row, above push.max_difference 0.01"
    assert store.versions() == []


CSV = """pickup_lat,pickup_lon,dropoff_lat,dropoff_lon,start,passengers,company,fare
41.9,-87.6,41.95,-87.7,2014-05-13 16:53,2,Élan,10.5
41.8,-87.5,41.85,-87.6,no time,1,Blue,11.5
41.7,-87.4,41.75,-87.5,2014-05-14 16:53,,,12.5
"""


def test_rows_of_the_source_are_read_as_predict_reads_them(push: PushIt, tmp_path: Path) -> None:
    source = tmp_path / "trips.csv"
    source.write_text(CSV)
    same = {**DESCRIBED, "time": {**DESCRIBED["time"], "source_time_zone": "UTC"}}
    data = Dataset.model_validate(same).model_dump(mode="json")
    config = {"name": "tiny", "data": data, "data_gate": {"allow_leaks": []}}
    recorded, store = push(config=config, sources=[str(source)])
    assert (recorded["verdict"], store.manifest("000001")["gate"]["source_rows"]) == ("pushed", 2)
    other = {**DESCRIBED, "time": {**DESCRIBED["time"], "source_time_zone": "America/Chicago"}}
    config["data"] = Dataset.model_validate(other).model_dump(mode="json")
    recorded, _ = push(config=config, sources=[str(source)])
    assert recorded["reasons"] == [
        f"{source}, line 2: `predict` reads start as 1399981980, training read it as 1399999980, from "
        "b'2014-05-13 16:53'"
    ]


def test_bytes_other_than_those_the_study_measured_are_refused(push: PushIt, tmp_path: Path) -> None:
    saved = tmp_path / "model" / "Format-Serving"
    recipe.write(saved, recipe.Recipe(variant="pqat_75", sha256="0" * 64))
    recorded, store = push()
    assert recorded["verdict"] == "refused"
    assert "but the study measured 000000000000 as variant pqat_75" in recorded["reasons"][0]
    recipe.write(saved, recipe.Recipe(sha256=recorded["sha256"], refused="study: no variant keeps the budgets"))
    assert push()[0]["reasons"] == ["study: no variant keeps the budgets"]
    recipe.write(saved, recipe.Recipe(sha256=recorded["sha256"]))
    assert (push()[0]["verdict"], store.versions()) == ("pushed", ["000001"])
