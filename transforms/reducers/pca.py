"""Principal components: the directions of largest variance."""

import numpy as np

from transforms.reducers.evidence import Evidence, Found, count, oriented
from transforms.settings import Reducer


def learn(evidence: Evidence, reducer: Reducer) -> Found:
    """Eigenvectors of the covariance by falling eigenvalue (I. T. Jolliffe, "Principal Component Analysis", 2002).

    Directions of no variance are never kept.
    """
    values, vectors = np.linalg.eigh(evidence.moments.covariance)
    order = np.argsort(values)[::-1]
    variances = np.clip(values[order], 0, None)
    total = float(variances.sum())
    shares = np.cumsum(variances) / max(total, 1e-30)
    alive = int((variances > 1e-9 * max(total, 1e-30)).sum())
    return Found(
        centre=evidence.moments.mean,
        directions=oriented(vectors[:, order]),
        variances=variances,
        kept=count(reducer.components, shares, alive),
        figure="share of variance",
        by_component=shares,
    )
