"""Random projection: directions drawn from a Gaussian, which nearly keep distances and learn nothing."""

import numpy as np

from transforms.reducers.evidence import Evidence, Found, variances_along
from transforms.settings import Reducer


def learn(evidence: Evidence, reducer: Reducer) -> Found:
    """scikit-learn's Gaussian projection (W. Johnson, J. Lindenstrauss, 1984); drawn from the seed alone."""
    # Few runs learn so, and all would wait for the import.
    from sklearn.random_projection import GaussianRandomProjection

    moments, kept = evidence.moments, int(reducer.components)
    model = GaussianRandomProjection(kept, random_state=reducer.seed).fit(np.zeros((1, len(moments.mean))))
    directions = model.components_.T
    variances = variances_along(moments.covariance, directions)
    total = max(float(np.trace(moments.covariance)), 1e-30)
    return Found(
        centre=None,
        directions=directions,
        variances=variances,
        kept=kept,
        figure="mean squared distance kept",
        by_component=np.cumsum(variances) / total,
    )
