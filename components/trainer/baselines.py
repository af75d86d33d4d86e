"""The plain models that a network has to beat: the mean, and a linear model on the same engineered features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from sklearn.linear_model import Ridge
from threadpoolctl import threadpool_limits

from components.trainer.tables import Table

RIDGE = 1.0
"""L2 penalty: enough to keep cells with a handful of rows from running wild."""


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
    """Ridge regression (scikit-learn) on the dense inputs and one-hot ids of the training rows.

    In one thread: more would add in an order that depends on how many cores there are.
    """
    dense = [name for name in table.inputs if name not in id_sizes]
    columns = [table.inputs[name] for name in dense]
    columns += [np.eye(size, dtype=np.float32)[table.inputs[name][:, 0]] for name, size in id_sizes.items()]
    with threadpool_limits(1):
        model = Ridge(alpha=RIDGE).fit(np.concatenate(columns, axis=1), table.label)
    edges = np.cumsum([column.shape[1] for column in columns])[:-1]
    weights = [part.astype(np.float32) for part in np.split(model.coef_, edges)]
    return Linear(
        float(model.intercept_),
        dict(zip(dense, weights, strict=False)),
        dict(zip(id_sizes, weights[len(dense) :], strict=True)),
    )
