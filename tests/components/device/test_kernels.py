"""Files are refused by the name of what a target lacks; the tables are held to the runtimes that are here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf

from components.conversion.convert import of_function
from components.device.kernels import MICRO_KERNELS, lacking, refusals
from transforms import buckets, clock, crosses, distance, missing
from transforms.reducers import nmf

ROW = tf.TensorSpec([1], tf.float32)
SECONDS = tf.TensorSpec([1], tf.int32)
BLOCK = tf.TensorSpec([1, 5], tf.float32)


def file(function: Callable[..., Any], *spec: tf.TensorSpec) -> bytes:
    module = tf.Module()
    concrete = tf.function(function).get_concrete_function(*spec)
    return of_function(concrete, module)


FEATURES: dict[str, tuple[Callable[..., Any], tuple[tf.TensorSpec, ...]]] = {
    **{name: (one, (ROW,) * 4) for name, one in distance.DISTANCES.items()},
    **{one.__name__: (one, (SECONDS,)) for one in (clock.hour, clock.weekday, clock.month, clock.year, clock.years)},
    "cycles": (lambda x: clock.cycles(x[:, :2], [24, 7]), (BLOCK,)),
    "missing": (lambda x: missing.fill(x, tf.range(5, dtype=tf.float32)), (BLOCK,)),
    "flags": (missing.flags, (BLOCK,)),
    "columns": (lambda x: buckets.columns(x, [4, 0, 1, 3]), (BLOCK,)),
    "bucket_ids": (lambda x: buckets.bucket_ids(buckets.reached(x, tf.ones([5, 3]))), (BLOCK,)),
    "fold": (lambda x: crosses.fold(crosses.joint_id([x, x], [50, 60]), 97), (ROW,)),
    "nmf": (lambda x: nmf.apply(x, tf.ones([5, 2]), tf.ones([5, 2]), tf.ones([2, 2]), 3), (BLOCK,)),
}


@pytest.mark.parametrize("name", FEATURES)
def test_every_transform_is_of_operators_that_every_target_has(name: str) -> None:
    function, spec = FEATURES[name]
    assert lacking(file(function, *spec)) == {"litert": [], "micro": [], "webgpu": []}


@pytest.mark.parametrize(
    ("function", "spec", "micro", "webgpu"),
    [
        (lambda x: x // 3600, SECONDS, ["FLOOR_DIV of int32, int32"], []),
        (lambda x: tf.atan2(x, x + 1), ROW, ["ATAN2 of float32, float32"], ["ATAN2"]),
        (lambda x: tf.where(x > 0, x, x + 1), ROW, ["SELECT of bool, float32, float32"], []),
        (lambda x: tf.gather(x, [3, 1], axis=1), BLOCK, [], ["GATHER by constant indices [2]"]),
        (lambda x: x[:, 0], BLOCK, [], ["STRIDED_SLICE with shrink_axis_mask"]),
    ],
)
def test_what_a_target_lacks_is_named(function: Any, spec: Any, micro: list[str], webgpu: list[str]) -> None:
    assert lacking(file(function, spec)) == {"litert": [], "micro": micro, "webgpu": webgpu}


def test_a_refusal_names_target_version_operator_and_remedy() -> None:
    (said,) = refusals(file(lambda x: x // 3600, SECONDS), ["litert", "micro"])
    assert "push.targets has micro" in said
    assert "Microcontrollers of 2026" in said
    assert "FLOOR_DIV of int32" in said
    assert "take micro out" in said
    assert refusals(file(lambda x: x // 3600, SECONDS), ["litert"]) == []
    assert "SELECT" not in MICRO_KERNELS
