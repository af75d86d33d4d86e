"""What a file has room for: of more inputs than that, those that tell least of the label are left out.

Each input costs its tensor, its name and a row of the first kernel. What is left out is no input of the file either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from components.tables import Table
from components.trainer import choices, sizes
from data.errors import DataError
from transforms import learned
from transforms.features import Plan

INPUT_BYTES = 48
"""What the file loses with a numeric column at least: a tensor with its name, and its place in the signature. What
scales and fills it stays. Measured on 500 columns of short names."""
SURE = 1.05
"""An estimate so many times the budget is of a file that is too large; see `components.trainer.sizes`."""
REMEDIES = {
    sizes.INPUTS: "take columns, points, buckets or crosses out of data and features",
    "functions": "set training.piecewise.bins and width lower, or to auto",
    "embedding": "set features.categories.max_size or embedding lower",
    "hidden layers": "set training.units lower, or to auto",
    "output and skip": "take columns or classes out of data",
}
"""What makes a part smaller, by the part."""
REDUCED = "set features.reducer.kind to none, so that columns which tell little of the label can be left out"
FULL = 0.8
"""Share of the budget that inputs may fill; the rest is for bends."""


def narrowed(
    plan: Plan, known: Mapping[str, Any], ends: sizes.Ends, rows: Callable[[], Table], budget: int
) -> Mapping[str, Any]:
    """What the Transform step learned, with the numbers that the file has no room for marked as left out.

    Args:
        plan: features settled for the dataset.
        known: see `transforms.learned`.
        ends: of the network, of all numbers.
        rows: gives the training rows; called only where something must go.
        budget: bytes of the file.
    """
    columns, names = known["columns"], known["features"]
    used = [names[place] for place in learned.used(known)]
    free = plan.movable()
    at_hand = [name for name in used if name in free]
    if known["kind"] != "none" or len(at_hand) < 2:
        return known

    def size(gone: int, flags: int) -> int:
        scattered = sizes.RUN * (len(at_hand) - gone) if gone else 0
        left = replace(ends, front=ends.front - INPUT_BYTES * gone + scattered, dense=ends.dense - gone - flags)
        return choices.smallest_bytes(left)

    if size(0, 0) <= budget:
        return known
    table = rows()
    quantiles = [np.array(columns[name]["quantiles"], np.float32) for name in at_hand]
    weights = choices.telling(table.numbers[:, [names.index(name) for name in at_hand]], table.label, quantiles)
    gone: list[str] = []
    for place in np.argsort(weights, kind="stable")[:-1]:
        flags = sum(f"{name}_missing" in used for name in gone)
        if size(len(gone), flags) <= FULL * budget:
            break
        gone.append(at_hand[place])
    why = f"tells little of the label, and push.max_bytes {budget:,} has no room for it"
    marked = [one for name in gone for one in (name, f"{name}_missing") if one in columns]
    return {**known, "columns": {**columns, **{name: {**columns[name], "left_out": why} for name in marked}}}


def refuse(bytes_of: Mapping[str, int], budget: int, reducer: str) -> None:
    """Looks before training whether the file can keep its budget.

    Args:
        bytes_of: estimated, of the parts of the smallest file.
        budget: bytes of the file.
        reducer: kind of it; behind any but `none` no column can be left out.

    Raises:
        DataError: it cannot; the largest part is named.
    """
    size = sum(bytes_of.values())
    if size <= SURE * budget:
        return
    largest = max(bytes_of, key=bytes_of.__getitem__).split(" of ")[0]
    remedy = REDUCED if largest == sizes.INPUTS and reducer != "none" else REMEDIES[largest]
    told = ", ".join(f"{name} {one:,}" for name, one in sorted(bytes_of.items(), key=lambda one: -one[1]))
    raise DataError(
        f"push.max_bytes is {budget:,}, and the smallest file of this network would have about {size:,} bytes: {told}. "
        f"Raise push.max_bytes to {-(-size // 1000) * 1000:,}, or {remedy}"
    )
