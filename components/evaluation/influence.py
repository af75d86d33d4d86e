"""What a model listens to, before compression and after, on the same test rows: importance, and how far it moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from components.evaluation.dependence import Grid, grids, partial_dependence
from components.evaluation.importance import Columns, Part, Predict, permutation_importance
from components.task.task import Task
from data.vocabulary import Curve, Importance, Influence, LargestChange

FloatArray = npt.NDArray[np.float64]

ROWS = 2000
"""Test rows that are shuffled, at most."""
REPEATS = 3
"""Shuffles of each input, at most."""
PREDICTIONS = 40_000
"""Of each model with an input shuffled, about; a file takes some 7 us for each. Many inputs have fewer shuffles, then
fewer rows, so that a run does not wait for them."""
ROWS_FIRST, FEWEST_ROWS = 500, 50
"""So many rows before a second shuffle, and at the least."""
CURVES = 8
"""Inputs with curves, the most important."""
CURVE_ROWS = 64
_SEED = 0


def measure(
    task: Task, parts: Sequence[Part], columns: Columns, label: npt.NDArray[np.float32], models: Mapping[str, Predict]
) -> Influence:
    """Measures both models on one sample of the test rows.

    Args:
        task: of the label; its primary metric counts.
        parts: of the file's inputs.
        columns: these `[rows]` by name, all test rows.
        label: `[rows]`, in label units.
        models: `file` and `float`.
    """
    repeats = int(np.clip(PREDICTIONS // (len(parts) * ROWS_FIRST), 1, REPEATS))
    rows = int(np.clip(PREDICTIONS // (len(parts) * repeats), FEWEST_ROWS, ROWS))
    sample = _sample(columns, rows)
    given, truth = _rows(columns, sample), label[sample]
    rises = {
        name: permutation_importance(model, given, truth, parts, task.primary, repeats, _SEED)
        for name, model in models.items()
    }
    file, before = (rises[name].mean(axis=1) for name in ("file", "float"))
    order = np.argsort(-np.nan_to_num(file, nan=-np.inf), kind="stable")
    change = rises["file"] - rises["float"]
    most = int(np.argmax(np.nan_to_num(np.abs(change.mean(axis=1)))))
    few = _rows(columns, _sample(columns, CURVE_ROWS))
    return Influence(
        metric=task.primary.name,
        rows=len(sample),
        repeats=repeats,
        inputs=[_importance(parts[one], {name: rise[one] for name, rise in rises.items()}) for one in order],
        rank_correlation=rank_correlation(file, before),
        largest_change=LargestChange(
            name=parts[most].name, change=_plain(change[most].mean()), spread=_plain(_spread(change[most]))
        ),
        curve_rows=min(len(label), CURVE_ROWS),
        curves=_curves(task, [grid for one in order[:CURVES] for grid in grids(parts[one], few, columns)], few, models),
    )


def _importance(part: Part, rises: Mapping[str, FloatArray]) -> Importance:
    """Of one part, by its rises `[repeats]` of each model."""
    return Importance(
        name=part.name,
        columns=[one.source_column for one in part.inputs],
        file=_plain(rises["file"].mean()),
        float=_plain(rises["float"].mean()),
        file_spread=_plain(_spread(rises["file"])),
        float_spread=_plain(_spread(rises["float"])),
    )


def _spread(repeated: FloatArray) -> float:
    """Standard deviation; NaN of a single one."""
    return float(repeated.std(ddof=1)) if len(repeated) > 1 else np.nan


def rank_correlation(one: FloatArray, other: FloatArray) -> float | None:
    """Spearman's, from -1 to 1; None where an order is not there: fewer than two values, all the same, or a NaN."""
    both = np.stack([one, other])
    if len(one) < 2 or not np.isfinite(both).all() or (np.ptp(both, axis=1) == 0).any():
        return None
    return _plain(np.corrcoef(_ranks(one), _ranks(other))[0, 1])


def _ranks(values: FloatArray) -> FloatArray:
    """From 1 on; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[place])


def _curves(task: Task, wanted: Sequence[Grid], columns: Columns, models: Mapping[str, Predict]) -> list[Curve]:
    """Where there are classes, all of the one that the inputs move most: curves are read beside each other."""
    lines = [{name: partial_dependence(model, columns, grid) for name, model in models.items()} for grid in wanted]
    of_class = None
    if lines and lines[0]["file"].ndim > 1:
        place = int(np.argmax(sum(np.nan_to_num(np.ptp(one["file"], axis=0)) for one in lines)))
        lines = [{name: line[:, place] for name, line in one.items()} for one in lines]
        of_class = task.classes[place]
    return [
        Curve(
            name=grid.part,
            of=grid.of,
            of_class=of_class,
            at=list(grid.at),
            apart=_plain(np.max(np.abs(one["file"] - one["float"]))),
            **{name: [_plain(value) for value in line] for name, line in one.items()},
        )
        for grid, one in zip(wanted, lines, strict=True)
    ]


def _sample(columns: Columns, count: int) -> npt.NDArray[np.intp]:
    """So many rows, drawn by a seed, in their order."""
    rows = len(next(iter(columns.values())))
    return np.sort(np.random.default_rng(_SEED).permutation(rows)[:count])


def _rows(columns: Columns, rows: npt.NDArray[np.intp]) -> Columns:
    return {name: values[rows] for name, values in columns.items()}


def _plain(value: float) -> float | None:
    """Four significant digits; None for what is no finite number."""
    return float(f"{value:.4g}") if np.isfinite(value) else None
