"""Which Keras there is, and that tracing it does not rewrite it."""

from __future__ import annotations

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import pytest
import tensorflow as tf
import tensorflow_model_optimization as tfmot
import tensorflow_transform as tft
import tf_keras
from tensorflow.python.autograph.impl import conversion


def test_keras_is_keras_2() -> None:
    assert tf.keras.Model is tf_keras.Model


@pytest.mark.parametrize(
    "function", [tf_keras.Model.train_step, tfmot.sparsity.keras.prune_low_magnitude, tft.scale_to_z_score]
)
def test_autograph_leaves_a_librarys_source_as_it_is(function: object) -> None:
    assert conversion.is_allowlisted(function)


def test_autograph_still_translates_other_code() -> None:
    def ours() -> None: ...

    assert not conversion.is_allowlisted(ours)
