"""Facts counted in a file against facts known when it was built."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from components.conversion.convert import convert, of_function
from components.conversion.inspection import boundaries, dissect
from transforms import piecewise

Build = Callable[..., bytes]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """A file of dense layers with these kernels, on two inputs that are stacked."""

    def built(*kernels: Any) -> bytes:
        def formula(a: Any, b: Any) -> dict[str, Any]:
            x = tf.stack([a, b], axis=1)
            for kernel in kernels:
                x = tf.nn.relu(x @ tf.constant(kernel))
            return {"prediction": tf.reduce_sum(x, axis=1)}

        spec = {name: tf.TensorSpec([None], tf.float32, name=name) for name in "ab"}
        function = tf.function(formula).get_concrete_function(**spec)
        tf.saved_model.save(tf.Module(), str(tmp_path), signatures={"serving_default": function})
        return convert(str(tmp_path))

    return built


def test_zeros_are_counted_over_all_hidden_kernels(build: Build) -> None:
    first = np.array([[1, 0, 2], [0, 0, 3]], np.float32)
    second = np.array([[1, 2, 0, 4], [5, 6, 7, 8], [9, 1, 2, 3]], np.float32)
    anatomy = dissect(build(first, second), [[2, 3], [3, 4]])
    assert anatomy.dense_kernels == {"zeros": round(4 / 18, 4), "weights": 18}
    assert anatomy.quantization == "float32"


def test_two_kernels_of_one_shape_are_both_counted(build: Build) -> None:
    first, second = np.array([[1, 0], [2, 3]], np.float32), np.array([[0, 0], [4, 5]], np.float32)
    assert dissect(build(first, second), [[2, 2], [2, 2]]).dense_kernels == {"zeros": 3 / 8, "weights": 8}


def test_a_dense_kernel_that_is_all_zero_is_counted_as_such(build: Build) -> None:
    assert dissect(build(np.zeros((2, 3), np.float32)), [[2, 3]]).dense_kernels["zeros"] == 1.0


def test_a_kernel_that_is_not_there_is_named(build: Build) -> None:
    with pytest.raises(ValueError, match=r"no fully connected kernel of shape \(7, 5\)"):
        dissect(build(np.ones((2, 3), np.float32)), [[5, 7]])


def test_working_memory_is_at_least_what_inputs_and_the_widest_layer_hold(build: Build) -> None:
    wide = dissect(build(np.ones((2, 64), np.float32)), [[2, 64]]).arena_bytes
    narrow = dissect(build(np.ones((2, 3), np.float32)), [[2, 3]]).arena_bytes
    assert wide >= 4 * 64 + 4 * 2
    assert narrow < wide


@pytest.mark.parametrize("model", [b"", b"not a flatbuffer", b"\x1c\x00\x00\x00TFL3"])
def test_what_is_no_file_of_tensorflow_lite_raises(model: bytes) -> None:
    with pytest.raises((ValueError, RuntimeError)):
        dissect(model, [])


def test_boundaries_are_the_rows_of_tables_that_numbers_are_compared_with() -> None:
    rows = [np.array([1, 2, 4, 8], np.float32), np.array([0, 5], np.float32)]

    def place(x: tf.Tensor) -> tf.Tensor:
        return piecewise.place(x, piecewise.table(rows))[1] + tf.cast(x >= 3, tf.float32)[0, 0]

    function = tf.function(place).get_concrete_function(tf.TensorSpec([1, 2], tf.float32))
    found = boundaries(of_function(function, tf.Module()))
    assert [one.tolist() for one in found] == [one.tolist() for one in rows]
