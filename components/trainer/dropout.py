"""Dropout whose draws a seed decides, in a compiled step too."""

from __future__ import annotations

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import tf_keras

from components.settings import SettledTraining


def after(number: int, training: SettledTraining) -> tf_keras.layers.Dropout:
    """The layer behind hidden layer `number`, counted from 1.

    Keras' own draws leave the seed unheeded where XLA compiles the step. A generator with a state of its own does not.

    Args:
        number: of the hidden layer.
        training: share that is dropped, and seed.
    """
    return tf_keras.layers.Dropout(
        training.dropout, seed=training.seed + number, rng_type="stateful", name=f"dropout_{number}"
    )
