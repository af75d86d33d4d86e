"""Tables of more inputs than a file has room for: those that tell least of the label are left out.

Each input costs its tensor, its name and a row of the first kernel. What is left out is no input of the file either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from components.tables import Table
from components.trainer import choices
from transforms import learned
from transforms.features import Plan

UNUSED_BYTES = 16
"""Of each column of the block, used or not: what fills, centres and scales it, and its place."""
FULL = 0.8
"""Share of the budget that inputs may fill; the rest is for bends."""


def narrowed(
    plan: Plan, known: Mapping[str, Any], ids: Sequence[tuple[int, int]], rows: Callable[[], Table], budget: int
) -> Mapping[str, Any]:
    """What the Transform step learned, with the numbers that the file has no room for marked as left out.

    Args:
        plan: features settled for the dataset.
        known: see `transforms.learned`.
        ids: number of ids and embedding width of each id input.
        rows: gives the training rows; called only where something must go.
        budget: bytes of the file.
    """
    columns, names = known["columns"], known["features"]
    used = [names[place] for place in learned.used(known)]
    free = plan.movable()
    at_hand = [name for name in used if name in free]
    if known["kind"] != "none" or len(at_hand) < 2:
        return known

    def size(dense: int) -> int:
        derived = bool(plan.dataset.points or plan.dataset.time)
        facts = choices.Facts(0, {}, dict, dense + plan.wide_width(), ids, derived, budget)
        return choices.smallest_bytes(facts) + UNUSED_BYTES * len(names)

    if size(len(used)) <= choices.MARGIN * budget:
        return known
    table = rows()
    quantiles = [np.array(columns[name]["quantiles"], np.float32) for name in at_hand]
    weights = choices.telling(table.numbers[:, [names.index(name) for name in at_hand]], table.label, quantiles)
    gone: list[str] = []
    for place in np.argsort(weights, kind="stable")[:-1]:
        flags = sum(f"{name}_missing" in used for name in gone)
        if size(len(used) - len(gone) - flags) <= FULL * budget:
            break
        gone.append(at_hand[place])
    why = f"tells little of the label, and push.max_bytes {budget:,} has no room for it"
    marked = [one for name in gone for one in (name, f"{name}_missing") if one in columns]
    return {**known, "columns": {**columns, **{name: {**columns[name], "left_out": why} for name in marked}}}


def left(known: Mapping[str, Any], budget: int) -> int:
    """Of the budget, what is there for a network that was narrowed: unused columns take their part too."""
    return budget - UNUSED_BYTES * len(known["features"]) * bool(learned.without_room(known))
