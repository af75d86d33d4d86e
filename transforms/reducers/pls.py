"""Partial least squares: the directions that vary most together with the label."""

import numpy as np

from transforms.reducers.evidence import Evidence, Found, Matrix, count, explained, variances_along
from transforms.settings import Reducer


def learn(evidence: Evidence, reducer: Reducer) -> Found:
    """PLS regression of one label from second moments alone.

    The kernel form of NIPALS (F. Lindgren, P. Geladi, S. Wold, "The kernel algorithm for PLS", 1993): deflating the
    covariances gives what deflating the rows does. Scores are (x - mean) @ directions and uncorrelated.
    """
    moments = evidence.moments
    directions = _rotations(moments.covariance, moments.label_covariance)
    if not directions.shape[1]:
        # Nothing varies with the label: keep one direction, so that the block has a column.
        directions = np.eye(len(moments.mean))[:, :1]
    _, label = explained(moments, directions)
    reachable = max(float(label[-1]), 1e-30)
    return Found(
        centre=moments.mean,
        directions=directions,
        variances=variances_along(moments.covariance, directions),
        kept=count(reducer.components, label / reachable, directions.shape[1]),
        figure="share of the label's variance",
        by_component=label,
    )


def _rotations(covariance: Matrix, with_label: Matrix) -> Matrix:
    """float64 `[n, r]`: R = W (P'W)^-1 for as many components as still vary with the label."""
    left, pull = covariance.copy(), with_label.copy()
    enough = 1e-7 * float(np.linalg.norm(with_label))
    weights, loadings = [], []
    for _ in range(len(pull)):
        size = float(np.linalg.norm(pull))
        if size <= enough or size == 0:
            break
        w = pull / size
        variance = float(w @ left @ w)
        if variance <= 1e-12 * max(float(np.trace(covariance)), 1e-30):
            break
        p = left @ w / variance
        weights.append(w)
        loadings.append(p)
        pull = pull - p * float(w @ pull)
        left = left - np.outer(p, p) * variance
    if not weights:
        return np.empty((len(pull), 0))
    w_all, p_all = np.stack(weights, axis=1), np.stack(loadings, axis=1)
    return w_all @ np.linalg.inv(p_all.T @ w_all)
