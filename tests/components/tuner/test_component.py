"""A search over real rows: no test row is opened, and a trial's network is the one that the Trainer would build."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tfx.dsl.components.base import base_executor
from tfx.proto import trainer_pb2
from tfx.types import standard_artifacts
from tfx.utils import json_utils, proto_utils

from components.code_hash import step_hash
from components.compression_settings import Conversion
from components.conversion.convert import convert
from components.registry.store import sha256
from components.settings import Push, Training
from components.trainer.context import TrainingContext
from components.trainer.run_fn import run_fn
from components.tuner.component import TUNER_FN, Executor
from components.tuner.settings import Tuner as TunerSettings
from components.tuner.trials import GivenUpError, Judge, OutOfTimeError, Trial, _Watch, folds
from data.spec import Dataset
from transforms import in_memory
from transforms.features import Plan

PLAN = Plan.model_validate(
    {
        "dataset": Dataset.model_validate({"source": "-", "label": {"column": "fare"}, "numeric": ["far", "riders"]}),
        "features": {"reducer": {"kind": "none"}},
    }
)
TRAINING = Training.model_validate(
    {"units": [8, 8], "piecewise": {"bins": 4, "width": 2}, "epochs": 2, "quantization": {"epochs": 1}}
)


def columns(rows: int, seed: int) -> dict[str, Any]:
    chance = np.random.default_rng(seed)
    found = {name: chance.normal(size=rows).astype(np.float32) for name in ("far", "riders")}
    return {**found, "fare": (10 + 3 * found["far"] - found["far"] * found["riders"]).astype(np.float32)}


def write(columns: Mapping[str, Any], folder: Path) -> None:
    folder.mkdir(parents=True)
    options = tf.io.TFRecordOptions(compression_type="GZIP")
    with tf.io.TFRecordWriter(str(folder / "rows.gz"), options) as stream:
        for row in zip(*columns.values(), strict=True):
            features = {
                name: tf.train.Feature(float_list=tf.train.FloatList(value=[value]))
                for name, value in zip(columns, row, strict=True)
            }
            stream.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Examples whose test split cannot be read, and a transform graph."""
    folder = tmp_path_factory.mktemp("made")
    write(columns(256, 0), folder / "examples" / "Split-train")
    write(columns(64, 1), folder / "examples" / "Split-validation")
    (folder / "examples" / "Split-test").mkdir()
    (folder / "examples" / "Split-test" / "rows.gz").write_bytes(gzip.compress(b"no record"))
    in_memory.learn(PLAN, columns(256, 0), folder)
    return folder


def artifact(kind: Any, uri: Path, **properties: str) -> list[Any]:
    found = kind()
    found.uri = str(uri)
    for name, value in properties.items():
        setattr(found, name, value)
    return [found]


def told(work: Path, settings: TunerSettings, push: Push) -> dict[str, str]:
    return {
        "plan": PLAN.model_dump_json(),
        "training": TRAINING.model_dump_json(),
        "conversion": Conversion().model_dump_json(),
        "push": push.model_dump_json(),
        "settings": settings.model_dump_json(),
        "work_dir": str(work),
        "code": step_hash(TUNER_FN),
    }


def tune(made: Path, folder: Path, settings: TunerSettings, push: Push) -> tuple[dict[str, Any], dict[str, Any]]:
    """`tuning.json` and the hyperparameters of one execution."""
    splits = json.dumps(["train", "validation", "test"])
    outputs = {
        "best_hyperparameters": artifact(standard_artifacts.HyperParameters, folder / "best"),
        "tuner_results": artifact(standard_artifacts.TunerResults, folder / "results"),
    }
    for (one,) in outputs.values():
        Path(one.uri).mkdir(parents=True)
    place = base_executor.BaseExecutor.Context(tmp_dir=str(folder / "tmp"), unique_id="1")
    Executor(place).Do(
        {
            "examples": artifact(standard_artifacts.Examples, made / "examples", split_names=splits),
            "transform_graph": artifact(standard_artifacts.TransformGraph, made / "graph"),
        },
        outputs,
        {
            "tuner_fn": TUNER_FN,
            "train_args": proto_utils.proto_to_json(trainer_pb2.TrainArgs(splits=["train"])),
            "eval_args": proto_utils.proto_to_json(trainer_pb2.EvalArgs(splits=["validation"])),
            "custom_config": json_utils.dumps(told(folder / "work", settings, push)),
        },
    )
    best = json.loads((folder / "best" / "best_hyperparameters.txt").read_text())
    return json.loads((folder / "results" / "tuning.json").read_text()), best


