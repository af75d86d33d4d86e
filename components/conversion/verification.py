"""The proof: the file itself against the SavedModel, the float model, the budgets and the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import gzip

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from components.conversion import inspection, vectors
from components.device import runtime, targets
from components.examples import Columns
from components.scoring.device_rows import on_device
from components.settings import Push
from components.shown import number
from components.task import TASK
from components.task.amounts import in_label_units
from data.vocabulary import (
    Compared,
    Interface,
    Latency,
    Measurements,
    NumberFormats,
    OutputDifference,
    Sparsity,
)

FloatArray = npt.NDArray[np.float32]
FORBIDDEN = ("FLEX", "CUSTOM")
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


def run_saved_model(path: str, signature: str, columns: Columns) -> FloatArray:
    """float32 `[rows]` from a signature of a SavedModel."""
    return run_signatures(path, [signature], columns)[signature]


def run_signatures(path: str, signatures: Sequence[str], columns: Columns) -> dict[str, FloatArray]:
    """float32 `[rows]` by signature of a SavedModel, which is loaded once."""
    model = tf.saved_model.load(path)
    rows = len(next(iter(columns.values())))
    batches = [
        {name: tf.constant(values[start : start + SAVED_MODEL_BATCH]) for name, values in columns.items()}
        for start in range(0, rows, SAVED_MODEL_BATCH)
    ]
    return {
        name: np.concatenate([model.signatures[name](**batch)[runtime.OUTPUT].numpy() for batch in batches])
        for name in signatures
    }


def verify_file(
    model: bytes,
    saved_model: str,
    reference: str,
    stored: Columns,
    label: FloatArray,
    interface: Interface,
    push: Push,
) -> Verification:
    """Measures a file on the test rows and holds it to its budgets.

    The file gets the rows as a device gives them, texts as ids by the vocabulary of `interface`. The SavedModel gets
    them as the Evaluator gave them, texts and all, so that a difference on the way shows.

    Args:
        model: the file's bytes.
        saved_model: what it was converted from.
        reference: SavedModel with the signature `float` and one for each baseline.
        stored, label: the test rows, as ingestion stored them.
        interface: what the file's inputs must be.
        push: budgets and tolerances.
    """
    anatomy = inspection.dissect(model, interface.dense_kernels)
    columns = on_device(interface.inputs, stored)
    from_file = runtime.predict(model, columns)
    as_evaluated = {name: values[:, np.newaxis] for name, values in stored.items()}
    difference = TASK.difference(from_file, run_saved_model(saved_model, EVALUATED, as_evaluated))
    predictions = run_signatures(reference, ("float", *TASK.baselines), columns)
    of = {name: TASK.measure(one, label, TASK.shown) for name, one in {"file": from_file, **predictions}.items()}
    baselines = {name: of[name] for name in TASK.baselines}
    rows, odd = vectors.chosen(columns, push.test_vectors, interface.inputs)
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
        latency_us=Latency.model_validate(runtime.latency_us(model, columns)),
        arena_bytes=told["micro"].arena_bytes or anatomy.arena_bytes,
        targets=told,
        kernels=runtime.KERNELS,
        metrics=Compared(rows=len(label), file=of["file"], float=of["float"], baselines=baselines),
        difference_to_saved_model=OutputDifference(
            max=float(difference.max()), mean=float(difference.mean()), p99=float(np.percentile(difference, 99))
        ),
    )
    reasons = [
        *_contract(anatomy, interface),
        *_kept_zeros(anatomy, interface),
        *_budgets(figures, push),
        *_differences(figures.difference_to_saved_model, push, interface.spread),
        *_accuracy(of, push),
        *targets.refusals(model, push.targets, told),
    ]
    kept = vectors.as_json(rows, expected, odd, targets.tolerance(told, interface.spread))
    return Verification(figures, reasons, kept, columns, label, {"file": from_file, **predictions})


def _contract(anatomy: inspection.Anatomy, interface: Interface) -> list[str]:
    reasons = [f"operator {name} is not builtin" for name in anatomy.operators if name.upper().startswith(FORBIDDEN)]
    wanted = {one.name: (one.dtype, tuple(one.shape)) for one in interface.inputs}
    output = interface.output
    wanted_output = {output.name: (output.dtype, tuple(output.shape))}
    for what, seen, want in (("inputs", anatomy.inputs, wanted), ("output", anatomy.outputs, wanted_output)):
        if seen != want:
            reasons.append(f"{what} of the file are {seen}, the contract says {want}")
    if list(anatomy.inputs) != list(wanted):
        reasons.append(
            f"inputs of the file stand as {', '.join(anatomy.inputs)}, the contract says {', '.join(wanted)}"
        )
    return reasons


def _kept_zeros(anatomy: inspection.Anatomy, interface: Interface) -> list[str]:
    """Rounding to integers makes zeros and takes none; fewer than the trained model has are a conversion gone wrong."""
    seen, trained = anatomy.dense_kernels["zeros"], interface.zeros
    if seen >= trained - 1e-4:
        return []
    return [f"{seen:.2%} of the file's dense weights are zero, of the trained model's {trained:.2%}"]


def _budgets(figures: Measurements, push: Push) -> list[str]:
    reasons = []
    if figures.bytes > push.max_bytes:
        reasons.append(f"the file has {figures.bytes:,} bytes, above push.max_bytes {push.max_bytes:,}")
    zeros = figures.sparsity.dense_kernels
    if push.min_sparsity is not None and zeros < push.min_sparsity:
        reasons.append(f"{zeros:.1%} of the dense weights are zero, below push.min_sparsity {push.min_sparsity:.1%}")
    slow = figures.latency_us.p95
    if push.max_latency_us is not None and slow > push.max_latency_us:
        reasons.append(f"a call takes {slow:g} us (p95), above push.max_latency_us {push.max_latency_us:g}")
    return reasons


def _differences(seen: OutputDifference, push: Push, spread: float) -> list[str]:
    limits = [
        ("by {} on one row", seen.max, push.max_difference, "max_difference"),
        ("by {} on one row in a hundred", seen.p99, push.max_p99_difference, "max_p99_difference"),
        ("by {} in the mean", seen.mean, push.max_mean_difference, "max_mean_difference"),
    ]
    numbers = [(how, value, in_label_units(amount, spread), key) for how, value, amount, key in limits]
    return [
        f"file and SavedModel differ {how.format(number(value))}, above push.{key} {number(limit)}"
        for how, value, limit, key in numbers
        # Written so that a NaN fails: it compares false with everything.
        if not value <= limit
    ]


def _accuracy(of: Mapping[str, Mapping[str, float]], push: Push) -> list[str]:
    reasons = []
    for name, limit in push.max_increase.items():
        metric, file, float_ = TASK.metrics[name], of["file"][name], of["float"][name]
        if limit is not None and not metric.keeps_up(file, float_, 1 + limit):
            reasons.append(
                f"{metric.title} of the file is {number(file)}, {file / float_ - 1:+.2%} against the float model's "
                f"{number(float_)}; push.max_increase.{name} allows {limit:+.2%}"
            )
    return reasons
