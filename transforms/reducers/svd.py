"""Truncated singular value decomposition: the directions of largest second moment about zero, not about the mean."""

import numpy as np

from transforms.reducers.evidence import Evidence, Found, count, oriented, variances_along
from transforms.settings import Reducer


def learn(evidence: Evidence, reducer: Reducer) -> Found:
    """Right singular vectors of the uncentred block: eigenvectors of covariance plus mean times mean."""
    moments = evidence.moments
    values, vectors = np.linalg.eigh(moments.covariance + np.outer(moments.mean, moments.mean))
    order = np.argsort(values)[::-1]
    squares, directions = np.clip(values[order], 0, None), oriented(vectors[:, order])
    total = max(float(squares.sum()), 1e-30)
    shares = np.cumsum(squares) / total
    return Found(
        centre=None,
        directions=directions,
        variances=variances_along(moments.covariance, directions),
        kept=count(reducer.components, shares, int((squares > 1e-9 * total).sum())),
        figure="share of the second moment",
        by_component=shares,
    )
