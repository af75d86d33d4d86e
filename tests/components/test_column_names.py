"""Generated column names through SavedModel, file, interpreter, prediction of a table, and kit."""

from __future__ import annotations

import runpy
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from components.conversion.convert import convert
from components.conversion.verification import run_saved_model
from components.device.kit import write_kit
from components.device.runtime import predict
from components.scoring.predict import Predictor
from components.trainer import export
from data.spec import Dataset
from data.tables import Stretch
from data.tensor_names import tensor_name
from transforms.features import BLOCK, Features, Plan, id_key

TWINS = ["a b", "a_b", "A_b", "a.b", "prediction", "flags", "self", "class", "2019", "Fahrgäste", "name", "inputs"]
PRINTABLE = st.text(alphabet=st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=12)
PLACES = ("a lat", "a lon", "b/lat", "b/lon")


class Adding(tf.Module):
    """Stands for the Transform step: the numbers side by side, in the order of the description."""

    def __init__(self, dataset: Dataset) -> None:
        super().__init__()
        self._order = [*dataset.coordinates(), *dataset.numeric]

    def __call__(self, raw: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return {BLOCK: tf.concat([raw[tensor_name(name)] for name in self._order], axis=1)}


def described(numbers: list[str], texts: list[str]) -> Dataset:
    a, b = ({"latitude": lat, "longitude": lon} for lat, lon in (PLACES[:2], PLACES[2:]))
    told = {"source": "-", "label": {"column": "the label"}, "points": {"a": a, "b": b}}
    return Dataset.model_validate({**told, "numeric": numbers, "categorical": texts})


def weighted(dataset: Dataset, features: dict[str, tf.Tensor]) -> tf.Tensor:
    """Each input times its place, so that no two can be exchanged."""
    ids = [tf.cast(features[id_key(name)], tf.float32) for name in dataset.categorical]
    x = tf.concat([features[BLOCK], *ids], axis=1)
    return tf.reduce_sum(x * tf.range(1.0, len(dataset.inputs()) + 1.0), axis=1)


@given(names=st.lists(PRINTABLE, min_size=6, max_size=10, unique=True))
@settings(max_examples=2, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_columns_of_any_name_reach_the_prediction(
    tmp_path_factory: pytest.TempPathFactory, tiny_manifest: dict[str, Any], names: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("names")
    names = [name for name in names if name not in (*TWINS, *PLACES, "the label")] + TWINS
    dataset = described(names[::2], names[1::2])
    networks = {"serving_default": lambda features: weighted(dataset, features)}
    vocabularies = {name: ["x", "y", "z"] for name in dataset.categorical}
    told = export.interface(Plan(dataset=dataset, features=Features()), vocabularies)
    kept = range(len(dataset.inputs()) - len(dataset.categorical))
    export.save(export.RawModel(dataset, Adding(dataset), kept, networks, []), str(folder / "saved"), False, told)
    file = convert(str(folder / "saved"))
    rows = np.random.default_rng(0).integers(1, 4, (3, len(dataset.inputs()))).astype(np.float32)
    expected = rows @ np.arange(1, rows.shape[1] + 1)
    columns = {one.name: rows[:, place].astype(one.dtype) for place, one in enumerate(told.inputs)}
    np.testing.assert_array_equal(predict(file, columns), expected)
    np.testing.assert_array_equal(run_saved_model(str(folder / "saved"), "serving_default", columns), expected)

    values = [["xyz"[int(one) - 1] if place >= 4 + len(dataset.numeric) else float(one) for one in rows[:, place]]
              for place in range(rows.shape[1])]  # fmt: skip
    config = {"data": {**tiny_manifest["config"]["data"], "points": dataset.model_dump()["points"]}}
    predictor = Predictor(file, {**tiny_manifest, **told.model_dump(), "config": config})
    predictions = predictor(Stretch(pa.table(dict(zip(dataset.inputs(), values, strict=True))), [""] * 3))
    assert (predictions.prediction.tolist(), predictions.flags) == (expected.tolist(), [""] * 3)
    assert predictor.added(dataset.inputs()) == ["model_prediction", "model_flags"]

    (folder / "kit").mkdir()
    (folder / "model.tflite").write_bytes(file)
    (folder / "kit" / "predict.py").write_text(write_kit(told)["predict.py"])
    price = runpy.run_path(str(folder / "kit" / "predict.py"))["Predictor"]().predict
    assert price(*(column[0] for column in values)) == expected[0]
