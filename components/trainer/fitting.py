"""The training loop of one phase; all randomness comes from the seed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt
import tf_keras

from components.settings import Training
from components.tables import Table
from components.task.learning import LEARNING

PREDICT_BATCH = 4096
History = dict[str, list[float]]


def steps_per_epoch(rows: int, training: Training) -> int:
    """Number of batches that cover the rows once."""
    return math.ceil(rows / training.batch_size)


def fit(
    model: tf_keras.Model,
    train: Table,
    validation: Table,
    training: Training,
    epochs: int,
    rate: float,
    patience: int | None = None,
    callbacks: Sequence[tf_keras.callbacks.Callback] = (),
) -> History:
    """Trains in place with Adam and a learning rate that falls from `rate` along a cosine.

    Args:
        model: from input arrays to float32 `[batch, width]`.
        train, validation: rows to learn from, and to watch.
        training: loss and batch size.
        epochs: at most so many.
        rate: first learning rate.
        patience: stop after so many epochs without a better loss on `validation`, and go back to the best; None trains
            to the end.
        callbacks: further ones.

    Returns:
        Loss on `train` and `validation` (`loss`, `val_loss`) by epoch.
    """
    steps = epochs * steps_per_epoch(len(train), training)
    schedule = tf_keras.optimizers.schedules.CosineDecay(rate, steps, alpha=0.01)
    model.compile(tf_keras.optimizers.legacy.Adam(schedule), loss=LEARNING.loss(training.loss), jit_compile=False)
    watching = list(callbacks)
    if patience is not None:
        watching.append(tf_keras.callbacks.EarlyStopping("val_loss", patience=patience, restore_best_weights=True))
    history = model.fit(
        train.inputs,
        LEARNING.encode(train.label),
        batch_size=training.batch_size,
        epochs=epochs,
        validation_data=(validation.inputs, LEARNING.encode(validation.label)),
        validation_batch_size=PREDICT_BATCH,
        callbacks=watching,
        verbose=0,
    )
    return {name: [float(value) for value in values] for name, values in history.history.items()}


def predict(model: tf_keras.Model, table: Table) -> npt.NDArray[np.float32]:
    """float32 `[rows]`."""
    return np.asarray(LEARNING.decode(model.predict(table.inputs, batch_size=PREDICT_BATCH, verbose=0)))
