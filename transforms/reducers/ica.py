"""Independent components: directions as far from Gaussian as there are, learned from a sample."""

import warnings

import numpy as np

from transforms.reducers.evidence import Evidence, Found, count, oriented, variances_along
from transforms.settings import Reducer

MAX_ITERATIONS = 500


def learn(evidence: Evidence, reducer: Reducer) -> Found:
    """scikit-learn's FastICA (A. Hyvärinen, E. Oja, 2000) on the sample; the most variance first."""
    # Few runs learn so, and all would wait for the import.
    from sklearn.decomposition import FastICA
    from sklearn.exceptions import ConvergenceWarning

    block = evidence.block
    centred = block - block.sum(axis=0) / max(len(block), 1)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    values, vectors = np.clip(values[::-1], 0, None), vectors[:, ::-1]
    total = max(float(values.sum()), 1e-30)
    # What is left of equal rows after centring is rounding, not variance.
    rounding = max(1e-21 * float(np.square(block).sum()), 1e-20 * len(block))
    alive = int((values > max(1e-9 * total, rounding)).sum())
    kept = count(reducer.components, np.cumsum(values) / total, min(alive, len(block) - 1))
    if alive == 0:
        return Found(evidence.moments.mean, np.eye(block.shape[1])[:, :1], np.zeros(1), 1, _FIGURE, np.zeros(1))
    model = FastICA(kept, whiten="unit-variance", random_state=reducer.seed, max_iter=MAX_ITERATIONS, tol=1e-4)
    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always", ConvergenceWarning)
        # Directions of no variance would have FastICA divide by zero.
        axes = np.eye(len(values)) if alive == len(values) else vectors[:, :alive]
        model.fit(block @ axes)
    settled = not any(issubclass(one.category, ConvergenceWarning) for one in raised)
    order = np.argsort(np.square(model.mixing_).sum(axis=0))[::-1]
    directions = oriented(axes @ model.components_[order].T)
    scores = centred @ directions
    kurtosis = np.mean(((scores - scores.mean(axis=0)) / scores.std(axis=0)) ** 4, axis=0) - 3
    return Found(
        centre=block.mean(axis=0),
        directions=directions,
        variances=variances_along(evidence.moments.covariance, directions),
        kept=kept,
        figure=_FIGURE,
        by_component=np.cumsum(np.abs(kurtosis)) / np.arange(1, kept + 1),
        notes=() if settled else (f"ICA did not settle within {MAX_ITERATIONS} iterations",),
    )


_FIGURE = "mean size of excess kurtosis"
