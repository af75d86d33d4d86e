"""What the training rows teach of each column of the block: how it is filled, scaled and cut into buckets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from transforms import buckets, piecewise, scaling
from transforms.features import Plan
from transforms.scaling import ColumnStatistics, Numbers, Scale


@dataclass(frozen=True)
class Known:
    """Of the block's n columns.

    Attributes:
        rows: training rows.
        statistics: of the columns.
        quantiles: float32 `[n, piecewise.PARTS - 1]`, between parts of equally many rows.
        filling: float32 `[n]`: what stands for a missing number.
        scale: of the block.
        boundaries: float32 `[b]` by bucket, rising: the given grids, and quantiles of the column before filling.
    """

    rows: int
    statistics: ColumnStatistics
    quantiles: Numbers
    filling: Numbers
    scale: Scale
    boundaries: Mapping[str, Numbers]


def parts(plan: Plan) -> list[int]:
    """The numbers of parts for which `settled` wants quantiles."""
    sizes = {one.size for one in plan.features.buckets.values() if one.boundaries is None}
    return [piecewise.PARTS, *sorted(sizes - {piecewise.PARTS})]


def settled(plan: Plan, rows: int, statistics: ColumnStatistics, quantiles: Mapping[int, Numbers]) -> Known:
    """What follows from the statistics of all training rows, by the plan; quantiles by the number of `parts`."""
    names, fine = plan.block_names(), quantiles[piecewise.PARTS]
    with np.errstate(over="ignore", invalid="ignore"):  # a range may lie beyond float32, and is infinite then
        scale = scaling.learned(plan.scalings(), statistics, fine)
        if plan.features.reducer.kind != "none":
            scale = scaling.without_constants(scale, statistics)
    boundaries = {}
    for name, bucket in plan.features.buckets.items():
        if bucket.boundaries is None:
            boundaries[name] = buckets.just_below(quantiles[bucket.size][names.index(bucket.feature)])
        else:
            boundaries[name] = np.array(bucket.boundaries, np.float32)
    return Known(rows, statistics, fine, _filling(plan, statistics, fine), scale, boundaries)


def _filling(plan: Plan, statistics: ColumnStatistics, quantiles: Numbers) -> Numbers:
    value = plan.features.missing.fill
    if not plan.dataset.numeric or value == "mean":
        return statistics.mean
    if value == "median":
        return scaling.quartile(quantiles, 2)
    return np.full_like(statistics.mean, value)
