"""What is measured as dimensions are added: in which order, error and distances, and what each input costs."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from components.task.studied import models_of
from components.task.task import Task
from components.trainer.network import Widths
from transforms.features import BLOCK, Plan, id_key
from transforms.settings import ROUNDING

Matrix = npt.NDArray[np.float64]
_NOTHING = 1e-6
"""A feature with less of its variance left than this is a sum of those before it."""


def correlations(columns: npt.NDArray[Any], label: npt.NDArray[Any]) -> tuple[Matrix, Matrix]:
    """Of `[rows, n]` with each other `[n, n]`, and with the label `[rows]`; 0 where one varies by rounding at most."""
    both = np.column_stack([columns, label]).astype(np.float64)
    largest = np.abs(both).max(axis=0)
    both -= both.mean(axis=0)
    both /= np.where(np.abs(both).max(axis=0) > ROUNDING * largest, np.linalg.norm(both, axis=0), np.inf)
    found = both.T @ both
    return found[:-1, :-1], found[:-1, -1]


def forward(correlation: Matrix, with_label: Matrix) -> tuple[list[int], list[float]]:
    """Forward selection: next is always the feature that raises a linear model's R² most.

    A sweep over correlations (A. Miller, "Subset Selection in Regression", 2002, ch. 3): what a chosen feature explains
    is taken out of the others and of the label. Ties, and features that add nothing, go by their place.

    Args:
        correlation: `[n, n]` of the features with each other.
        with_label: `[n]` of the features with the label.

    Returns:
        Places of the features in order; R² of a linear model on the first 1, 2, ... n of them.
    """
    left: Any = np.array(correlation, np.float64)
    pull: Any = np.array(with_label, np.float64)
    order: list[int] = []
    shares: list[float] = []
    for _ in range(len(pull)):
        own = np.diag(left)
        gains = np.where(own > _NOTHING, np.square(pull) / np.maximum(own, _NOTHING), 0.0)
        gains[order] = -1.0
        best = int(np.argmax(gains))
        order.append(best)
        shares.append((shares[-1] if shares else 0.0) + float(gains[best]))
        if own[best] > _NOTHING:
            column = left[:, best] / own[best]
            left, pull = left - np.outer(column, left[best]), pull - column * pull[best]
    return order, shares


def correlated_pairs(correlation: Matrix, least: float) -> list[tuple[int, int, float]]:
    """Pairs whose correlation is at least so large in size, the largest first: two places and the correlation."""
    first, second = np.triu_indices(len(correlation), k=1)
    found = [(int(a), int(b), float(correlation[a, b])) for a, b in zip(first, second, strict=True)]
    return sorted((one for one in found if abs(one[2]) >= least), key=lambda one: -abs(one[2]))


@dataclass(frozen=True)
class Cost:
    """Of one input.

    Attributes:
        name: of a feature, component, bucket, cross or category.
        kind: `feature`, `component`, `bucket`, `cross` or `category`.
        width: columns that it adds to the network's input.
        parameters: that the network has because of it: first layer, skip and embedding.
        constants: that the Transform step has learned for it and the file holds.
    """

    name: str
    kind: str
    width: int
    parameters: int
    constants: int


def costs(plan: Plan, widths: Widths, kept: Sequence[int], units: Sequence[int]) -> list[Cost]:
    """One entry an input.

    With a reducer the network sees components: a feature then costs its scaling and its row of the projection, and a
    component the parameters. Without one, a feature in use costs both itself. A number that bends costs its functions
    and boundaries besides.
    """
    reduced = plan.features.reducer.kind != "none"
    per_column = units[0] + 1
    row = _projection_row(plan, len(kept))
    bent = {column: (one.edges.shape[1], one.width) for one in widths.bent.values() for column in one.columns}
    found = []
    for place, name in enumerate(plan.block_names()):
        edges, functions = bent.get(place, (0, 0))
        own = int(not reduced and place in kept)
        parameters = own * per_column + functions * (edges + units[0])
        found.append(Cost(name, "feature", own + functions, parameters, 2 + row + edges))
    if reduced:
        found += [Cost(f"component {one + 1}", "component", 1, per_column, 0) for one in range(len(kept))]
    for name, bucket in plan.features.buckets.items():
        steps = bucket.size - 1
        seen = steps if bucket.wide else 0
        found.append(Cost(name, "bucket", seen, seen * per_column, steps))
    for name in [*plan.model_crosses(), *plan.dataset.categorical]:
        size, width = widths.ids[id_key(name)]
        kind = "category" if name in plan.dataset.categorical else "cross"
        found.append(Cost(name, kind, width, size * width + width * units[0], 0))
    return found


def _projection_row(plan: Plan, kept: int) -> int:
    """Numbers of the reducer's matrices that belong to one feature."""
    kind = plan.features.reducer.kind
    return 0 if kind == "none" else 2 * kept if kind == "nmf" else kept


def rest(units: Sequence[int]) -> int:
    """Parameters of the network that belong to no input: biases of the first layer, and all layers behind it."""
    behind = [*units, 1]
    return units[0] + sum((before + 1) * after for before, after in itertools.pairwise(behind))


def saved(found: Sequence[Cost], widths: Widths, features: int, units: Sequence[int]) -> int:
    """Parameters of the network that the reducer saves against feeding it every feature."""
    return (features - widths.dense[BLOCK]) * (units[0] + 1) if any(one.kind == "component" for one in found) else 0


Numbers = npt.NDArray[Any]
Errors = dict[str, float]

QUERIES, AMONG = 500, 2000
"""Rows whose distances are taken, and rows that they are taken to."""

_SAME = 1e-6
"""Rows nearer than this share of the farthest are at the same place: rows repeat, and so do their numbers."""


def errors(task: Task, train: tuple[Numbers, Numbers], others: tuple[Numbers, Numbers], seed: int) -> dict[str, Errors]:
    """Brief metrics of plain models, learned from `train`, taken on `others`: rows `[rows, k]`, label `[rows]`."""
    models = models_of(task).items()
    return {name: task.measure(fit(*train, seed)(others[0]), others[1], task.brief) for name, fit in models}


def contrast(rows: Numbers, seed: int) -> float:
    """How many times as far as the nearest other place the farthest one lies: the median over rows.

    As dimensions are added it falls towards 1, and "near" stops to mean anything (K. Beyer and others, "When Is Nearest
    Neighbor Meaningful?", 1999). Rows at the same place are not neighbours. 1 where all rows are at one place.

    Args:
        rows: `[rows, k]`.
        seed: of the rows that are drawn, at most `AMONG` and `QUERIES`.
    """
    among = drawn(rows, AMONG, seed).astype(np.float64)
    distances = np.stack([np.linalg.norm(among - one, axis=1) for one in among[:QUERIES]])
    farthest = distances.max(axis=1)
    elsewhere = np.where(distances > _SAME * farthest[:, None], distances, np.inf)
    nearest = elsewhere.min(axis=1)
    apart = np.isfinite(nearest)
    return float(np.median(farthest[apart] / nearest[apart])) if apart.any() else 1.0


def contrast_of_independent(width: int, seed: int) -> float:
    """The same of rows whose numbers are independent and normal: the worst that so many dimensions can do."""
    return contrast(np.random.default_rng(seed).normal(size=(AMONG, width)), seed)


def drawn(rows: Numbers, most: int, seed: int) -> Numbers:
    """At most so many of the rows, without repeats, in a seeded order."""
    return rows[np.random.default_rng(seed).permutation(len(rows))[:most]]
