"""How a file does on each kind of device: whether it runs, how far it is off, what it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt

from components.device import kernels, micro, runtime
from data.vocabulary import TargetRun

FloatArray = npt.NDArray[np.float32]
MARGIN = 1.25
"""Over the largest difference seen: other processors round otherwise too."""


def measured(
    model: bytes, inputs: Sequence[str], columns: runtime.Columns, predicted: FloatArray, vectors: int
) -> dict[str, TargetRun]:
    """By target: `runs`, `why` where it does not or nobody tried, and figures.

    Args:
        model: the file's bytes.
        inputs: names in the file's order.
        columns: the file's inputs `[rows]`, the last `vectors` of which are the test vectors.
        predicted: what the file gave for them here.
        vectors: how many.
    """
    lacks = kernels.lacking(model)
    plain = runtime.predict(model, columns, xnnpack=False)
    litert = TargetRun(runs=True, version=kernels.LITERT, **_off(plain, predicted, vectors))
    why = "not run: only its table of operators was looked at"
    webgpu = TargetRun(runs=None, why=why, version=kernels.WEBGPU)
    if lacks["webgpu"]:
        why = f"no kernel for {'; '.join(lacks['webgpu'])}"
        webgpu = TargetRun(runs=False, why=why, version=kernels.WEBGPU)
    return {
        "litert": litert,
        "micro": _micro(model, inputs, columns, predicted, vectors, lacks["micro"]),
        "webgpu": webgpu,
    }


def _micro(
    model: bytes,
    inputs: Sequence[str],
    columns: runtime.Columns,
    predicted: FloatArray,
    vectors: int,
    lacks: Sequence[str],
) -> TargetRun:
    told: dict[str, Any] = {"version": kernels.MICRO, "operators": kernels.operators(model), "flash_bytes": len(model)}
    if lacks:
        return TargetRun(runs=False, why=f"no kernel for {'; '.join(lacks)}", **told)
    if not micro.is_here():
        return TargetRun(runs=None, why=micro.MISSING, **told)
    try:
        found = micro.run(model, inputs, columns)
    except micro.MicroError as error:
        return TargetRun(runs=False, why=str(error), **told)
    off = _off(found.predictions, predicted, vectors)
    return TargetRun(runs=True, arena_bytes=found.arena_bytes, **off, **told)


def _off(seen: FloatArray, predicted: FloatArray, vectors: int) -> dict[str, float | None]:
    """Largest difference to what the file gave here, on the vectors and on all rows; NaN agrees with NaN."""
    off = runtime.differences(seen, predicted)
    found = {"max_difference_vectors": off[len(off) - vectors :].max(), "max_difference_rows": off.max()}
    return {name: float(one) if np.isfinite(one) else None for name, one in found.items()}


def tolerance(targets: Mapping[str, TargetRun], spread: float) -> float:
    """Within which any target gives a test vector's output: what kernels that ran were off at most, and a margin.

    At least a ten-thousandth of the label's `spread`, since processors that nobody tried round otherwise.
    """
    seen = [one.max_difference_rows for one in targets.values() if one.max_difference_rows is not None]
    return max(MARGIN * max(seen, default=0.0), spread * 1e-4)


def refusals(model: bytes, wanted: Sequence[str], targets: Mapping[str, TargetRun]) -> list[str]:
    """Why a file must not ship, given what `push.targets` asks for; a runtime that is not here refuses nothing."""
    reasons = kernels.refusals(model, wanted)
    for name in wanted:
        one = targets[name]
        if one.runs is False and not kernels.lacking(model)[name]:
            reasons.append(f"push.targets has {name}, and the file does not run there: {one.why}")
        elif one.runs and one.max_difference_rows is None:
            reasons.append(
                f"push.targets has {name}, which gives NaN where the file gives a number, or a number for NaN"
            )
    return reasons
