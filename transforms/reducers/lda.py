"""Linear discriminants: the directions along which the label's quantile classes lie furthest apart."""

import numpy as np

from transforms.reducers.evidence import Evidence, Found, count, oriented, variances_along
from transforms.settings import Reducer


def learn(evidence: Evidence, reducer: Reducer) -> Found:
    """Fisher's discriminants from class means and one covariance (K. Fukunaga, 1990, ch. 10).

    Solved in the space where the total covariance is the identity, which stays sound where features depend on each
    other. Directions have unit variance within classes.
    """
    moments = evidence.moments
    present = moments.class_shares > 0
    offsets = moments.class_covariance[:, present] / np.sqrt(moments.class_shares[present])
    values, vectors = np.linalg.eigh(moments.covariance)
    alive = values > 1e-9 * max(float(values.sum()), 1e-30)
    whitening = vectors[:, alive] / np.sqrt(values[alive])
    most = min(int(present.sum()) - 1, int(alive.sum()))
    if most < 1:
        n = len(moments.mean)
        return Found(moments.mean, np.eye(n)[:, :1], moments.covariance[:1, 0], 1, _FIGURE, np.zeros(1))
    between = whitening.T @ offsets
    parts, turns = np.linalg.eigh(between @ between.T)
    order = np.argsort(parts)[::-1][:most]
    # Share of a direction's variance that lies between classes; between to within is part to rest.
    part = np.clip(parts[order], 0, 1 - 1e-9)
    directions = oriented(whitening @ turns[:, order] / np.sqrt(1 - part))
    ratios = part / (1 - part)
    shares = np.cumsum(ratios) / max(float(ratios.sum()), 1e-30)
    return Found(
        centre=moments.mean,
        directions=directions,
        variances=variances_along(moments.covariance, directions),
        kept=count(reducer.components, shares, most),
        figure=_FIGURE,
        by_component=shares,
    )


_FIGURE = "share of the separation between classes"