@pytest.fixture(scope="module")
def searched(made: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    settings = TunerSettings(max_trials=2, minutes=60, few_rows=0, stop_above=99)
    return tune(made, tmp_path_factory.mktemp("searched"), settings, Push(max_latency_us=1e6))


def test_a_search_looks_at_no_test_row(searched: Any) -> None:
    """The test split's files are no records: whoever read them would fail."""
    found, _ = searched
    assert [one["status"] for one in found["trials"]] == ["ok", "ok"]
    assert (found["rows"], found["folds"]) == (107, 1)


def test_the_trainer_builds_the_network_that_a_trial_measured(
    searched: Any, made: Path, context: TrainingContext, tmp_path: Path
) -> None:
    """Given the same rows: those of the first fold."""
    found, best = searched
    (fold, *_) = folds(context, 3, seed=0)
    write({name: values.ravel() for name, values in fold.raw_train.items()}, tmp_path / "Split-train")
    write({name: values.ravel() for name, values in fold.raw_validation.items()}, tmp_path / "Split-validation")
    trial = found["trials"][1]
    for one in best["space"]:
        value = trial["changed"].get(one["config"]["name"])
        best["values"][one["config"]["name"]] = one["config"]["default"] if value is None else json.dumps(value)
    config = {**told(tmp_path, TunerSettings(), Push()), "max_bytes": str(Push().max_bytes), "targets": "[]"}
    run_fn(
        SimpleNamespace(
            custom_config=config,
            hyperparameters=best,
            train_files=[str(tmp_path / "Split-train" / "*")],
            eval_files=[str(tmp_path / "Split-validation" / "*")],
            transform_output=str(made / "graph"),
            base_model=None,
            model_run_dir=str(tmp_path / "run"),
            serving_model_dir=str(tmp_path / "model" / "Format-Serving"),
        )
    )
    assert sha256(convert(str(tmp_path / "model" / "Format-Serving"))) == trial["sha256"][0]
    assert json.loads((tmp_path / "run" / "history.json").read_text())["choices"]["training"]["units"] == [
        *trial["changed"]["training.units"]
    ]


@pytest.fixture(scope="module")
def context(made: Path) -> TrainingContext:
    files = ([str(made / "examples" / f"Split-{name}" / "*")] for name in ("train", "validation"))
    return TrainingContext.open(PLAN, str(made / "graph"), *files, None, 32_000)


def test_folds_hold_every_row_of_train_and_validation_once_in_a_validation_part(context: TrainingContext) -> None:
    parts = folds(context, 3, seed=0)
    seen = np.concatenate([one.raw_validation["fare"] for one in parts])
    whole = np.concatenate([context.raw_train["fare"], context.raw_validation["fare"]])
    assert np.array_equal(np.sort(seen, axis=0), np.sort(whole, axis=0))
    for one in parts:
        assert len(one.raw_train["fare"]) + len(one.raw_validation["fare"]) == len(whole)
        assert not set(one.raw_train["far"].ravel()) & set(one.raw_validation["far"].ravel())


def test_a_trial_far_behind_the_best_is_given_up_after_a_cycle_or_a_fold_and_none_outlasts_the_time(
    context: TrainingContext,
) -> None:
    plain = TRAINING.model_copy(update={"quantization": None})
    judge = Judge(folds(context, 2, seed=0), plain, Conversion(), Push(), stop_above=1.15)
    perfect = Trial({}, "ok", "", 1.0, {}, [[1e-9], [1e-9]], judge.label)
    with pytest.raises(GivenUpError, match="after 2 epochs, of the best 1e-09"):
        judge.figures({}, perfect, lambda: False, [])
    unlike = Trial({"training.loss.delta": "1 sd"}, "ok", "", 1.0, {}, [[1e-9], [1e-9]], judge.label)
    with pytest.raises(GivenUpError, match=r"RMSE .* on 160 rows, of the best 0"):
        judge.figures({}, unlike, lambda: False, [])
    with pytest.raises(OutOfTimeError):
        judge.figures({}, None, lambda: True, [])


def test_the_more_cycles_are_behind_the_closer_a_trial_must_be_to_the_best() -> None:
    seen: list[float] = []
    watch = _Watch(seen, rival=[1.0, 1.0, 1.0], stop_above=1.2, over=lambda: False, ends=[1, 2, 3])
    watch(1, 0.0, 1.19)
    watch(2, 0.0, 1.09)
    with pytest.raises(GivenUpError, match=r"loss 1\.07 after 3 epochs, of the best 1"):
        watch(3, 0.0, 1.07)


def test_the_budgets_of_push_bind(context: TrainingContext) -> None:
    small = Judge([context], TRAINING, Conversion(), Push(max_bytes=9000), stop_above=1.15)
    assert small.fits({"training.units": [8, 8], "training.piecewise": None})
    assert not small.fits({"training.units": [512, 512]})
    assert not small.fits({"training.pruning": {"pattern": "1x4"}, "training.units": [8, 2]})
