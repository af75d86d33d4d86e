"""How far a column's distribution lies from another's, by its statistics, and which part of it differs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc, rel_entr
from tensorflow_metadata.proto.v0 import statistics_pb2

Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList
FloatArray: TypeAlias = npt.NDArray[np.float64]

QUANTILES = 100
"""Stretches of the quantile histogram that the statistics are made with."""

JENSEN_SHANNON, L_INFINITY = "Jensen-Shannon divergence", "L-infinity distance"
_DECILES, _ATOM = 10, 0.05
"""Cells that numbers are sorted into; a single value with such a share of the rows is a cell of its own."""

_CHANCE = 1e-4
"""A distance that chance exceeds more often than this is none."""


@dataclass(frozen=True)
class Distance:
    """How far two samples of a column lie apart.

    Attributes:
        measure: `JENSEN_SHANNON` of numbers, `L_INFINITY` of categories.
        value: 0 for the same shares, 1 for nothing in common.
        part: what differs most, with its shares, such as `missing 40.0% against 2.0%`.
        chance: probability of at least this distance between two random samples of one distribution.
        keeps: range of the numbers without that part, where it is a tail.
    """

    measure: str
    value: float
    part: str
    chance: float
    keeps: tuple[float, float] | None = None

    @property
    def is_noise(self) -> bool:
        """Whether chance explains it."""
        return self.chance > _CHANCE


@dataclass(frozen=True)
class _Part:
    """A part of the rows, and its share here and there."""

    name: str
    current: float
    control: float
    keeps: tuple[float, float] | None = field(default=None, kw_only=True)

    def __str__(self) -> str:
        return f"{self.name} {self.current:.1%} against {self.control:.1%}"


def distances(current: Statistics, control: Statistics, names: Iterable[str]) -> dict[str, Distance]:
    """By column that both sides know; rows without a value are a share of their own.

    Args:
        current, control: statistics of the rows to judge, and of those to judge them by.
        names: of the columns to compare.
    """
    (mine, rows), (theirs, control_rows) = (_by_name(one) for one in (current, control))
    found = {}
    for name in names:
        if name in mine and name in theirs:
            sides = (_Column(mine[name], rows), _Column(theirs[name], control_rows))
            texts = any(one.told.WhichOneof("stats") == "string_stats" for one in sides)
            found[name] = (_of_categories if texts else _of_numbers)(*sides)
    return found


def _by_name(statistics: Statistics) -> tuple[dict[str, Any], int]:
    (dataset,) = statistics.datasets
    return {one.path.step[0]: one for one in dataset.features}, int(dataset.num_examples)


class _Column:
    """Shares of the rows of one side, from its statistics.

    Args:
        told: TFDV's, of one feature.
        rows: of the side, with and without a value.
    """

    def __init__(self, told: Any, rows: int) -> None:
        self.told, self.rows = told, rows
        counts, edges = self._quantiles()
        self.edges = edges
        self._upto = np.concatenate([[0.0], np.cumsum(counts)]) / rows

    def _quantiles(self) -> tuple[list[float], FloatArray]:
        for histogram in self.told.num_stats.histograms:
            if histogram.type == statistics_pb2.Histogram.QUANTILES and histogram.buckets:
                buckets = histogram.buckets
                counts = [one.sample_count for one in buckets]
                return counts, np.array([buckets[0].low_value, *(one.high_value for one in buckets)])
        return [], np.empty(0)

    @property
    def known(self) -> float:
        """Share of the rows with a number."""
        return float(self._upto[-1])

    def upto(self, value: float, inclusive: bool = True) -> float:
        """Share of the rows below a number, with the number itself or without; linear between two quantiles."""
        if not len(self.edges):
            return 0.0
        place = int(np.searchsorted(self.edges, value, side="right" if inclusive else "left"))
        if inclusive and place and self.edges[place - 1] == value:
            return float(self._upto[place - 1])
        return (
            float(np.interp(value, self.edges[place - 1 : place + 1], self._upto[place - 1 : place + 1]))
            if (0 < place < len(self.edges))
            else (self.known if place else 0.0)
        )

    def slicings(self) -> list[tuple[float, bool]]:
        """The deciles, equal ones once; each with whether it is so frequent that it makes a cell of its own."""
        shares = np.arange(1, _DECILES) / _DECILES * self.known
        # The shares are sums of fractions; a decile is the first quantile that reaches its own but for rounding.
        found = np.unique(self.edges[np.searchsorted(self._upto, shares - 1e-9)]) if len(self.edges) else []
        return [(float(one), self.upto(one) - self.upto(one, inclusive=False) >= _ATOM) for one in found]

    def categories(self) -> dict[str, float]:
        """Share by text; of the most frequent 1,000."""
        return {one.label: one.sample_count / self.rows for one in self.told.string_stats.rank_histogram.buckets}


def _of_numbers(current: _Column, control: _Column) -> Distance:
    """Jensen-Shannon divergence (J. Lin, 1991; base 2) of the shares between the deciles of the control's side.

    `JSD = (KL(p | m) + KL(q | m)) / 2` with `m = (p + q) / 2`, where p and q are the shares of the cells: missing,
    every stretch between two different deciles, every value that holds a twentieth of the control's rows. Cells of
    equal rows, and not of equal width, so that one odd value moves nothing but its own share.
    """
    sides = (current, control)
    missing = _Part("missing", *(1 - one.known for one in sides))
    cells, frequents, halves = [], [], []
    low, before = None, (0.0, 0.0)
    lowest, highest = (pick(one.told.num_stats for one in sides) for pick in (_lowest, _highest))
    for cut, frequent in control.slicings():
        told = _number(cut)
        below, upto = ([one.upto(cut, inclusive) for one in sides] for inclusive in (False, True))
        end = below if frequent else upto
        cells.append(_Part(_stretch(low, told), end[0] - before[0], end[1] - before[1]))
        frequents += [_Part(f"value {told}", upto[0] - below[0], upto[1] - below[1])] if frequent else []
        above = (one.known - share for one, share in zip(sides, upto, strict=True))
        halves += [_Part(f"values below {told}", *below, keeps=(cut, highest))]
        halves += [_Part(f"values above {told}", *above, keeps=(lowest, cut))]
        low, before = told, (upto[0], upto[1])
    rest = (one.known - share for one, share in zip(sides, before, strict=True))
    cells.append(_Part("values" if low is None else f"values above {low}", *rest))
    every = [missing, *frequents, *cells]
    p, q = (np.clip([getattr(one, side) for one in every], 0, 1) for side in ("current", "control"))
    middle = (p + q) / 2
    value = float((rel_entr(p, middle) + rel_entr(q, middle)).sum() / 2 / math.log(2))
    # What has grown, by whole percents: of two that say nearly the same, the plainer one comes first.
    part = max([missing, *frequents, *halves, *cells], key=lambda one: round(one.current - one.control, 2))
    return Distance(JENSEN_SHANNON, value, str(part), _chance(p, q, current.rows, control.rows), part.keeps)


def _lowest(told: Iterable[Any]) -> float:
    return math.floor(min(float(one.min) for one in told))


def _highest(told: Iterable[Any]) -> float:
    return math.ceil(max(float(one.max) for one in told))


def _stretch(low: str | None, high: str) -> str:
    return f"values up to {high}" if low is None else f"values from {low} to {high}"


def _number(value: float) -> str:
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.6g}"


def _of_categories(current: _Column, control: _Column) -> Distance:
    """Largest difference of a value's share, and of the share of rows without one."""
    shares = [one.categories() for one in (current, control)]
    parts = [_Part("missing", *(max(0.0, 1 - _known_texts(one)) for one in (current, control)))]
    parts += [_Part(repr(text), *(one.get(text, 0.0) for one in shares)) for text in {**shares[0], **shares[1]}]
    part = max(parts, key=lambda one: abs(one.current - one.control))
    p, q = (np.array([share, 1 - share]) for share in (part.current, part.control))
    return Distance(L_INFINITY, abs(part.current - part.control), str(part), _chance(p, q, current.rows, control.rows))


def _known_texts(column: _Column) -> float:
    return float(column.told.string_stats.common_stats.tot_num_values / column.rows)


def _chance(p: Sequence[float] | FloatArray, q: Sequence[float] | FloatArray, rows: int, control_rows: int) -> float:
    """Probability that two random samples of one distribution have shares at least so far apart.

    The likelihood-ratio test of homogeneity (R. R. Sokal and F. J. Rohlf, Biometry, chapter 17):
    `G = 2 sum(n p ln(p / r) + m q ln(q / r))` with the pooled shares `r = (n p + m q) / (n + m)` follows a chi-square
    distribution with as many degrees of freedom as there are cells with rows, less one.
    """
    p, q = np.asarray(p), np.asarray(q)
    pooled = (rows * p + control_rows * q) / (rows + control_rows)
    statistic = 2 * (rows * rel_entr(p, pooled) + control_rows * rel_entr(q, pooled)).sum()
    return float(chdtrc(max(int((pooled > 0).sum()) - 1, 1), max(statistic, 0.0)))
