"""From which probability on a yes is said, chosen on validation rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from components.task.classification import precision_recall
from components.task.settings import Decision

Array = npt.NDArray[Any]


def choose(predicted: Array, label: Array, decision: Decision) -> dict[str, Any]:
    """`threshold` and `chosen_by`, halfway between the scores that it parts.

    Args:
        predicted: probabilities of yes `[rows]`.
        label: 0 and 1 `[rows]`.
        decision: what counts.
    """
    rows = f"on {len(label):,} validation rows"
    if decision.by == "fixed":
        return {"threshold": decision.threshold, "chosen_by": "fixed"}
    if not 0 < label.sum() < len(label):
        return {"threshold": decision.threshold, "chosen_by": f"default, since all labels {rows} are the same"}
    precision, recall, score = precision_recall(predicted, label == 1)
    place, told = _place(precision, recall, label, decision)
    below = score[place + 1] if place + 1 < len(score) else 0.0
    return {"threshold": float(np.float32((score[place] + below) / 2)), "chosen_by": f"{told} {rows}"}


def _place(precision: Array, recall: Array, label: Array, decision: Decision) -> tuple[int, str]:
    """Of the last row that is said yes to, in falling order of score, and why."""
    yes = float(label.sum())
    if decision.by == "cost":
        hits = recall * yes
        false = hits / np.maximum(precision, 1e-12) - hits
        cost = decision.false_yes * false + decision.false_no * (yes - hits)
        return int(
            np.argmin(cost)
        ), f"lowest cost, {decision.false_yes:g} a false yes, {decision.false_no:g} a false no,"
    if decision.by == "max_f1":
        f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
        return int(np.argmax(f1)), "max F1"
    kept, other = (precision, recall) if decision.by == "precision" else (recall, precision)
    reached = np.flatnonzero(kept >= decision.at_least)
    if not len(reached):
        return int(np.argmax(kept)), f"highest {decision.by}, since {decision.at_least:g} is not reached,"
    best = reached[np.argmax(other[reached])]
    return int(best), f"{decision.by} of at least {decision.at_least:g}"
