"""What `auto` stands for: rules from rows, columns and byte budget. Each is measured in decision 0081.

The network is the largest of `LADDER` whose estimated file fits the budget, and as many of its kind as then fit (see
`components.trainer.members`); how long they train is left to the validation rows (see `components.trainer.cycles`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from components.compression_settings import Conversion
from components.settings import Piecewise, SettledTraining, Training
from components.trainer import sizes
from transforms import piecewise

FloatArray = npt.NDArray[np.float32]


class Rung(NamedTuple):
    """One size of network.

    Attributes:
        units: of the hidden layers.
        width: functions of each number.
        bins: of each number.
        min_rows: fewest training rows that it is for.
    """

    units: tuple[int, int]
    width: int
    bins: int
    min_rows: int = 0


LADDER = (
    Rung((96, 32), 6, 48, min_rows=50_000),
    Rung((96, 24), 6, 32, min_rows=50_000),
    Rung((64, 16), 6, 32, min_rows=2_000),
    Rung((64, 16), 4, 32, min_rows=2_000),
    Rung((48, 16), 4, 24, min_rows=2_000),
    Rung((48, 16), 3, 16),
    Rung((32, 16), 3, 16),
    Rung((32, 16), 3, 12),
    Rung((32, 16), 2, 12),
    Rung((24, 8), 2, 8),
)
"""Largest first."""

MEMBERS = 3
"""Most networks whose mean a file gives."""

BENDING = 2_000
"""Training rows from which on numbers bend unless the configuration says how."""

FEW = 1_000
"""Training rows below which weights decay faster."""

LARGE = 20_000
"""Training rows from which on a table has larger batches, shorter cycles, and bins for single days."""


@dataclass(frozen=True)
class Facts:
    """What the rules look at.

    Attributes:
        rows: of the training split.
        quantiles: of each number that may bend, by name, as `transforms.learned` has them.
        weights: gives how much each of them tells of the label, see `telling`; called only where not all fit.
        places: of those among all numbers.
        ends: of the network.
        budget: bytes of the file.
        conversion: see `sizes.held`.
    """

    rows: int
    quantiles: Mapping[str, FloatArray]
    weights: Callable[[], Mapping[str, float]]
    places: Mapping[str, int]
    ends: sizes.Ends
    budget: int
    conversion: Conversion | None = None


Bent = Mapping[str, tuple[tuple[str, ...], int]]
"""Names of the numbers that bend, by group, each with the bins of the group."""


@dataclass(frozen=True)
class Choices:
    """What was chosen.

    Attributes:
        training: without `auto`.
        bent: what bends where.
        width: functions of each number.
        bytes_of: estimated, of the parts of the file.
    """

    training: SettledTraining
    bent: Bent
    width: int
    bytes_of: Mapping[str, int]

    @property
    def estimated_bytes(self) -> int:
        """Of the file."""
        return sum(self.bytes_of.values())


def settle(training: Training, facts: Facts) -> Choices:
    """The choices with every `auto` replaced."""
    fewest, *more = _members(training)
    found = [(rung, _on(rung, training, facts, fewest)) for rung in LADDER if facts.rows >= rung.min_rows]
    fitting = (one for one in found if one[1].estimated_bytes <= facts.budget)
    rung, chosen = next(fitting, (None, found[-1][1]))
    if rung is None:
        return _fewer_bends(chosen, facts)
    several = [_on(rung, training, facts, members) for members in more]
    return [chosen, *(one for one in several if one.estimated_bytes <= facts.budget)][-1]


def _members(training: Training) -> Sequence[int]:
    """How many there may be, ascending."""
    if training.members != "auto":
        return (training.members,)
    return range(1, MEMBERS + 1) if training.units == "auto" else (1,)


def smallest_bytes(ends: sizes.Ends) -> int:
    """Estimated size of the file of the smallest network, without any bend."""
    return sum(sizes.parts(ends, {}, LADDER[-1].units, Training(), None).values())


def _on(rung: Rung, training: Training, facts: Facts, members: int) -> Choices:
    units = rung.units if training.units == "auto" else training.units
    layers = tuple(members * one for one in units)
    bends, bent, width = training.piecewise, {}, 0
    if bends is not None and facts.rows < BENDING and (bends.bins, bends.width) == ("auto", "auto"):
        bends = None
    if bends is not None:
        bins = rung.bins if bends.bins == "auto" else bends.bins
        width = rung.width if bends.width == "auto" else bends.width
        fine = fine_bins(facts.rows, bins) if bends.fine_bins == "auto" else bends.fine_bins
        apart = [name for name in facts.quantiles if name in bends.fine and fine != bins]
        groups = {"numbers": ([name for name in facts.quantiles if name not in apart], bins), "fine": (apart, fine)}
        bent = {group: (tuple(names), own) for group, (names, own) in groups.items() if names}
        bends = Piecewise(bins=bins, width=width, fine=bends.fine, fine_bins=fine)
    settled = {**dict(training), **_rates(training, facts.rows), "units": units, "members": members, "piecewise": bends}
    return Choices(SettledTraining.model_validate(settled), bent, width, _bytes(layers, bent, width, training, facts))


def fine_bins(rows: int, bins: int) -> int:
    """Bins of numbers such as the date, whose single days matter once there are rows enough for each."""
    return max(bins, min(piecewise.PARTS, rows // 200)) if rows >= LARGE else bins


def _fewer_bends(smallest: Choices, facts: Facts) -> Choices:
    """Where even the smallest network is too large: bends for the numbers that tell most, as many as fit."""
    bending = [name for members, _ in smallest.bent.values() for name in members]
    names = sorted(bending, key=facts.weights().__getitem__) if bending else []
    found = smallest
    for dropped in range(1, len(names) + 1):
        kept = set(names[dropped:])
        left = {
            group: (tuple(name for name in members if name in kept), bins)
            for group, (members, bins) in smallest.bent.items()
        }
        bent = {group: one for group, one in left.items() if one[0]}
        parts = _bytes(smallest.training.known_units, bent, smallest.width, smallest.training, facts)
        found = Choices(smallest.training, bent, smallest.width, parts)
        if found.estimated_bytes <= facts.budget:
            break
    return found


def _bytes(units: Sequence[int], bent: Bent, width: int, training: Training, facts: Facts) -> dict[str, int]:
    groups = {
        group: sizes.Group(
            len(names),
            max(len(piecewise.boundaries(facts.quantiles[name], bins)) for name in names),
            width,
            1 + sum(facts.places[b] - facts.places[a] != 1 for a, b in itertools.pairwise(names)),
        )
        for group, (names, bins) in bent.items()
    }
    return sizes.parts(facts.ends, groups, units, training, facts.conversion)


def _rates(training: Training, rows: int) -> dict[str, Any]:
    """Batch, rate, decay and epochs by the number of rows."""
    large = rows >= LARGE
    usual = {
        "batch_size": 512 if large else 256,
        "learning_rate": 0.016 if large else 0.008,
        "weight_decay": 1.0 if rows < FEW else min(0.3, 3e7 / rows**2),
        "epochs": (4, 8, 16, 32) if large else (8, 16, 32, 64, 128),
    }
    return {key: value for key, value in usual.items() if getattr(training, key) == "auto"}


def telling(numbers: FloatArray, label: FloatArray, quantiles: Sequence[FloatArray]) -> list[float]:
    """By column of `[rows, n]`: share of the label's variance between 16 bins of it (squared correlation ratio)."""
    off = np.asarray(label, np.float64) - np.mean(label, dtype=np.float64)
    total = float(np.mean(off**2)) or 1.0
    found = []
    for column, own in zip(numbers.T, quantiles, strict=True):
        bins = np.searchsorted(piecewise.boundaries(own, 16)[1:-1], column, side="right")
        count = np.bincount(bins)
        means = np.bincount(bins, off) / np.maximum(count, 1)
        found.append(float((means**2 * count).sum() / len(off) / total))
    return found
