"""Dimension reduction of the block: one file a technique, each a pure function from evidence to directions."""

from collections.abc import Callable

from threadpoolctl import threadpool_limits

from transforms.reducers import gaussian, ica, lda, nmf, pca, pls, svd
from transforms.reducers.evidence import Evidence, Found
from transforms.settings import Reducer

LEARNERS: dict[str, Callable[[Evidence, Reducer], Found]] = {
    "pca": pca.learn,
    "svd": svd.learn,
    "pls": pls.learn,
    "lda": lda.learn,
    "ica": ica.learn,
    "nmf": nmf.learn,
    "random": gaussian.learn,
}
"""By the kind of a `Reducer`; `none` learns nothing."""


def learn(evidence: Evidence, reducer: Reducer) -> Found:
    """What the reducer's kind finds in the evidence.

    In one thread: more would add in an order that depends on how many cores there are.
    """
    with threadpool_limits(1):
        return LEARNERS[reducer.kind](evidence, reducer)
