"""What a kind of label has to answer with TensorFlow: how it is learned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tf_keras

from components.settings import Distillation
from components.tables import Table
from components.task.boosted import Parts
from components.task.classification_learning import BinaryLearning, ClassesLearning
from components.task.encoding import Encoding
from components.task.label_scale import Kind
from components.task.regression_learning import RegressionLearning
from components.task.settings import Decision, Loss
from data.label import Label

FloatArray = npt.NDArray[np.float32]


class Learning(Protocol):
    """One kind of label.

    Attributes:
        width: numbers in one output of the network.
    """

    width: int

    def targets(self, label: FloatArray) -> FloatArray:
        """Labels in the form in which a teacher gives them."""

    def encoding(self, label: FloatArray, kind: Kind) -> Encoding:
        """Of the training rows' labels `[rows]`; `kind` is `Training.label_scale`."""

    def loss(self, choice: Loss, encoding: Encoding) -> tf_keras.losses.Loss:
        """Of encoded labels and the network's outputs."""

    def baselines(
        self, table: Table, id_sizes: dict[str, int]
    ) -> dict[str, Callable[[dict[str, tf.Tensor]], tf.Tensor]]:
        """Plain models by the names of `Task.baselines`, each from the network's inputs to predictions `[batch]`."""

    def trees(self, table: Table, categories: Sequence[str], choices: Distillation, seed: int) -> Parts:
        """Boosted trees that have learned from the rows, in the form of predictions; `categories` are inputs of ids."""


def learning_of(label: Label, decision: Decision) -> Learning:
    """How a label is learned, by its kind.

    Args:
        label: settled, so that its classes are known.
        decision: how a threshold is chosen where there is one.
    """
    kinds = {"binary": BinaryLearning, "classes": ClassesLearning}
    kind = kinds.get(label.kind or "")
    return RegressionLearning() if kind is None else kind(label.classes or (), decision)
