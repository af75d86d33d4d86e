"""How classes are learned: class weights, the plain models that a network has to beat, and the teacher."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tf_keras
from scipy import sparse
from threadpoolctl import threadpool_limits

from components.settings import Distillation
from components.tables import FloatArray, Table
from components.task.boosted import Parts, grow
from components.task.encoding import Encoding
from components.task.label_scale import Kind
from components.task.logits import CrossEntropy, Logits, offset_of
from components.task.regression_learning import RIDGE, one_hot
from components.task.settings import Decision, Loss
from components.task.threshold import choose
from transforms.features import BLOCK, NUMBERS

Model = Callable[[dict[str, tf.Tensor]], tf.Tensor]
_STEPS = 1_000


class ClassificationLearning:
    """See `components.task.learning.Learning`.

    Args:
        classes: texts of the values.
        decision: of a binary label.
    """

    width: int

    def __init__(self, classes: Sequence[str], decision: Decision) -> None:
        self.classes, self.decision = tuple(classes), decision
        self.width = len(classes)

    def decide(self, predicted: npt.NDArray[Any], label: npt.NDArray[Any]) -> dict[str, Any]:
        """The likeliest class."""
        return {"chosen_by": "likeliest class"}

    def narrowed(self, shares: Any) -> Any:
        """Predictions of shares `[rows, classes]`, tensors and arrays alike."""
        return shares

    def targets(self, label: FloatArray) -> FloatArray:
        """Shares, as the teacher gives them."""
        return np.eye(len(self.classes), dtype=np.float32)[label.astype(int)]

    def _shares(self, label: FloatArray) -> npt.NDArray[np.float64]:
        return np.bincount(label.astype(int), minlength=len(self.classes)) / len(label)

    def encoding(self, label: FloatArray, kind: Kind) -> Encoding:
        """Logits that start at the shares of the training rows."""
        return Logits(offset_of(self._shares(label)), self.decide)

    def loss(self, choice: Loss, encoding: Any) -> tf_keras.losses.Loss:
        """Cross-entropy."""
        return CrossEntropy(choice, encoding.offset, self._weights(choice, encoding))

    def _weights(self, choice: Loss, encoding: Logits) -> FloatArray | None:
        if choice.class_weights is None:
            return None
        if choice.class_weights == "balanced":
            logs = np.array([0.0, *encoding.offset] if encoding.one else encoding.offset)
            shares = np.exp(logs) / np.exp(logs).sum()
            return np.asarray(1 / (len(shares) * shares), np.float32)
        unknown = sorted(set(choice.class_weights) - set(self.classes))
        if unknown:
            raise ValueError(
                f"training.loss.class_weights names {', '.join(unknown)}; classes: {', '.join(self.classes)}"
            )
        return np.array([choice.class_weights.get(one, 1.0) for one in self.classes], np.float32)

    def baselines(self, table: Table, id_sizes: dict[str, int]) -> dict[str, Model]:
        """The shares of the training rows, and logistic regression on the same engineered features."""
        shares = tf.constant(self._shares(table.label), tf.float32)

        def constant(inputs: dict[str, tf.Tensor]) -> tf.Tensor:
            return self.narrowed(tf.tile(shares[tf.newaxis], [tf.shape(inputs[BLOCK])[0], 1]))

        return {"shares": constant, "logistic": self._logistic(table, id_sizes)}

    def _logistic(self, table: Table, id_sizes: dict[str, int]) -> Model:
        """On the dense inputs and one-hot ids; in one thread, since more would add in another order."""
        dense = [name for name in table.inputs if name not in id_sizes and name != NUMBERS]
        columns = [sparse.csr_matrix(table.inputs[name], dtype=np.float64) for name in dense]
        columns += [one_hot(table.inputs[name][:, 0], size) for name, size in id_sizes.items()]
        x, places = sparse.hstack(columns, format="csr"), table.label.astype(int)
        from sklearn.linear_model import LogisticRegression  # which a pipeline for numbers does without

        with threadpool_limits(1):
            fitted = LogisticRegression(C=1 / RIDGE, max_iter=_STEPS).fit(x, places)
        weights, bias = fitted.coef_, fitted.intercept_
        if len(weights) == 1:  # two classes: the second against the first
            weights, bias = np.concatenate([0 * weights, weights]), np.concatenate([0 * bias, bias])
        edges = np.cumsum([column.shape[1] for column in columns])[:-1]
        parts = [np.asarray(part.T, np.float32) for part in np.split(weights, edges, axis=1)]
        by_input = dict(zip([*dense, *id_sizes], parts, strict=True))

        def predict(inputs: dict[str, tf.Tensor]) -> tf.Tensor:
            terms = [tf.matmul(inputs[name], by_input[name]) for name in dense]
            terms += [tf.gather(by_input[name], tf.cast(inputs[name][:, 0], tf.int32)) for name in id_sizes]
            return self.narrowed(tf.nn.softmax(tf.add_n(terms) + tf.constant(bias, tf.float32)))

        return predict

    def trees(self, table: Table, categories: Sequence[str], choices: Distillation, seed: int) -> Parts:
        """Of the classes' shares, which are soft targets; so many in all, whatever the number of classes."""
        count = len(self.classes)
        rounds = max(1, choices.trees // count)
        return ((1.0, grow(table, categories, choices, seed, rounds, objective="multiclass", num_class=count)),)


class ClassesLearning(ClassificationLearning):
    """One of several."""


class BinaryLearning(ClassificationLearning):
    """Yes or no: one logit, one probability, one threshold."""

    def __init__(self, classes: Sequence[str], decision: Decision) -> None:
        super().__init__(classes, decision)
        self.width = 1

    def decide(self, predicted: npt.NDArray[Any], label: npt.NDArray[Any]) -> dict[str, Any]:
        """The threshold."""
        return choose(predicted, label, self.decision)

    def narrowed(self, shares: Any) -> Any:
        """The probability of yes."""
        return shares[:, 1]

    def targets(self, label: FloatArray) -> FloatArray:
        """The label itself, a probability like the teacher's."""
        return label

    def trees(self, table: Table, categories: Sequence[str], choices: Distillation, seed: int) -> Parts:
        """Of the probability of yes."""
        return ((1.0, grow(table, categories, choices, seed, choices.trees, objective="binary")),)
