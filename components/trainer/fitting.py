"""The training loop of one phase; all randomness comes from the seed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tf_keras

from components.settings import SettledTraining
from components.tables import Table
from components.trainer.design import Design

PREDICT_BATCH = 4096
History = dict[str, list[float]]


def steps_per_epoch(rows: int, training: SettledTraining) -> int:
    """Number of batches that cover the rows once."""
    return math.ceil(rows / training.batch_size)


def fit(
    model: tf_keras.Model,
    train: Table,
    validation: Table,
    design: Design,
    epochs: int,
    rate: float,
    callbacks: Sequence[tf_keras.callbacks.Callback] = (),
) -> History:
    """Trains in place with Adam and a learning rate that falls from `rate` along a cosine.

    Args:
        model: from input arrays to float32 `[batch, width]`.
        train, validation: rows to learn from, and to watch.
        design: loss and batch size.
        epochs: so many.
        rate: first learning rate.
        callbacks: further ones.

    Returns:
        Loss on `train` and `validation` (`loss`, `val_loss`) by epoch.
    """
    steps, encode = epochs * steps_per_epoch(len(train), design.training), design.encoding.encode
    schedule = tf_keras.optimizers.schedules.CosineDecay(rate, steps, alpha=0.01)
    model.compile(tf_keras.optimizers.legacy.Adam(schedule), loss=design.loss(), jit_compile=False)
    history = model.fit(
        {name: train.inputs[name] for name in model.input_names},
        encode(train.label),
        batch_size=design.training.batch_size,
        epochs=epochs,
        validation_data=({name: validation.inputs[name] for name in model.input_names}, encode(validation.label)),
        validation_batch_size=PREDICT_BATCH,
        callbacks=list(callbacks),
        verbose=0,
    )
    return {name: [float(value) for value in values] for name, values in history.history.items()}


def predict(model: tf_keras.Model, table: Table, design: Design) -> npt.NDArray[np.float32]:
    """float32 `[rows]`, in label units."""
    inputs = {name: table.inputs[name] for name in model.input_names}
    found = model.predict(inputs, batch_size=PREDICT_BATCH, verbose=0)
    return np.asarray(design.encoding.decode(tf.constant(found)))
