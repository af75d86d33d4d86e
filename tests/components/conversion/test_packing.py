"""Equal pieces of a file are stored once, and nothing of its content changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.lite.tools import flatbuffer_utils

from components.conversion.packing import pack
from components.device.runtime import interpreter


@pytest.fixture(scope="module")
def model() -> bytes:
    """Many operators on tensors of one shape."""

    @tf.function(input_signature=[tf.TensorSpec([1, 4], tf.float32, "x")])
    def chain(x: tf.Tensor) -> dict[str, tf.Tensor]:
        for factor in range(2, 22):
            x = tf.sin(x * float(factor) + 1.0)
        return {"y": x}

    return bytes(tf.lite.TFLiteConverter.from_concrete_functions([chain.get_concrete_function()]).convert())


def plain(value: Any) -> Any:
    """A model's tree in values that compare."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list):
        return [plain(one) for one in value]
    if hasattr(value, "__dict__"):
        return {name: plain(one) for name, one in vars(value).items()}
    return value


def test_a_packed_file_holds_the_same_tree_in_fewer_bytes(model: bytes) -> None:
    tree = flatbuffer_utils.convert_bytearray_to_object(bytearray(model))
    packed = pack(tree)
    assert plain(flatbuffer_utils.convert_bytearray_to_object(bytearray(packed))) == plain(tree)
    assert len(packed) < 0.9 * len(bytes(flatbuffer_utils.convert_object_to_bytearray(tree)))


def test_a_packed_file_gives_the_same_numbers(model: bytes) -> None:
    packed = pack(flatbuffer_utils.convert_bytearray_to_object(bytearray(model)))
    x, outputs = np.array([[0.1, -2.0, 3.5, 0.0]], np.float32), []
    for content in (model, packed):
        engine = interpreter(content)
        engine.allocate_tensors()
        engine.set_tensor(engine.get_input_details()[0]["index"], x)
        engine.invoke()
        outputs.append(engine.get_tensor(engine.get_output_details()[0]["index"]))
    assert np.array_equal(*outputs)


def test_constants_lie_on_four_byte_boundaries(model: bytes) -> None:
    packed = pack(flatbuffer_utils.convert_bytearray_to_object(bytearray(model)))
    tree = flatbuffer_utils.convert_bytearray_to_object(bytearray(packed))
    contents = {bytes(one.data) for one in tree.buffers if one.data is not None and len(one.data) >= 4}
    assert contents
    assert all(any(packed[place:].startswith(one) for place in range(0, len(packed), 4)) for one in contents)
