"""What the distributed sums would hand to a reducer, from rows in memory; and what it makes of other rows."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from transforms import reducers
from transforms.moments import MomentsFn, SampleFn
from transforms.projection import project
from transforms.reducers import nmf
from transforms.reducers.evidence import Evidence
from transforms.settings import Reducer


def evidence(rows: Any, label: Any = None, reducer: Reducer | None = None) -> Evidence:
    """Moments and sample of rows in three uneven parts."""
    reducer = reducer or Reducer()
    label = np.zeros(len(rows)) if label is None else np.asarray(label)
    edges = np.quantile(label, np.arange(1, reducer.classes) / reducer.classes, method="inverted_cdf")
    classes = (label[:, None] >= edges).sum(axis=1, keepdims=True)
    slicings = [len(rows) // 5, len(rows) // 2]
    parts = list(zip(*(np.split(np.asarray(one), slicings) for one in (rows, label[:, None], classes)), strict=True))

    def combined(function: Any) -> Any:
        sums = [function.add_input(function.create_accumulator(), part) for part in parts]
        return function.extract_output(function.merge_accumulators(sums))

    width = np.shape(rows)[1]
    drawn = combined(SampleFn(reducer.sample_rows, width + 1, reducer.seed))
    return Evidence(combined(MomentsFn(width, reducer.classes)), drawn[:, :-1], drawn[:, -1])


class Learned:
    """What a reducer found, and its arithmetic on other rows.

    Attributes:
        found: see `Found`.
        evidence: what it was learned from.
    """

    def __init__(self, rows: Any, label: Any = None, **settings: Any) -> None:
        self.reducer = Reducer(**settings)
        self.evidence = evidence(rows, label, self.reducer)
        self.found = reducers.learn(self.evidence, self.reducer)

    def __call__(self, rows: Any) -> Any:
        """float32 `[rows, kept]` by the operators of the file."""
        x = np.asarray(rows, np.float32)
        if self.found.basis is not None:
            steps = [np.asarray(one, np.float32) for one in nmf.solver(self.found.basis)]
            weights = nmf.apply(x, *steps, self.reducer.iterations).numpy()
            return weights / self.found.deviations if self.reducer.whiten else weights
        matrix = self.found.matrix(len(self.found.directions), self.reducer.whiten).astype(np.float32)
        centre = None if self.found.centre is None else self.found.centre.astype(np.float32)
        out = project(x, np.ones(x.shape[1], np.float32), centre, matrix).numpy()
        assert not out[:, self.found.kept :].any()
        return out[:, : self.found.kept]


@pytest.fixture(scope="session")
def learned() -> Callable[..., Learned]:
    """`learned(rows, label, kind=..., components=...)`."""
    return Learned
