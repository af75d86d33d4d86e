"""SavedModels become files of builtin operators only, and a slimmed file predicts the very same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.lite.tools import flatbuffer_utils

from components.conversion import inspection
from components.conversion.convert import ConversionError, convert, slim
from components.device import runtime


def columns(rows: int = 50) -> dict[str, Any]:
    chance = np.random.default_rng(0)
    drawn: dict[str, Any] = {
        name: chance.uniform(-90, 90, rows).astype(np.float32)
        for name in ("pickup_lat", "pickup_lon", "dropoff_lat", "dropoff_lon", "passengers")
    }
    drawn["start"] = chance.integers(0, 2**31 - 1, rows, dtype=np.int32)
    drawn["company"] = chance.integers(0, 3, rows, dtype=np.int32)
    return drawn


@pytest.fixture(scope="module")
def whole(save_tiny: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The converter's own output, before it is slimmed."""
    saved = save_tiny(tmp_path_factory.mktemp("whole") / "saved")
    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved), signature_keys=["serving_default"])
    return bytes(converter.convert())


def test_the_file_has_builtin_operators_and_one_row_per_call(tiny_tflite: bytes) -> None:
    anatomy = inspection.dissect(tiny_tflite, [[2, 4]])
    assert anatomy.operators
    assert not [name for name in anatomy.operators if name.upper().startswith(("FLEX", "CUSTOM"))]
    assert anatomy.inputs == {
        **dict.fromkeys(("pickup_lat", "pickup_lon", "dropoff_lat", "dropoff_lon"), ("float32", (1,))),
        "passengers": ("float32", (1,)),
        "start": ("int32", (1,)),
        "company": ("int32", (1,)),
    }
    assert anatomy.outputs == {"prediction": ("float32", (1,))}


def test_the_file_predicts_what_the_saved_model_does(
    tiny_tflite: bytes, save_tiny: Callable[..., Path], tmp_path: Path
) -> None:
    rows = columns()
    saved = tf.saved_model.load(str(save_tiny(tmp_path / "saved")))
    wanted = saved.signatures["serving_default"](**{name: tf.constant(one) for name, one in rows.items()})
    np.testing.assert_allclose(runtime.predict(tiny_tflite, rows), wanted["prediction"], rtol=1e-6)


def test_slimming_keeps_every_prediction_to_the_bit_and_takes_a_tenth_or_more(whole: bytes) -> None:
    slimmed = slim(whole)
    assert len(slimmed) < 0.9 * len(whole)
    rows = columns()
    assert runtime.predict(slimmed, rows).tobytes() == runtime.predict(whole, rows).tobytes()


def test_slimming_twice_changes_nothing_more(whole: bytes) -> None:
    assert slim(slim(whole)) == slim(whole)


def test_slimming_keeps_the_names_of_inputs_output_and_signature(whole: bytes) -> None:
    before, after = (runtime.interpreter(model).get_signature_list() for model in (whole, slim(whole)))
    assert before == after
    assert set(after) == {"serving_default"}


def test_inputs_stand_as_asked_and_tensors_have_short_names_of_their_own(whole: bytes) -> None:
    order = ["start", "passengers", "dropoff_lon", "pickup_lat", "company", "dropoff_lat", "pickup_lon"]
    engine = runtime.interpreter(slim(whole, order))
    assert [one["name"] for one in engine.get_input_details()] == list(runtime.input_details(engine)) == order
    tree = flatbuffer_utils.convert_bytearray_to_object(bytearray(slim(whole, order)))
    names = [tensor.name.decode() for tensor in tree.subgraphs[0].tensors]
    assert len(set(names)) == len(names)
    assert max(len(name) for name in set(names) - {*order, "prediction"}) <= 3
    rows = columns()
    assert runtime.predict(slim(whole, order), rows).tobytes() == runtime.predict(whole, rows).tobytes()


def test_the_same_model_gives_the_same_bytes(save_tiny: Callable[..., Path], tmp_path: Path) -> None:
    saved = str(save_tiny(tmp_path / "saved"))
    assert convert(saved) == convert(saved)


@pytest.mark.parametrize(
    ("operator", "said"),
    [(tf.math.erf, "Erf"), (lambda x: tf.math.bessel_i0(x), "Bessel")],
    ids=["erf", "bessel_i0"],
)
def test_an_operator_that_is_not_builtin_is_named(tmp_path: Path, operator: Callable[..., Any], said: str) -> None:
    spec = tf.TensorSpec([None], tf.float32, name="x")
    function = tf.function(lambda x: {"prediction": operator(x)}).get_concrete_function(x=spec)
    tf.saved_model.save(tf.Module(), str(tmp_path), signatures={"serving_default": function})
    with pytest.raises(ConversionError, match=said):
        convert(str(tmp_path))
