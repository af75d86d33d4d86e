"""How a file does on each kind of device: whether it runs, how far it is off, what it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt

from components.device import kernels, micro, runtime
from components.task import TASK

FloatArray = npt.NDArray[np.float32]
MARGIN = 1.25
"""Over the largest difference seen: other processors round otherwise too."""


def measured(
    model: bytes, inputs: Sequence[str], columns: runtime.Columns, predicted: FloatArray, vectors: int
) -> dict[str, dict[str, Any]]:
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
    litert = {"runs": True, "why": None, "version": kernels.LITERT, **_off(plain, predicted, vectors)}
    webgpu: dict[str, Any] = {
        "runs": None,
        "why": "not run: only its table of operators was looked at",
        "version": kernels.WEBGPU,
    }
    if lacks["webgpu"]:
        webgpu |= {"runs": False, "why": f"no kernel for {'; '.join(lacks['webgpu'])}"}
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
) -> dict[str, Any]:
    told: dict[str, Any] = {"version": kernels.MICRO, "operators": kernels.operators(model), "flash_bytes": len(model)}
    if lacks:
        return {"runs": False, "why": f"no kernel for {'; '.join(lacks)}", **told}
    if not micro.is_here():
        return {"runs": None, "why": micro.MISSING, **told}
    try:
        found = micro.run(model, inputs, columns)
    except micro.MicroError as error:
        return {"runs": False, "why": str(error), **told}
    off = _off(found.predictions, predicted, vectors)
    return {"runs": True, "why": None, "arena_bytes": found.arena_bytes, **off, **told}


def _off(found: FloatArray, predicted: FloatArray, vectors: int) -> dict[str, float]:
    """Largest difference to what the file gave here, on the vectors and on all rows; NaN agrees with NaN."""
    off = runtime.differences(found, predicted)
    return {"max_difference_vectors": float(off[len(off) - vectors :].max()), "max_difference_rows": float(off.max())}


def tolerance(targets: Mapping[str, Mapping[str, Any]]) -> float:
    """Within which any target gives a test vector's output: what kernels that ran were off at most, and a margin."""
    seen = [float(one.get("max_difference_rows", 0.0)) for one in targets.values()]
    finite = [one for one in seen if np.isfinite(one)]
    return max(MARGIN * max(finite, default=0.0), TASK.tolerance / 100)


def refusals(model: bytes, wanted: Sequence[str], targets: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Why a file must not ship, given what `push.targets` asks for; a runtime that is not here refuses nothing."""
    reasons = kernels.refusals(model, wanted)
    for name in wanted:
        one = targets[name]
        if one["runs"] is False and not kernels.lacking(model)[name]:
            reasons.append(f"push.targets has {name}, and the file does not run there: {one['why']}")
        elif not np.isfinite(one.get("max_difference_rows", 0.0)):
            reasons.append(
                f"push.targets has {name}, which gives NaN where the file gives a number, or a number for NaN"
            )
    return reasons
