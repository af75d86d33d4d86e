"""The float phase: AdamW along cosines that double in length, as long as the validation rows gain from it.

How long to train is the one choice that no rule gets right: noisy tables have enough after a few epochs, clean ones
gain from hundreds. Each cycle ends at a learning rate of zero, so that what it ends with is a finished model
(I. Loshchilov, F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017; the same authors' "Decoupled
Weight Decay Regularization", 2019).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tf_keras

from components.settings import SettledTraining
from components.tables import Table
from components.trainer.fitting import PREDICT_BATCH, History

WARM_UP = 0.05
"""Share of a cycle in which the rate rises."""
SLACK = 0.01
"""A loss this share above the lowest is as good: the later weights are kept. One above that ends the training."""

Floats = npt.NDArray[np.float32]


AfterEpoch = Callable[[int, float, float], None]
"""Is told number, loss and validation loss of an epoch."""


def unwatched(epoch: int, loss: float, validation_loss: float) -> None:
    """Nobody looks on."""


def rates(steps: int, highest: float) -> Floats:
    """Learning rate of each step of one cycle: a straight rise, and a cosine down to zero."""
    done = np.arange(1, steps + 1) / steps
    return np.asarray(highest * np.minimum(done / WARM_UP, 1) * (1 + np.cos(np.pi * done)) / 2, np.float32)


class Cycles:
    """One float training.

    Args:
        model: from input arrays to float32 `[batch, width]`.
        loss: of encoded labels and outputs.
        training: settled choices: batch, rate, decay, epochs of each cycle, seed.
        decayed: the weights that decay.
    """

    def __init__(
        self, model: tf_keras.Model, loss: tf_keras.losses.Loss, training: SettledTraining, decayed: Sequence[Any]
    ) -> None:
        self._model, self._loss, self._training = model, loss, training
        self._optimizer = tf_keras.optimizers.AdamW(1.0, weight_decay=training.weight_decay, beta_2=0.99, epsilon=1e-8)
        kept = {id(one) for one in decayed}
        self._optimizer.exclude_from_weight_decay([one for one in model.trainable_weights if id(one) not in kept])
        self._optimizer.build(model.trainable_weights)

    def fit(
        self,
        train: Table,
        label: Floats,
        validation: Table,
        validation_label: Floats,
        rate: float,
        after_epoch: AfterEpoch = unwatched,
    ) -> History:
        """Trains in place and leaves the weights of the cycle that is kept.

        Args:
            train, validation: rows to learn from, and to watch, with their encoded labels.
            rate: highest learning rate.
            after_epoch: is told of each epoch.

        Returns:
            `loss` and `val_loss` by epoch, `cycles` (epochs of each) and `kept` (epochs behind the weights left;
            0 where the first one came to no finite loss).
        """
        step, validate = self._epoch_function(train, label), self._loss_function(validation, validation_label)
        steps = max(1, len(train) // self._training.batch_size)  # a rest would be a step of few rows
        history: History = {"loss": [], "val_loss": [], "cycles": [], "kept": [0]}
        lowest, best = math.inf, self._model.get_weights()
        random = np.random.default_rng(self._training.seed)
        for epochs in self._training.epochs:
            for one in rates(steps * epochs, rate).reshape(epochs, steps):
                drawn = random.permutation(len(train)).astype(np.int32)
                order = drawn[: steps * self._training.batch_size].reshape(steps, -1)
                history["loss"].append(float(step(tf.constant(order), tf.constant(one))))
                history["val_loss"].append(float(validate()))
                after_epoch(len(history["loss"]), history["loss"][-1], history["val_loss"][-1])
            history["cycles"].append(epochs)
            seen = history["val_loss"][-1]
            if not seen <= lowest * (1 + SLACK):
                break
            best, lowest = self._model.get_weights(), min(lowest, seen)
            history["kept"] = [len(history["loss"])]
        self._model.set_weights(best)
        return history

    def _epoch_function(self, train: Table, label: Floats) -> Any:
        """Places of the rows int32 `[steps, batch]` and the steps' rates to the mean loss; an epoch is one call."""
        inputs = {name: tf.constant(train.inputs[name]) for name in self._model.input_names}
        labels, weights = tf.constant(label), self._model.trainable_weights

        @tf.function(jit_compile=True)
        def learn(rows: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                chosen = {name: tf.gather(column, rows) for name, column in inputs.items()}
                loss = self._loss(tf.gather(labels, rows), self._model(chosen, training=True))
            gradients = tape.gradient(loss, weights)
            self._optimizer.apply_gradients(zip(gradients, weights, strict=True))
            return loss

        @tf.function
        def epoch(order: tf.Tensor, rates: tf.Tensor) -> tf.Tensor:
            total = tf.constant(0.0)
            for number in tf.range(tf.size(rates)):
                self._optimizer.learning_rate = rates[number]
                total += learn(order[number])
            return total / tf.cast(tf.size(rates), tf.float32)

        return epoch

    def _loss_function(self, table: Table, label: Floats) -> Any:
        """The loss on all rows of a table, a call without arguments."""
        parts = [slice(start, start + PREDICT_BATCH) for start in range(0, len(table), PREDICT_BATCH)]
        names = self._model.input_names
        batches = [
            # A label that is no tensor would be spread against outputs `[rows, width]`.
            ({name: tf.constant(table.inputs[name][part]) for name in names}, tf.constant(label[part]))
            for part in parts
        ]

        @tf.function
        def mean_loss() -> tf.Tensor:
            losses = [self._loss(own, self._model(inputs, training=False)) * len(own) for inputs, own in batches]
            return tf.add_n(losses) / len(table)

        return mean_loss
