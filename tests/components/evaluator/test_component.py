"""The Evaluator's executor on real artifacts: what TFMA measures by slice, and what the gate makes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.components.evaluator import constants
from tfx.types import standard_artifacts

from components.artifacts import EXISTS, METRICS, REASONS, SLICES_FILE, VERSION
from components.evaluation.slices import settle
from components.evaluator import component
from components.evaluator import tfma_metrics as measuring
from components.evaluator.component import Executor
from components.settings import Gate, Slices
from components.task.binary import Binary
from data.local_beam import RUNNER
from data.spec import Dataset
from data.vocabulary import Interface
from transforms.features import Features, Plan

# 2026-11: TFMA 0.47 turns arrays of one value into numbers as NumPy 1.24 still allowed.
pytestmark = pytest.mark.filterwarnings("ignore:Conversion of an array with ndim > 0:DeprecationWarning")
ROWS = 600
SPREAD = 4.0
"""Of the label over the training rows, as a model says."""
DATASET = Dataset.model_validate(
    {
        "source": "trips.csv",
        "label": {"column": "fare"},
        "points": {
            "pickup": {"latitude": "lat", "longitude": "lon"},
            "dropoff": {"latitude": "to_lat", "longitude": "to_lon"},
        },
        "time": {"column": "start"},
        "categorical": ["company"],
    }
)
CUTS = {
    "hour": Slices(of="hour", boundaries=(6, 20)),
    "distance": Slices(of="haversine_km", boundaries=(2,)),
    "cell": Slices(of="pickup", cell_deg=0.5),
    "company": Slices(of="company"),
}
COMPANIES = [b"Blue", "Élan".encode(), b""]


@pytest.fixture(scope="module")
def rows() -> dict[str, Any]:
    """Columns `[rows]`, and the hour that `start` shows."""
    chance = np.random.default_rng(5)
    hours = np.arange(ROWS) % 24
    return {
        "lat": chance.uniform(41.6, 42.4, ROWS).astype(np.float32),
        "lon": chance.uniform(-87.9, -87.6, ROWS).astype(np.float32),
        "to_lat": chance.uniform(41.8, 42.0, ROWS).astype(np.float32),
        "to_lon": chance.uniform(-87.9, -87.6, ROWS).astype(np.float32),
        "start": 1_400_000_400 // 86400 * 86400 + 3600 * hours + 86400 * (np.arange(ROWS) // 24),
        "company": [COMPANIES[2 if row % 20 == 7 else row % 2] for row in range(ROWS)],
        "fare": chance.uniform(5, 30, ROWS).astype(np.float32),
        "hours": hours,
    }


def make(kind: type, folder: Path, number: int) -> Any:
    folder.mkdir(parents=True, exist_ok=True)
    one = kind()
    one.uri, one.id = str(folder), number
    return one


def feature(value: Any) -> Any:
    if isinstance(value, bytes):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
    if isinstance(value, np.integer):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=[int(value)]))
    return tf.train.Feature(float_list=tf.train.FloatList(value=[float(value)]))


@pytest.fixture(scope="module")
def examples(rows: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    one = make(standard_artifacts.Examples, tmp_path_factory.mktemp("examples"), 1)
    one.split_names = json.dumps(["train", "test"])
    folder = Path(one.uri, "Split-test")
    folder.mkdir()
    options = tf.io.TFRecordOptions(compression_type="GZIP")
    with tf.io.TFRecordWriter(str(folder / "data-00000-of-00001.gz"), options) as writer:
        for row in range(ROWS):
            told = {name: feature(rows[name][row]) for name in DATASET.columns()}
            writer.write(tf.train.Example(features=tf.train.Features(feature=told)).SerializeToString())
    return one


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Any:
    one = make(standard_artifacts.Schema, tmp_path_factory.mktemp("schema"), 2)
    types = dict.fromkeys(DATASET.columns(), "FLOAT") | {"start": "INT", "company": "BYTES"}
    text = "\n".join(
        f'feature {{ name: "{name}" type: {kind} presence {{ min_fraction: 1 }} shape {{ dim {{ size: 1 }} }} }}'
        for name, kind in types.items()
    )
    text_format.Parse(text, schema_pb2.Schema())
    Path(one.uri, "schema.pbtxt").write_text(text)
    return one


@pytest.fixture(scope="module")
def model_off_by(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """A model whose prediction is ten, plus `day` by day and `night` from 20 o'clock on."""

    def save(day: float, night: float, inputs: list[str] | None = None, output: Any = None) -> Any:
        one = make(standard_artifacts.Model, tmp_path_factory.mktemp("model"), 3)
        names = inputs or DATASET.inputs()
        types = dict.fromkeys(names, tf.float32) | {"start": tf.int64, "company": tf.string}

        def evaluate(**raw: Any) -> dict[str, Any]:
            late = raw["start"] % 86400 >= 20 * 3600
            return {"prediction": tf.squeeze(tf.where(late, 10.0 + night, 10.0 + day), 1)}

        spec = {name: tf.TensorSpec([None, 1], types[name], name=name) for name in names}
        folder = Path(one.uri, "Format-Serving")
        concrete = tf.function(evaluate).get_concrete_function(**spec)
        tf.saved_model.save(tf.Module(), str(folder), signatures={"evaluate": concrete})
        (folder / "assets.extra").mkdir()
        inputs_told = [
            {"name": name, "source_column": name, "role": "numeric", "dtype": "float32", "meaning": "-"}
            for name in names
        ]
        scale = {"log": False, "mean": 10, "std": 4, "highest": 30, "spread": SPREAD, "smearing": 1}
        usual = {"name": "prediction", "dtype": "float32", "meaning": "predicted fare"}
        told = Interface.model_validate({"inputs": inputs_told, "output": {**usual, **(output or {})}, "label": scale})
        (folder / "assets.extra" / "interface.json").write_text(told.model_dump_json())
        return one

    return save


