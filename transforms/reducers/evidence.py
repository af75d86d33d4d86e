"""What a reducer learns from, and what it has found."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """First and second moments of the scaled block, n features wide, over all training rows.

    Attributes:
        rows: how many.
        mean, covariance: float64 `[n]`, `[n, n]`; population covariance.
        label_mean, label_variance: of the label.
        label_covariance: float64 `[n]`, of each feature with the label.
        class_shares: float64 `[c]`, share of rows in each class of the label; empty where none were asked for.
        class_covariance: float64 `[n, c]`, of each feature with the 0/1 column of each class, which is the share
            times how far the class mean lies from the mean.
    """

    rows: int
    mean: Matrix
    covariance: Matrix
    label_mean: float
    label_variance: float
    label_covariance: Matrix
    class_shares: Matrix
    class_covariance: Matrix


@dataclass(frozen=True)
class Evidence:
    """Moments of all training rows and, for reducers that need rows, a sample.

    Attributes:
        moments: see there.
        block: float64 `[r, n]`, rows of the sample; empty for others.
        label: float64 `[r]`, of those rows.
    """

    moments: Moments
    block: Matrix
    label: Matrix


@dataclass(frozen=True)
class Found:
    """What a reducer learned from n features.

    Attributes:
        centre: float64 `[n]`, taken off before projecting; None where the reducer does not centre.
        directions: float64 `[n, r]`, one a column, the most important first; r is at least `kept`.
        variances: float64 `[r]`, of the training rows along each direction.
        kept: number of components in use.
        figure: what the kind is judged by, in words.
        by_component: float64 `[r]`, that figure with so many components.
        basis: float64 `[r, n]` for NMF: the parts that rows are composed of; None for projections.
        notes: what a reader should know, such as that an iteration did not settle.
    """

    centre: Matrix | None
    directions: Matrix
    variances: Matrix
    kept: int
    figure: str
    by_component: Matrix
    basis: Matrix | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def value(self) -> float:
        """The figure of merit with the components in use."""
        return float(self.by_component[self.kept - 1])

    def matrix(self, width: int, whiten: bool) -> Matrix:
        """float64 `[n, width]`: the directions in use, scaled to unit variance where asked for, and zeros behind."""
        kept = min(self.kept, width)
        matrix = np.zeros((len(self.directions), width))
        matrix[:, :kept] = self.directions[:, :kept] / (self.deviations[:kept] if whiten else 1.0)
        return matrix

    @property
    def deviations(self) -> Matrix:
        """float64 `[r]`: standard deviation along each direction; 1 where there is none.

        A block without any variance keeps one direction: dividing by nothing would blow up the first row that differs.
        """
        floor = 1e-9 * max(float(self.variances.sum()), 1e-30)
        return np.sqrt(np.where(self.variances > floor, self.variances, 1.0))


def oriented(directions: Matrix) -> Matrix:
    """The same directions, each with the sign that makes its largest entry positive, so that two runs agree."""
    if not directions.size:
        return directions
    largest = directions[np.abs(directions).argmax(axis=0), np.arange(directions.shape[1])]
    return directions * np.where(largest < 0, -1.0, 1.0)


def count(components: int | float, cumulative: Matrix, alive: int) -> int:
    """How many components to keep, at least one and at most `alive`.

    Args:
        components: how many, or the least share to reach.
        cumulative: float64 `[r]`, rising; the share reached with so many components.
        alive: number of components that carry anything.
    """
    if isinstance(components, int):
        wanted = components
    else:
        reached = cumulative >= components - 1e-12
        wanted = int(np.argmax(reached)) + 1 if reached.any() else len(cumulative)
    return max(1, min(wanted, alive))


def variances_along(covariance: Matrix, directions: Matrix) -> Matrix:
    """float64 `[r]`: variance of the rows along each direction `[n, r]`."""
    return np.clip(np.einsum("nr,nm,mr->r", directions, covariance, directions), 0, None)


def explained(moments: Moments, directions: Matrix) -> tuple[Matrix, Matrix]:
    """What a linear model on the first 1, 2, ... r components recovers.

    Returns:
        float64 `[r]` each, rising: the share of the block's variance, and the share of the label's variance (R²).
    """
    total = float(np.trace(moments.covariance)) or 1.0
    scores = moments.covariance @ directions
    own: list[Matrix] = []
    label, block = [], []
    for r in range(directions.shape[1]):
        # Scores made uncorrelated one by one (Gram-Schmidt in the inner product of the covariance).
        w = directions[:, r] - sum((d * (d @ scores[:, r]) for d in own), np.zeros(len(directions)))
        variance = float(w @ moments.covariance @ w)
        alive = variance > 1e-12 * max(float(directions[:, r] @ scores[:, r]), 1e-30)
        w = w / np.sqrt(variance) if alive else np.zeros(len(directions))
        own.append(w)
        block.append(float(np.square(moments.covariance @ w).sum()) / total)
        label.append(float(np.square(moments.label_covariance @ w)) / (moments.label_variance or 1.0))
    return np.cumsum(block), np.cumsum(label)
