"""The gate on the file itself: its own predictions of the test rows, held to the limits that the Evaluator holds
the SavedModel to, and to the plain models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt

from components.device import runtime
from components.evaluation.gate import (
    Metrics,
    SliceKey,
    as_json,
    counted,
    judge,
    judge_slices,
    of_another_kind,
    rule,
    without_nan,
)
from components.evaluation.plain_models import few_rows, judge_baselines
from components.evaluation.slice_names import names
from components.evaluation.slices import Slicing
from components.examples import Columns
from components.registry.soundness import StoreError, interface_of
from components.registry.store import Store
from components.scoring.device_rows import on_device
from components.settings import Gate
from components.task import task_of
from components.task.task import Task

FloatArray = npt.NDArray[np.float32]
SUBJECT = "model.tflite: "
"""Before a reason, since the Evaluator may give the same of the SavedModel."""


@dataclass(frozen=True)
class Judgement:
    """What the gate makes of a file.

    Attributes:
        reasons: empty when it may ship.
        warnings: what is odd and passes.
        figures: `rule`, `candidate` (the file), `champion` (the live file; None where there is none),
            `slices` (how many were `judged`, how many are `small`).
        slices: what `slices.json` holds.
    """

    reasons: list[str]
    warnings: list[str]
    figures: dict[str, Any]
    slices: dict[str, Any]


def judge_file(
    task: Task,
    gate: Gate,
    slicings: Sequence[Slicing],
    stored: Columns,
    label: FloatArray,
    predictions: Mapping[str, FloatArray],
    champion: tuple[str, Task, FloatArray | None],
) -> Judgement:
    """Measures and judges.

    Args:
        task: of the label.
        gate: limits.
        slicings: of its slices, settled for these data.
        stored: the test rows, as ingestion stored them.
        label: in label units.
        predictions: of the `file` and of the baselines.
        champion: version that is live, empty for none, its task, and what its file predicts; None where it cannot.
    """
    version, rival_task, from_champion = champion
    groups = _slices(slicings, stored)
    measured = {name: metrics(task, values, label) for name, values in predictions.items()}
    rival = None if from_champion is None else metrics(rival_task, from_champion, label)
    rival_by_slice = None if from_champion is None else _by_slice(rival_task, groups, from_champion, label)
    slices = judge_slices(task, gate, _by_slice(task, groups, predictions["file"], label), rival_by_slice)
    overall = [
        *judge(task, gate, measured["file"], rival),
        *judge_baselines(task, gate, measured["file"], *(measured[name] for name in task.baselines)),
    ]
    held_against = rule(gate, version, task.baselines.values(), from_champion is not None)
    figures = {
        "rule": held_against,
        "candidate": without_nan(measured["file"]),
        "champion": without_nan(rival),
        "slices": counted(slices),
    }
    told = as_json(gate, version, measured["file"], rival, overall, slices, held_against)
    reasons = [*overall, *(reason for one in slices for reason in one.reasons)]
    return Judgement([SUBJECT + reason for reason in reasons], few_rows(task, gate, len(label)), figures, told)


def metrics(task: Task, predicted: FloatArray, label: FloatArray) -> Metrics:
    """What the gate judges by, in label units, as TFMA measures it."""
    return {**task.judged(predicted, label), "rows": float(len(label))}


def _slices(slicings: Sequence[Slicing], stored: Columns) -> dict[SliceKey, npt.NDArray[np.intp]]:
    """Rows of each slice that has any."""
    groups: dict[SliceKey, npt.NDArray[np.intp]] = {}
    for cut in slicings:
        texts = [name.decode("utf-8", "replace") for name in names(cut, stored)]
        found, index = np.unique(np.array(texts, dtype=object), return_inverse=True)
        groups |= {(cut.name, text): np.flatnonzero(index == place) for place, text in enumerate(found)}
    return groups


def _by_slice(
    task: Task, groups: Mapping[SliceKey, npt.NDArray[np.intp]], predicted: FloatArray, label: FloatArray
) -> dict[SliceKey, Metrics]:
    return {key: metrics(task, predicted[rows], label[rows]) for key, rows in groups.items()}


def of_champion(task: Task, store: Store, version: str, stored: Columns) -> tuple[str, Task, FloatArray | None]:
    """The live version, its task, and what its file predicts of rows, given by its own manifest's vocabulary.

    Args:
        task: of the candidate.
        store: where it lies.
        version: of it; empty for none.
        stored: as ingestion stored them.

    Returns:
        Predictions are None without a live version, where its files are damaged, and where it takes other columns or is
        of another label, which the Evaluator refuses.
    """
    if not version:
        return version, task, None
    try:
        model, described = store.model(version), interface_of(store.manifest(version))
    except StoreError:
        # What `verify` is for. The Evaluator has compared the SavedModels, and `rule` says that the file was not.
        return version, task, None
    other = task_of(described.output.model_dump())
    inputs = described.inputs
    if not {one.name for one in inputs} <= set(stored) or of_another_kind(version, task, other):
        return version, other, None
    return version, other, runtime.predict(model, on_device(inputs, stored))
