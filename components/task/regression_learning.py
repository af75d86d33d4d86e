"""How a number is learned: scale, loss, the plain models that a network has to beat, and the teacher."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tf_keras
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, cg
from threadpoolctl import threadpool_limits

from components.settings import Distillation
from components.tables import FloatArray, Table
from components.task.amounts import shares_of
from components.task.boosted import Parts, grow, side_by_side
from components.task.encoding import Encoding
from components.task.label_scale import Kind, NumberScale
from components.task.settings import Loss
from transforms.features import BLOCK, NUMBERS

Model = Callable[[dict[str, tf.Tensor]], tf.Tensor]

RIDGE = 1.0
"""L2 penalty: enough to keep cells with a handful of rows from running wild."""
_TOLERANCE, _STEPS = 1e-11, 100_000


@dataclass(frozen=True)
class Linear:
    """label = intercept + sum of dense inputs times weights + one learned number for each id.

    Attributes:
        intercept: in label units.
        dense: weights float32 `[width]` by float input.
        ids: weights float32 `[number of ids]` by id input.
    """

    intercept: float
    dense: dict[str, npt.NDArray[np.float32]]
    ids: dict[str, npt.NDArray[np.float32]]

    def __call__(self, inputs: dict[str, tf.Tensor]) -> tf.Tensor:
        """float32 `[batch]` of the network's own inputs."""
        terms = [tf.linalg.matvec(inputs[name], weights) for name, weights in self.dense.items()]
        terms += [tf.gather(weights, tf.cast(inputs[name][:, 0], tf.int32)) for name, weights in self.ids.items()]
        return tf.add_n(terms) + self.intercept


def fit_linear(table: Table, id_sizes: dict[str, int]) -> Linear:
    """Ridge regression on the dense inputs and one-hot ids of the training rows; memory grows with rows, not with ids.

    In one thread: more would add in an order that depends on how many cores there are.

    Args:
        table: training rows; no NaN.
        id_sizes: number of ids by id input.
    """
    dense = [name for name in table.inputs if name not in id_sizes and name != NUMBERS]
    columns = [sparse.csr_matrix(table.inputs[name], dtype=np.float64) for name in dense]
    columns += [one_hot(table.inputs[name][:, 0], size) for name, size in id_sizes.items()]
    with threadpool_limits(1):
        intercept, found = _ridge(sparse.hstack(columns, format="csr"), table.label.astype(np.float64))
    edges = np.cumsum([column.shape[1] for column in columns])[:-1]
    weights = [part.astype(np.float32) for part in np.split(found, edges)]
    return Linear(
        intercept,
        dict(zip(dense, weights, strict=False)),
        dict(zip(id_sizes, weights[len(dense) :], strict=True)),
    )


def one_hot(ids: npt.NDArray[Any], size: int) -> Any:
    """float64 `[rows, size]`, sparse."""
    rows = len(ids)
    return sparse.csr_matrix((np.ones(rows), ids, np.arange(rows + 1)), shape=(rows, size))


def _ridge(x: Any, label: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
    """Intercept, and the weights that minimise |label - intercept - x w|^2 + RIDGE |w|^2.

    By conjugate gradients on the normal equations of the centred columns, which would be dense and are never written
    down. Each column is scaled by its own length first (Jacobi): a frequent id's is a thousand times a rare one's.
    """
    rows, width = x.shape
    back = x.T.tocsr()
    mean = np.asarray(x.mean(axis=0))[0]
    diagonal = np.asarray(x.multiply(x).sum(axis=0))[0] - rows * mean**2 + RIDGE

    def normal(w: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        w = w.ravel()
        return np.asarray(back @ (x @ w) - rows * mean * (mean @ w) + RIDGE * w)

    weights, unfinished = cg(
        LinearOperator((width, width), matvec=normal, dtype=np.float64),
        back @ (label - label.mean()),
        M=sparse.diags(1 / diagonal),
        rtol=_TOLERANCE,
        atol=0.0,
        maxiter=_STEPS,
    )
    if unfinished:
        raise ArithmeticError(f"the linear baseline has not settled in {_STEPS} steps; are the inputs finite?")
    return float(label.mean() - mean @ weights), weights


def fit_teacher(table: Table, categories: Sequence[str], choices: Distillation, seed: int) -> Parts:
    """Gradient-boosted trees on the numbers and categories of the training rows.

    The median of a label (absolute error) keeps clear of odd rows, its mean (squared error) does not, so one of each
    is averaged. Each tree sees a share of the rows and features, which lowers the variance.

    Args:
        table: training rows.
        categories: names of the inputs that are ids of categorical columns.
        choices: of trees.
        seed: of what each tree sees.
    """
    # The mean is learned faster than the median, whose gradients are only signs.
    kinds = (
        (choices.median_share, choices.trees, "l1"),
        (1 - choices.median_share, max(1, choices.trees // 2), "l2"),
    )

    def grown(kind: tuple[float, int, str]) -> tuple[float, Any]:
        share, trees, objective = kind
        return share, grow(table, categories, choices, seed, trees, objective=objective)

    return tuple(side_by_side(grown, [kind for kind in kinds if kind[0]]))


class RegressionLearning:
    """See `components.task.learning.Learning`."""

    width = 1

    def targets(self, label: FloatArray) -> FloatArray:
        """The label itself, a number like the teacher's."""
        return label

    def encoding(self, label: FloatArray, kind: Kind) -> Encoding:
        """Standardized, and its logarithm where `kind` or the label asks for it."""
        return NumberScale.learned(label, kind)

    def loss(self, choice: Loss, encoding: Encoding) -> tf_keras.losses.Loss:
        """As configured, on the scale that is learned."""
        if choice.has_delta:
            scale = encoding.described()
            return tf_keras.losses.Huber(shares_of(choice.delta, scale.spread if scale else 1.0))
        return tf_keras.losses.MeanAbsoluteError() if choice.kind == "mae" else tf_keras.losses.MeanSquaredError()

    def baselines(self, table: Table, id_sizes: dict[str, int]) -> dict[str, Model]:
        """The mean, and a linear model on the same engineered features."""
        mean = float(table.label.mean())
        return {
            "mean": lambda inputs: tf.fill(tf.shape(inputs[BLOCK])[:1], mean),
            "linear": fit_linear(table, id_sizes),
        }

    def trees(self, table: Table, categories: Sequence[str], choices: Distillation, seed: int) -> Parts:
        """Of the median and of the mean."""
        return fit_teacher(table, categories, choices, seed)
