"""The proof: the file itself against the SavedModel, the float model, the budgets and the contract."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import gzip

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from components.conversion import inspection, vectors
from components.conversion.budgets import broken, too_slow
from components.device import runtime, targets
from components.evaluation import influence
from components.evaluation.importance import Part
from components.examples import Columns
from components.scoring.device_rows import on_device
from components.settings import Push
from components.task import task_of
from components.task.boosted import TREE_INPUTS, Boosted
from components.task.task import Task
from data.vocabulary import (
    Compared,
    FlippedDecisions,
    Interface,
    Latency,
    Measurements,
    NumberFormats,
    OutputDifference,
    Sparsity,
)

FloatArray = npt.NDArray[np.float32]
SAVED_MODEL_BATCH = 4096
EVALUATED = "evaluate"
"""Signature that the Evaluator measures, in the dtypes of tf.Example."""


@dataclass(frozen=True)
class Verification:
    """Figures of one file and the reasons to refuse it.

    Attributes:
        figures: what the manifest records.
        reasons: empty when the file may ship.
        vectors: rows with the outputs to expect.
        columns, label: the file's inputs and the truth `[rows]`.
        predictions: float32 `[rows]` of the `file`, the `float` model and the baselines.
    """

    figures: Measurements
    reasons: list[str]
    vectors: dict[str, Any]
    columns: Columns
    label: FloatArray
    predictions: dict[str, FloatArray]


def run_saved_model(path: str, signature: str, columns: Mapping[str, Any]) -> FloatArray:
    """float32 `[rows]` from a signature of a SavedModel."""
    return signatures_of(path)(signature, columns)


def signatures_of(path: str) -> Callable[[str, Mapping[str, Any]], FloatArray]:
    """A SavedModel, loaded once: from the name of a signature and columns to float32 `[rows]`, or `[rows, classes]`."""
    model = tf.saved_model.load(path)

    def run(signature: str, columns: Mapping[str, Any]) -> FloatArray:
        rows = len(next(iter(columns.values())))
        batches = [
            {name: tf.constant(values[start : start + SAVED_MODEL_BATCH]) for name, values in columns.items()}
            for start in range(0, rows, SAVED_MODEL_BATCH)
        ]
        return np.concatenate([model.signatures[signature](**batch)[runtime.OUTPUT].numpy() for batch in batches])

    return run


def verify_file(
    model: bytes,
    saved_model: str,
    reference: str,
    stored: Columns,
    label: FloatArray,
    interface: Interface,
    push: Push,
    parts: Sequence[Part],
) -> Verification:
    """Measures a file on the test rows and holds it to its budgets, all but how long a call takes; see `timed`.

    The file gets the rows as a device gives them, texts as ids by the vocabulary of `interface`. The SavedModel gets
    them as the Evaluator gave them, texts and all, so that a difference on the way shows.

    Args:
        model: the file's bytes.
        saved_model: what it was converted from.
        reference: SavedModel with the signature `float` and one for each baseline.
        stored, label: the test rows, as ingestion stored them.
        interface: what the file's inputs must be.
        push: budgets and tolerances.
        parts: of the file's inputs, whose influence is measured.
    """
    task = task_of(interface.output.model_dump())
    anatomy = inspection.dissect(model, interface.dense_kernels)
    columns = on_device(interface.inputs, stored)
    from_file = runtime.predict(model, columns)
    as_evaluated = {name: values[:, np.newaxis] for name, values in stored.items()}
    difference = task.difference(from_file, run_saved_model(saved_model, EVALUATED, as_evaluated))
    reference_of = signatures_of(reference)
    predictions = {name: reference_of(name, columns) for name in ("float", *task.baselines)}
    boosted = Boosted.load(reference)
    predictions[boosted.name] = boosted.predict(reference_of(TREE_INPUTS, columns))
    of = {name: task.measure(one, label, task.shown) for name, one in {"file": from_file, **predictions}.items()}
    baselines = {name: of[name] for name in (*task.baselines, boosted.name)}
    rows, odd = vectors.chosen(columns, push.test_vectors, interface.inputs, inspection.boundaries(model))
    expected = runtime.predict(model, rows)
    everything = {name: np.concatenate([columns[name], rows[name]]) for name in rows}
    told = targets.measured(model, list(rows), everything, np.concatenate([from_file, expected]), len(odd))
    weights = anatomy.dense_kernels
    figures = Measurements(
        bytes=len(model),
        gzip_bytes=len(gzip.compress(model, 9, mtime=0)),
        operators=anatomy.operators,
        quantization=NumberFormats(dense_kernels=anatomy.quantization, inputs_and_output="float32, int32"),
        sparsity=Sparsity(dense_kernels=weights["zeros"], weights=int(weights["weights"])),
        latency_us=Latency(p50=math.nan, p95=math.nan),
        arena_bytes=told["micro"].arena_bytes or anatomy.arena_bytes,
        targets=told,
        kernels=runtime.KERNELS,
        metrics=Compared(rows=len(label), file=of["file"], float=of["float"], baselines=baselines),
        difference_to_saved_model=OutputDifference(
            max=float(difference.max()), mean=float(difference.mean()), p99=float(np.percentile(difference, 99))
        ),
        flipped_decisions=_flipped(task, predictions["float"], from_file),
        boosted_trees=boosted.told(),
        influence=influence.measure(
            task,
            parts,
            columns,
            label,
            {"file": runtime.Engine(model).rows, "float": partial(reference_of, "float")},
        ),
    )
    reasons = [
        *broken(task, anatomy, figures, interface, push),
        *targets.refusals(model, push.targets, told),
    ]
    kept = vectors.as_json(rows, expected, odd, targets.tolerance(told, interface.spread))
    by_model = {"file": from_file, **predictions}
    return Verification(figures, reasons, kept, columns, label, by_model)


def timed(one: Verification, model: bytes, push: Push) -> Verification:
    """With how long a call of the file takes, and whether that is too long. Nothing else should work meanwhile."""
    latency = Latency.model_validate(runtime.latency_us(model, one.columns))
    figures = one.figures.model_copy(update={"latency_us": latency})
    return replace(one, figures=figures, reasons=[*one.reasons, *too_slow(latency, push)])


def _flipped(task: Task, float_: FloatArray, file: FloatArray) -> FlippedDecisions | None:
    before, after = task.decisions(float_), task.decisions(file)
    if before is None or after is None:
        return None
    rows = int((before != after).sum())
    return FlippedDecisions(rows=rows, share=rows / max(len(before), 1))
