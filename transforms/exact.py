"""Exact sums, which are therefore the same in any order: whole numbers, an array for each power of two.

A number is cut into words of a few bits at fixed powers of two (as K. Ozaki and others, "Error-free transformations of
matrix multiplication", 2012), so that products of words add up in float64 and int64 without rounding.
"""

import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Sums = dict[int, npt.NDArray[np.int64]]
"""By exponent: the whole numbers that two to this power is multiplied by."""

WORD = 14
"""Bits: 2 ** 25 products of two words fit into float64, 2 ** 35 into int64."""
LARGEST = float(np.finfo(np.float32).max)


def words(x: Matrix) -> dict[int, Matrix]:
    """Whole numbers below 2 ** WORD by exponent, which make up float64 `x`; NaN counts as 0, infinity as `LARGEST`."""
    rest, found = np.nan_to_num(x, nan=0.0, posinf=LARGEST, neginf=-LARGEST), {}
    while rest.any():
        exponent = (int(np.frexp(np.abs(rest).max())[1]) - 1) // WORD * WORD
        found[exponent] = np.trunc(np.ldexp(rest, -exponent))
        rest = rest - np.ldexp(found[exponent], exponent)
    return found


def sums(x: Matrix) -> Sums:
    """Of the columns of `x` `[rows, n]`: `[n]`."""
    return {exponent: one.sum(axis=0).astype(np.int64) for exponent, one in words(x).items()}


def squares(x: Matrix) -> Sums:
    """Sums of the squares of the columns of `x` `[rows, n]`: `[n]`."""
    pairs = itertools.combinations_with_replacement(words(x).items(), 2)
    halves = ((i + j, np.einsum("rn,rn->n", a, b), 1 + (i != j)) for (i, a), (j, b) in pairs)
    return added({exponent: one.astype(np.int64) * times} for exponent, one, times in halves)


def products(x: Matrix) -> Sums:
    """`x.T @ x`, `[n, n]`, of `x` `[rows, n]`."""
    pairs = itertools.combinations_with_replacement(words(x).items(), 2)
    halves = ((i + j, a.T @ b, i == j) for (i, a), (j, b) in pairs)
    return added({exponent: (one if own else one + one.T).astype(np.int64)} for exponent, one, own in halves)


def added(parts: Iterable[Sums]) -> Sums:
    """The sum of sums; what went in stays as it was."""
    total: Sums = {}
    for exponent, whole in itertools.chain.from_iterable(part.items() for part in parts):
        total[exponent] = total[exponent] + whole if exponent in total else whole
    return total


def whole(found: Sums, shape: tuple[int, ...], exponent: int) -> npt.NDArray[Any]:
    """The sums in units of two to this power, none of theirs being lower, as Python's whole numbers: no rounding.

    Not as `Fraction`, which takes five minutes for the products of 1,000 columns.
    """
    total = np.zeros(shape, object)
    for own, part in found.items():
        total = total + (part.astype(object) << (own - exponent))
    return total


def floats(above: npt.NDArray[Any], below: Any, exponent: int = 0) -> Matrix:
    """The nearest float64 of each quotient of whole numbers, times two to this power."""
    return ((above << max(exponent, 0)) / (below << max(-exponent, 0))).astype(np.float64)
