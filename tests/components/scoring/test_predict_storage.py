"""Every kind of storage in every input of `predict`: priced, flagged with a reason, or refused in words."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from components.registry.store import Store
from components.scoring.predict import Predictor, predict_file
from data.errors import DataError
from data.tables import Stretch
from tests.data.arrow_types import NOT_IN_PARQUET, REFUSED, SINGLE

RIDE = {
    "pickup_lat": 41.9,
    "pickup_lon": -87.6,
    "dropoff_lat": 41.95,
    "dropoff_lon": -87.7,
    "start": "2014-05-13 17:00",
    "passengers": 2.0,
    "company": "Blue",
}


@pytest.fixture
def store(tmp_path, publish_tiny):
    store = Store(tmp_path / "models")
    publish_tiny(store)
    return store


def rides(rows, **changes):
    return pa.table({**{name: [value] * rows for name, value in RIDE.items()}, **changes})


@pytest.mark.parametrize("storage", [*SINGLE, *REFUSED])
def test_any_storage_in_any_input_is_priced_flagged_or_refused_in_words(tiny_tflite, tiny_manifest, storage):
    values = {**SINGLE, **REFUSED}[storage]
    for zone in ("%Y%m%d", "unix"):
        inputs = [{**one, "format": zone} if one["name"] == "start" else one for one in tiny_manifest["inputs"]]
        price = Predictor(tiny_tflite, {**tiny_manifest, "inputs": inputs})
        for name in ("pickup_lat", "start", "passengers", "company"):
            table = rides(3, **{"start": [str(14 * 10**8)] * 3, name: values})
            try:
                predictions = price(Stretch(table, [""] * 3))
            except DataError as error:
                said = str(error)
            else:
                said = ""
                assert len(predictions.prediction) == len(predictions.flags) == 3
                assert all(
                    flag for flag, one in zip(predictions.flags, predictions.prediction, strict=True) if np.isnan(one)
                )
            assert bool(said) >= (storage in REFUSED)
            assert re.fullmatch(rf"(column {name} is stored as .+; .+ is needed: .+)?", said)


def test_columns_that_the_model_does_not_take_are_handed_through_whatever_they_are(store, tmp_path):
    others = {name: values for name, values in {**SINGLE, **REFUSED}.items() if name not in NOT_IN_PARQUET}
    pq.write_table(rides(3, **others), tmp_path / "in.parquet", version="2.6")
    for output in ("out.csv", "out.parquet"):
        counts = predict_file(store, None, str(tmp_path / "in.parquet"), tmp_path / output)
        assert (counts.rows, counts.without_prediction, counts.flagged) == (3, 0, 0)
    given, written = (pq.read_table(tmp_path / name) for name in ("in.parquet", "out.parquet"))
    plain = [name for name in given.column_names if name != "double"]  # which has a NaN, and that equals nothing
    assert written.select(plain).equals(given.select(plain))
    shown = pyarrow.csv.read_csv(tmp_path / "out.csv").column_names
    assert shown == [*given.column_names, "prediction", "flags"]


@pytest.mark.parametrize(
    "company", [pa.array([7.0]), pa.array([7]), pa.array(["7.0"]), pa.array([" 7 "]), pa.array([b"7"])]
)
def test_a_category_is_known_whatever_its_storage(tiny_tflite, tiny_manifest, company):
    inputs = [{**one, "vocabulary": ["8", "7"]} if one["name"] == "company" else one for one in tiny_manifest["inputs"]]
    price = Predictor(tiny_tflite, {**tiny_manifest, "inputs": inputs})
    expected = price(Stretch(rides(1, company=["7"]), [""]))
    found = price(Stretch(rides(1, company=company), [""]))
    assert found.flags == [""]
    assert found.prediction == expected.prediction
    assert price(Stretch(rides(1, company=["8"]), [""])).prediction != expected.prediction


def test_missing_texts_and_the_decimal_comma_are_those_of_the_training(tiny_tflite, tiny_manifest):
    told = {**tiny_manifest["config"]["data"], "missing": ["?"], "decimal": ","}
    price = Predictor(tiny_tflite, {**tiny_manifest, "config": {"name": "tiny", "data": told}})
    table = rides(3, pickup_lat=["41,9", "?", "41.9"], company=["?", "NA", "Blue"])
    assert price(Stretch(table, [""] * 3)).flags == [
        "company: missing",
        "pickup_lat: missing",
        "pickup_lat: a decimal point where data.decimal is ','",
    ]


def test_a_category_that_is_no_utf8_has_no_price_and_a_reason(tiny_tflite, tiny_manifest):
    predictions = Predictor(tiny_tflite, tiny_manifest)(
        Stretch(rides(2, company=[b"\xc9lan", "Élan".encode()]), [""] * 2)
    )
    assert predictions.flags == ["company: not UTF-8 text", ""]
    assert np.isnan(predictions.prediction).tolist() == [True, False]


def test_a_version_from_before_these_settings_takes_its_vocabulary_as_it_was_written(tiny_tflite, tiny_manifest):
    inputs = [
        {**one, "vocabulary": ["1.0", "NA", "1"]} if one["name"] == "company" else one
        for one in tiny_manifest["inputs"]
    ]
    price = Predictor(tiny_tflite, {**tiny_manifest, "inputs": inputs})
    predictions = price(Stretch(rides(3, company=["1.0", "1", "NA"]), [""] * 3))
    assert predictions.flags == [""] * 3
    assert predictions.prediction[0] == predictions.prediction[1] != predictions.prediction[2]
