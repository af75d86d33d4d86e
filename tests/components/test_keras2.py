"""Which Keras there is, and that tracing it does not rewrite it."""

from __future__ import annotations

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import os
import subprocess
import sys

import pytest
import tensorflow as tf
import tensorflow_model_optimization as tfmot
import tensorflow_transform as tft
import tf_keras
from tensorflow.python.autograph.impl import conversion

from components.trainer.export import RawModel
from transforms import piecewise


def test_keras_is_keras_2() -> None:
    assert tf.keras.Model is tf_keras.Model


@pytest.mark.parametrize(
    "function",
    [
        tf_keras.Model.train_step,
        tfmot.sparsity.keras.prune_low_magnitude,
        tft.scale_to_z_score,
        RawModel.device_features,
        piecewise.place,
    ],
)
def test_autograph_leaves_source_that_is_graph_code_as_it_is(function: object) -> None:
    assert conversion.is_allowlisted(function)


def test_autograph_still_translates_other_code() -> None:
    def ours() -> None: ...

    assert not conversion.is_allowlisted(ours)


def test_a_sum_is_the_same_to_the_bit_however_many_threads_the_environment_asks_for() -> None:
    program = (
        "import components.keras2, numpy as np, tensorflow as tf; "
        "rows = np.random.default_rng(0).normal(size=(4096, 80)).astype(np.float32); "
        "print(float(tf.reduce_mean(rows)).hex(), float(tf.reduce_sum(rows)).hex())"
    )
    sums = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "TF_NUM_INTRAOP_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "16")
    }
    assert len(sums) == 1
