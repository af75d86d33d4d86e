"""The plain models that a network has to beat: the mean, and a linear model on the same engineered features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, cg
from threadpoolctl import threadpool_limits

from components.trainer.tables import Table

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
    dense = [name for name in table.inputs if name not in id_sizes]
    columns = [sparse.csr_matrix(table.inputs[name], dtype=np.float64) for name in dense]
    columns += [_one_hot(table.inputs[name][:, 0], size) for name, size in id_sizes.items()]
    with threadpool_limits(1):
        intercept, found = _ridge(sparse.hstack(columns, format="csr"), table.label.astype(np.float64))
    edges = np.cumsum([column.shape[1] for column in columns])[:-1]
    weights = [part.astype(np.float32) for part in np.split(found, edges)]
    return Linear(
        intercept,
        dict(zip(dense, weights, strict=False)),
        dict(zip(id_sizes, weights[len(dense) :], strict=True)),
    )


def _one_hot(ids: npt.NDArray[Any], size: int) -> Any:
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
