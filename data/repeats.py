"""How many rows repeat an earlier one, in fixed memory: exact for small data, estimated for large.

Adaptive sampling after M. Wegman (P. Flajolet, "On adaptive sampling", Computing 43, 1990): only rows whose hash lies
below a bound are counted, and the bound is halved whenever too many different ones are there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

LIMIT = 1 << 16
"""So many different rows are kept apart; the share of repeats is exact up to there, then within about one percent."""

_ALL = 2**64


class Repeats:
    """Counts of a sample of rows by their hash; `add` and `merge` may come in any order."""

    def __init__(self) -> None:
        self._bound = _ALL
        self._hashes = np.empty(0, dtype=np.uint64)
        self._counts = np.empty(0, dtype=np.int64)

    def add(self, hashes: npt.NDArray[np.uint64]) -> None:
        """Counts rows by their hashes, uint64 `[rows]`, which must be evenly spread."""
        self._take(hashes, np.ones(len(hashes), dtype=np.int64))

    def merge(self, other: Repeats) -> None:
        """Adds what another has counted."""
        self._bound = min(self._bound, other._bound)
        self._take(other._hashes, other._counts)

    def _take(self, hashes: npt.NDArray[np.uint64], counts: npt.NDArray[np.int64]) -> None:
        hashes, counts = np.concatenate([self._hashes, hashes]), np.concatenate([self._counts, counts])
        while True:
            if self._bound < _ALL:
                below = hashes < np.uint64(self._bound)
                hashes, counts = hashes[below], counts[below]
            hashes, where = np.unique(hashes, return_inverse=True)
            counts = np.bincount(where, weights=counts, minlength=len(hashes)).astype(np.int64)
            if len(hashes) <= LIMIT:
                break
            self._bound //= 2
        self._hashes, self._counts = hashes, counts

    @property
    def exact(self) -> bool:
        """Whether every row was counted."""
        return self._bound == _ALL

    def share(self) -> float:
        """Share of rows, 0 to 1, that are the same as an earlier one."""
        total = int(self._counts.sum())
        return 1 - len(self._counts) / total if total else 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"bound": self._bound, "hashes": self._hashes.tolist(), "counts": self._counts.tolist()}

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Repeats:
        """The inverse of `to_json`."""
        found = cls()
        found._bound = plain["bound"]
        found._hashes = np.array(plain["hashes"], dtype=np.uint64)
        found._counts = np.array(plain["counts"], dtype=np.int64)
        return found