@pytest.fixture
def evaluate(tmp_path: Path, examples: Any, schema: Any) -> Callable[..., tuple[Any, dict[str, Any]]]:
    """Runs the executor; returns the blessing and what `slices.json` holds."""

    def run(gate: Gate, model: Any, champion: Any = None) -> tuple[Any, dict[str, Any]]:
        baseline = champion or make(standard_artifacts.Model, tmp_path / "none", 4)
        baseline.set_int_custom_property(EXISTS, int(champion is not None))
        baseline.set_string_custom_property(VERSION, "000007" if champion is not None else "")
        blessing = make(standard_artifacts.ModelBlessing, tmp_path / "blessing", 5)
        evaluation = make(standard_artifacts.ModelEvaluation, tmp_path / "evaluation", 6)
        found = {"model": model, "baseline_model": baseline, "examples": examples, "schema": schema}
        arguments = [RUNNER, "--direct_running_mode=in_memory", "--sdk_container_image=none"]
        context = Executor.Context(beam_pipeline_args=arguments, tmp_dir=str(tmp_path), unique_id="1")
        plan = Plan(dataset=DATASET, features=Features())
        Executor(context).Do(
            {name: [one] for name, one in found.items()},
            {"evaluation": [evaluation], "blessing": [blessing]},
            {
                "gate": gate.model_dump_json(),
                "slicings": json.dumps([slicing.model_dump() for slicing in settle(gate.slices, plan)]),
                "label": "fare",
            },
        )
        return blessing, json.loads(Path(evaluation.uri, SLICES_FILE).read_text())

    return run


Evaluate = Callable[..., tuple[Any, dict[str, Any]]]


def reasons(blessing: Any) -> list[str]:
    found: list[str] = json.loads(blessing.get_string_custom_property(REASONS))
    return found


def haversine_km(lat1: Any, lon1: Any, lat2: Any, lon2: Any) -> Any:
    lat1, lon1, lat2, lon2 = (np.radians(one.astype(np.float64)) for one in (lat1, lon1, lat2, lon2))
    a = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0088 * np.arcsin(np.sqrt(a))


def test_each_slice_is_measured_as_numpy_measures_it(
    evaluate: Evaluate, model_off_by: Callable[..., Any], rows: dict[str, Any]
) -> None:
    _, told = evaluate(Gate(slices=CUTS, min_slice_rows=50), model_off_by(1, -2))
    far = haversine_km(rows["lat"], rows["lon"], rows["to_lat"], rows["to_lon"])
    company = np.array([one.decode() for one in rows["company"]])
    wanted = {
        "hour below 6": rows["hours"] < 6,
        "hour 6 to 20": (rows["hours"] >= 6) & (rows["hours"] < 20),
        "hour from 20": rows["hours"] >= 20,
        "distance below 2": far < 2,
        "distance from 2": far >= 2,
        "cell 41.5 to 42, -88 to -87.5": rows["lat"] < 42,
        "cell 42 to 42.5, -88 to -87.5": rows["lat"] >= 42,
        "company missing": company == "",
        "company Blue": company == "Blue",
        "company Élan": company == "Élan",
    }
    by_name = {one["name"]: one for one in told["slices"]}
    assert list(by_name)[:5] == list(wanted)[:5], "in the order of the configuration, then of the numbers"
    assert set(by_name) == set(wanted)
    predicted = np.where(rows["hours"] >= 20, 8.0, 11.0)
    for name, where in wanted.items():
        off, label = (predicted - rows["fare"])[where].astype(np.float64), rows["fare"][where].astype(np.float64)
        seen = by_name[name]
        assert (seen["rows"], seen["small"]) == (where.sum(), where.sum() < 50), name
        figures = [seen["candidate"][key] for key in ("rmse", "mae", "bias", "calibration")]
        independent = [
            np.sqrt(np.mean(off**2)),
            np.mean(np.abs(off)),
            np.mean(off),
            np.mean(predicted[where]) / np.mean(label),
        ]
        np.testing.assert_allclose(figures, independent, rtol=1e-4, err_msg=name)
        assert seen["champion"] is None


