"""Columns that tell the label together, or by one threshold, which `data.checks.leaks` does not look for."""

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np

from data.values import FloatArray

MIN_ROWS = 100
_MOST_COLUMNS = 4
"""Parts of a sum that are looked for."""
_ROUNDING = 1e-5
"""Of the label's spread: what float32 and two decimals leave."""


def sums(columns: Mapping[str, FloatArray], label: FloatArray) -> list[tuple[str, ...]]:
    """Columns whose sum or difference is the label in every row, such as fare, tips and tolls of a total.

    Args:
        columns: numbers `[rows]` each.
        label: `[rows]`.
    """
    sound = np.isfinite(label) & np.all([np.isfinite(one) for one in columns.values()], axis=0) if columns else []
    if not np.sum(sound) >= MIN_ROWS or np.ptp(label[sound]) == 0:
        return []
    known = {name: values[sound] for name, values in columns.items() if np.ptp(values[sound]) > 0}
    return list(_exact(known, label[sound]))


def _exact(columns: Mapping[str, FloatArray], label: FloatArray) -> Iterator[tuple[str, ...]]:
    """Step by step the column that explains most of what is left; then whether all factors are 1 or -1."""
    chosen: list[str] = []
    scale = float(label.std())
    for _ in range(min(_MOST_COLUMNS, len(columns))):
        design = np.column_stack([np.ones(len(label)), *(columns[name] for name in chosen)])
        factors, *_ = np.linalg.lstsq(design, label, rcond=None)
        left = label - design @ factors
        if chosen and np.abs(left).max() <= 10 * _ROUNDING * scale:
            break
        rest = {name: correlation(values, left) for name, values in columns.items() if name not in chosen}
        if not rest:
            return
        chosen.append(max(rest, key=lambda name: rest[name]))
    for count in range(2, len(chosen) + 1):
        for names in combinations(chosen, count):
            design = np.column_stack([columns[name] for name in names])
            factors, *_ = np.linalg.lstsq(design, label, rcond=None)
            exact = np.abs(label - design @ factors).max() <= 10 * _ROUNDING * scale
            if exact and np.allclose(np.abs(factors), 1, atol=1e-3):
                yield names
                return


def correlation(values: FloatArray, other: FloatArray) -> float:
    """Without its sign (K. Pearson); 0 where one of them does not vary."""
    spread = float(values.std() * other.std())
    return abs(float(np.mean((values - values.mean()) * (other - other.mean())))) / spread if spread > 0 else 0.0


def thresholds(columns: Mapping[str, FloatArray], yes: FloatArray) -> dict[str, float]:
    """Columns that one threshold turns into the label, such as minutes of delay for `late`; and the threshold.

    Args:
        columns: numbers `[rows]` each; NaN is passed over.
        yes: 1 or 0 `[rows]`.
    """
    found = {}
    for name, values in columns.items():
        known = np.isfinite(values) & np.isfinite(yes)
        ones, noughts = values[known & (yes == 1)], values[known & (yes == 0)]
        if min(len(ones), len(noughts)) < MIN_ROWS // 5 or len(np.unique(values[known])) < 4:
            continue
        if ones.min() > noughts.max():
            found[name] = float(ones.min())
        elif noughts.min() > ones.max():
            found[name] = float(noughts.min())
    return found
