"""What a file does not need goes, and what is left predicts the same to the bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.lite.tools import flatbuffer_utils

from components.conversion.packing import pack
from components.conversion.simplify import simplify
from components.device import runtime

Model = Callable[[tf.Tensor], tf.Tensor]


def converted(model: Model, dtype: tf.DType, width: int, rows: Any = None) -> bytes:
    """A file with input `x` `[1, width]` and output `y`; int8 inside if there are `rows` to learn the ranges from."""
    module = tf.Module()
    function = tf.function(lambda x: {"y": model(x)}).get_concrete_function(tf.TensorSpec([1, width], dtype, name="x"))
    module.serve = function
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], module)
    if rows is not None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([row[np.newaxis]] for row in rows)
    return bytes(converter.convert())


def simplified(model: bytes) -> bytes:
    tree = flatbuffer_utils.convert_bytearray_to_object(bytearray(model))
    simplify(tree)
    return pack(tree)


def operators(model: bytes) -> list[str]:
    engine = runtime.interpreter(model)
    engine.allocate_tensors()
    return [one["op_name"] for one in engine._get_ops_details() if one["op_name"] != "DELEGATE"]


def run(model: bytes, rows: Any) -> list[bytes]:
    engine = runtime.interpreter(model)
    runner = engine.get_signature_runner()
    return [runner(x=row[np.newaxis])["y"].tobytes() for row in rows]


def assert_same(model: bytes, rows: Any) -> None:
    assert run(simplified(model), rows) == run(model, rows)


NUMBERS = np.random.default_rng(0).normal(size=(200, 6)).astype(np.float32) * 3
WHOLE = np.random.default_rng(1).integers(-(2**31), 2**31 - 1, (50, 1), np.int32)
KERNEL = np.random.default_rng(2).normal(size=(6, 6)).astype(np.float32)


def test_a_cast_to_int64_and_back_goes_with_a_reshape_in_between() -> None:
    model = converted(lambda x: tf.cast(tf.reshape(tf.cast(x, tf.int64), [1]), tf.int32) // 3600, tf.int32, 1)
    assert operators(model).count("CAST") == 2
    assert operators(simplified(model)).count("CAST") == 0
    assert_same(model, WHOLE)


def test_a_cast_that_others_read_too_stays() -> None:
    def model(x: tf.Tensor) -> tf.Tensor:
        wide = tf.reshape(tf.cast(x, tf.int64), [1])
        return tf.cast(wide * 5, tf.int32) + tf.cast(wide, tf.int32)

    assert_same(converted(model, tf.int32, 1), WHOLE)


def test_a_cast_that_cuts_off_stays() -> None:
    model = converted(lambda x: tf.cast(tf.cast(x, tf.int64) * 5, tf.int32), tf.int32, 1)
    assert operators(simplified(model)) == operators(model)
    assert_same(model, WHOLE)


@pytest.mark.parametrize("bias", [True, False])
def test_columns_of_a_product_that_nobody_reads_are_not_computed(bias: bool) -> None:
    def model(x: tf.Tensor) -> tf.Tensor:
        product = tf.linalg.matmul(x, tf.constant(KERNEL))
        return tf.sin((product + tf.constant(KERNEL[0]) if bias else product)[:, :4])

    whole = converted(model, tf.float32, 6)
    small = simplified(whole)
    assert "STRIDED_SLICE" in operators(whole)
    assert operators(small) == ["FULLY_CONNECTED", "SIN"]
    assert len(small) < len(whole)
    assert_same(whole, NUMBERS)


@pytest.mark.parametrize("taken", [slice(1, 5), slice(0, 5, 2)])
def test_other_slices_of_a_product_stay(taken: slice) -> None:
    model = converted(lambda x: tf.sin(tf.linalg.matmul(x, tf.constant(KERNEL))[:, taken]), tf.float32, 6)
    assert operators(simplified(model)) == operators(model)
    assert_same(model, NUMBERS)


def test_a_product_that_is_also_read_as_a_whole_stays() -> None:
    def model(x: tf.Tensor) -> tf.Tensor:
        product = tf.linalg.matmul(x, tf.constant(KERNEL))
        return tf.concat([tf.sin(product[:, :4]), tf.cos(product)], axis=1)

    assert_same(converted(model, tf.float32, 6), NUMBERS)


def clamped(low: float, high: float) -> bytes:
    def model(x: tf.Tensor) -> tf.Tensor:
        return tf.linalg.matmul(tf.clip_by_value(x, low, high), tf.constant(KERNEL))

    # The range that the converter learns of the clamped numbers is that of the clamp.
    return converted(model, tf.float32, 6, np.clip(NUMBERS, low, high))


def test_a_clamp_at_the_ends_of_int8_goes() -> None:
    model = clamped(-4.0, 4.0 * 127 / 128)
    found, left = operators(model), operators(simplified(model))
    assert {"MINIMUM", "MAXIMUM"} <= set(found)
    assert not {"MINIMUM", "MAXIMUM"} & set(left)
    assert_same(model, NUMBERS * 3)


def test_nothing_dead_is_left() -> None:
    tree = flatbuffer_utils.convert_bytearray_to_object(bytearray(clamped(-4.0, 4.0 * 127 / 128)))
    simplify(tree)
    (graph,) = tree.subgraphs
    read = {int(index) for one in graph.operators for index in (*one.inputs, *one.outputs)}
    assert read - {-1} == set(range(len(graph.tensors)))


def test_a_reshape_back_goes_with_the_one_before_and_casts_stay() -> None:
    def there_and_back(x: tf.Tensor) -> tf.Tensor:
        return tf.concat([tf.reshape(tf.cast(tf.reshape(x * 2, [6]), tf.int32), [1, 6]), tf.cast(x, tf.int32)], 1)

    model = converted(there_and_back, tf.float32, 6)
    assert operators(model).count("RESHAPE") == 2
    assert sorted(operators(simplified(model))) == ["CAST", "CAST", "CONCATENATION", "MUL"]
    assert_same(model, NUMBERS)


def test_a_reshape_that_others_read_stays() -> None:
    def read_twice(x: tf.Tensor) -> tf.Tensor:
        column = tf.reshape(x * 2, [6, 1])
        return tf.cast(tf.reshape(tf.cast(column, tf.int32), [1, 6]), tf.float32) @ (column * [[1.0, 2.0]])

    file = converted(read_twice, tf.float32, 6)
    assert operators(simplified(file)).count("RESHAPE") == operators(file).count("RESHAPE") > 0
    assert_same(file, NUMBERS)


def test_a_slice_of_everything_goes_and_one_of_a_part_or_backwards_stays() -> None:
    whole = converted(lambda x: (x * 2)[:, tf.newaxis][:, :, 0:6] + 1, tf.float32, 6)
    assert "STRIDED_SLICE" in operators(whole)
    assert "STRIDED_SLICE" not in operators(simplified(whole))
    assert_same(whole, NUMBERS)
    for other in (lambda x: (x * 2)[:, 1:4] + 1, lambda x: (x * 2)[:, ::-1] + 1):
        file = converted(other, tf.float32, 6)
        assert operators(simplified(file)) == operators(file)
        assert_same(file, NUMBERS)