def test_the_first_run_has_no_live_version_and_says_so(evaluate: Evaluate, model_off_by: Callable[..., Any]) -> None:
    blessing, told = evaluate(Gate(slices=CUTS), model_off_by(0, 0))
    assert told["rule"] == "no limit is set; no version is live"
    assert json.loads(blessing.get_string_custom_property(METRICS))["rule"] == told["rule"]
    assert (told["champion"], told["overall"]["verdict"], reasons(blessing)) == (None, "passed", [])
    assert blessing.get_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY) == 1
    assert Path(blessing.uri, constants.BLESSED_FILE_NAME).exists()
    assert {one["verdict"] for one in told["slices"]} == {"no limit", "small"}


def test_a_model_better_overall_but_much_worse_in_a_slice_is_refused_by_name_of_slice(
    evaluate: Evaluate, model_off_by: Callable[..., Any]
) -> None:
    gate = Gate(slices={"hour": CUTS["hour"]}, min_slice_rows=50)
    blessing, told = evaluate(gate, model_off_by(5, 30), champion=model_off_by(30, 5))
    overall = told["overall"]
    assert overall["candidate"]["rmse"] < overall["champion"]["rmse"]
    assert (told["champion"], overall["verdict"]) == ("000007", "passed")
    (reason,) = reasons(blessing)
    assert reason.startswith("slice hour from 20 (100 rows): RMSE ")
    assert "gate.slices.hour.max_ratio 1.1 times the champion's" in reason
    assert [one["verdict"] for one in told["slices"]] == ["passed", "passed", "refused"]
    assert blessing.get_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY) == 0


def test_a_live_model_that_is_the_candidate_is_measured_once_and_compared_all_the_same(
    evaluate: Evaluate, model_off_by: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[int] = []
    monkeypatch.setattr(
        component, "eval_config", lambda *told: measured.append(len(told[1])) or measuring.eval_config(*told)
    )
    same = model_off_by(5, 30)
    _, told = evaluate(Gate(slices=CUTS, min_slice_rows=1), same, champion=same)
    _, other = evaluate(Gate(slices=CUTS, min_slice_rows=1), same, champion=model_off_by(6, 30))
    assert measured == [1, 2]
    assert told["overall"]["champion"] == told["overall"]["candidate"]
    assert all(one["champion"] == one["candidate"] for one in told["slices"] if not one["small"])
    assert other["overall"]["champion"]["rmse"] != told["overall"]["champion"]["rmse"]


def test_a_small_slice_is_marked_and_never_judged(evaluate: Evaluate, model_off_by: Callable[..., Any]) -> None:
    strict = Slices(of="hour", boundaries=(6, 20), limits={"mae": 0.01})
    blessing, told = evaluate(Gate(slices={"hour": strict}, min_slice_rows=151), model_off_by(0, 0))
    assert [(one["rows"], one["verdict"]) for one in told["slices"]] == [
        (150, "small"),
        (350, "refused"),
        (100, "small"),
    ]
    (reason,) = reasons(blessing)
    assert reason.startswith("slice hour 6 to 20 (350 rows): MAE ")
    assert reason.endswith("is above gate.slices.hour.limits.mae 0.01")


def test_a_limit_that_is_a_share_of_the_labels_spread_is_held_in_its_unit(
    evaluate: Evaluate, model_off_by: Callable[..., Any]
) -> None:
    strict = Slices(of="hour", boundaries=(20,), limits={"mae": "0.002 sd"})
    gate = Gate(limits={"rmse": "0.001 sd", "mae": "9 sd"}, slices={"hour": strict}, min_slice_rows=150)
    blessing, told = evaluate(gate, model_off_by(0, 0))
    overall, of_slice = reasons(blessing)
    assert overall.endswith("is above gate.limits.rmse 0.004")
    assert of_slice.endswith("is above gate.slices.hour.limits.mae 0.008")
    assert told["overall"]["verdict"] == "refused"


def test_a_champion_that_takes_other_columns_refuses_and_says_what_to_do(
    evaluate: Evaluate, model_off_by: Callable[..., Any]
) -> None:
    stranger = model_off_by(0, 0, inputs=["start", "tolls"])
    blessing, told = evaluate(Gate(), model_off_by(0, 0), champion=stranger)
    (reason,) = reasons(blessing)
    assert "the live version 000007 takes tolls, which these data do not have" in reason
    assert "another `name` in the configuration" in reason
    assert told["overall"]["verdict"] == "refused"


def test_a_champion_of_another_kind_of_label_refuses_and_says_what_to_do(
    evaluate: Evaluate, model_off_by: Callable[..., Any]
) -> None:
    stranger = model_off_by(
        0, 0, output=Binary(("cash", "card"), {"threshold": 0.5, "chosen_by": "fixed"}).output("payment", None)
    )
    blessing, told = evaluate(Gate(), model_off_by(0, 0), champion=stranger)
    (reason,) = reasons(blessing)
    assert reason.startswith(
        "the live version 000007 predicts a label of kind binary (cash, card), this model one of kind number, so"
    )
    assert "another `name` in the configuration" in reason
    assert told["overall"]["champion"] is None
