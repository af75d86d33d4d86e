"""Non-negative factors: rows as sums of parts, learned from a sample.

Weighing the parts of a new row is a least-squares problem under the condition that no weight is negative. The file
solves it by the least-squares answer with its negative weights cut to zero, then a few steps of projected gradient.
"""

import warnings
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from transforms.reducers.evidence import Evidence, Found, Matrix
from transforms.settings import Reducer

MAX_ITERATIONS = 1000


class Solver(NamedTuple):
    """What the steps need, for n features and k parts.

    Attributes:
        start: `[n, k]`, the pseudo-inverse of the parts.
        pull: `[n, k]`, the parts over the step's bound.
        keep: `[k, k]`, identity minus the parts' products over that bound.
    """

    start: Matrix
    pull: Matrix
    keep: Matrix


def learn(evidence: Evidence, reducer: Reducer) -> Found:
    """scikit-learn's NMF (D. Lee, H. Seung, 1999) on the sample.

    The figure is that of the weights the file will find, not of the exact solution. Values below zero count as zero.
    """
    # Few runs learn so, and all would wait for the import.
    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning

    block, kept = np.maximum(evidence.block, 0), int(reducer.components)
    if not block.any():
        # Nothing to compose: one part that weighs nothing.
        parts = np.eye(kept, block.shape[1])
        return Found(None, parts.T, np.zeros(kept), 1, _FIGURE, np.zeros(kept), parts)
    model = NMF(kept, init="nndsvda", random_state=reducer.seed, max_iter=MAX_ITERATIONS)
    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always", ConvergenceWarning)
        model.fit(block)
    settled = not any(issubclass(one.category, ConvergenceWarning) for one in raised)
    parts = _by_weight(model.components_, block, reducer.iterations)
    weights = weigh(block, parts, reducer.iterations)
    lost = np.square(block - weights @ parts).sum()
    share = 1 - lost / max(float(np.square(block - block.mean(axis=0)).sum()), 1e-30)
    return Found(
        centre=None,
        directions=solver(parts).start,
        variances=weights.var(axis=0),
        kept=kept,
        figure=_FIGURE,
        by_component=np.full(kept, share),
        basis=parts,
        notes=() if settled else (f"NMF did not settle within {MAX_ITERATIONS} iterations",),
    )


_FIGURE = "share of variance rebuilt"


def _by_weight(parts: Matrix, block: Matrix, iterations: int) -> Matrix:
    """The parts that make up most of the rows first."""
    share = weigh(block, parts, iterations).sum(axis=0) * np.linalg.norm(parts, axis=1)
    return parts[np.argsort(-share, kind="stable")]


def solver(parts: Matrix) -> Solver:
    """From parts `[k, n]`; the bound is the largest eigenvalue of their products."""
    products = parts @ parts.T
    bound = max(float(np.linalg.eigvalsh(products)[-1]), 1e-30)
    return Solver(np.linalg.pinv(parts), parts.T / bound, np.eye(len(parts)) - products / bound)


def weigh(block: Matrix, parts: Matrix, iterations: int) -> Matrix:
    """Weights float64 `[rows, k]` of the parts `[k, n]` in rows `[rows, n]`, as the file computes them."""
    found = solver(parts)
    block = np.maximum(block, 0)
    weights, pull = np.maximum(block @ found.start, 0), block @ found.pull
    for _ in range(iterations):
        weights = np.maximum(weights @ found.keep + pull, 0)
    return weights


def apply(x: tf.Tensor, start: tf.Tensor, pull: tf.Tensor, keep: tf.Tensor, iterations: int) -> tf.Tensor:
    """The same in builtin operators: float32 `[batch, n]` to `[batch, k]`; NaN becomes NaN."""
    x = tf.nn.relu(x)
    weights, pulled = tf.nn.relu(tf.linalg.matmul(x, start)), tf.linalg.matmul(x, pull)
    for _ in range(iterations):
        weights = tf.nn.relu(tf.linalg.matmul(weights, keep) + pulled)
    return weights
