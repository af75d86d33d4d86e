"""Columns that tell the label: a copy, another unit, another scale, a code for it."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

TELLING = 0.999
"""A correlation of this size with the label, by values or by ranks, hardly comes from the world."""
MIN_ROWS = 10
"""Of fewer, chance alone may put in the label's order."""

FloatArray = npt.NDArray[np.float64]


def correlations(columns: Mapping[str, FloatArray], label: FloatArray) -> dict[str, float]:
    """Each column's correlation with the label, where it is so high that the column tells the label.

    Of the values (K. Pearson), which also sees a change of unit such as hours to minutes, or of the ranks (C.
    Spearman), which sees every rising or falling change. One row far off can make the former alone, so the latter must
    back it. And of the label with the mean label of the other rows of the same value (the correlation ratio), which
    sees a code.

    Args:
        columns: `[rows]` each: numbers, or codes of texts; NaN is passed over.
        label: `[rows]`.
    """
    found = {}
    for name, values in columns.items():
        both = np.isfinite(values) & np.isfinite(label)
        one, other = values[both], label[both]
        if both.sum() < MIN_ROWS or np.ptp(one) == 0 or np.ptp(other) == 0:
            continue
        ranks = _correlation(_ranks(one), _ranks(other))
        exact = _correlation(one, other) if abs(ranks) > 0.9 else 0.0
        likeliest = max(ranks, exact, _by_value(one, other), key=abs)
        if abs(likeliest) > TELLING:
            found[name] = likeliest
    return found


def _correlation(one: FloatArray, other: FloatArray) -> float:
    # Of numbers within 1, whose squares neither overflow nor vanish.
    one, other = ((values - values.mean()) / np.ptp(values) for values in (one, other))
    return float(np.mean(one * other) / (one.std() * other.std()))


def _ranks(values: FloatArray) -> FloatArray:
    """From 1 on; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[place])


def _by_value(values: FloatArray, label: FloatArray) -> float:
    """Correlation ratio, each row judged by the others of its value; 0 where too few rows have others."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    several = counts[place] > 1
    place, off = place[several], label[several]
    _, alike = np.unique(off, return_counts=True)
    if 2 * len(off) < len(label) or len(off) - alike.max() < MIN_ROWS:  # chance may place a few odd ones
        return 0.0
    off = (off - off.mean()) / np.ptp(off)
    means = np.bincount(place, off, len(counts)) / np.maximum(counts, 1)
    share = counts[place] / (counts[place] - 1)
    lost = np.mean(np.square((off - means[place]) * share)) / np.mean(np.square(off))
    return float(np.sqrt(max(0.0, 1 - lost)))


def sentence(name: str, value: float, label: str, rows: int, allowed: bool) -> str:
    """What is said of a column that tells the label; where it is not allowed, how to go on."""
    told = f"{name} tells the label: its correlation with {label} is {value:.4f}, above {TELLING}, on {rows:,} rows"
    if allowed:
        return f"{told}; data_gate.allow_leaks lets it pass"
    return (
        f"{told}. Is {name} known before {label} is? If not, errors will look far too small: take it out of the "
        f"inputs. If so, say data_gate.allow_leaks: [{name}]"
    )
