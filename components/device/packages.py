"""Packages for C, C++, microcontrollers, browsers, Android and iOS, written for one very file.

They hold typed inputs, a check of the training range, a time without a time zone, a typed result, and a test that
replays all test vectors; the templates lie in `kit_templates/`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components.device import kit
from data.vocabulary import Interface, TargetRun

COMMON = (
    "c/predictor_inputs.h",
    "c/predictor_inputs.c",
    "c/vectors.h",
    "c/predictor.h",
    "c/predictor.c",
    "c/predictor.hpp",
    "c/test_predictor.c",
    "c/CMakeLists.txt",
    "javascript/predictor.mjs",
    "javascript/package.json",
    "javascript/replay.mjs",
    "kotlin/settings.gradle.kts",
    "kotlin/build.gradle.kts",
    "kotlin/src/main/kotlin/predictor/LiteRtEngine.kt",
    "kotlin/src/androidTest/kotlin/predictor/Replay.kt",
    "kotlin/src/androidTest/kotlin/predictor/ReplayTest.kt",
    "kotlin/src/androidTest/assets/vectors.txt",
    "swift/Package.swift",
    "swift/Sources/Predictor/TensorFlowLiteEngine.swift",
    "swift/Tests/PredictorTests/ReplayTests.swift",
    "swift/Tests/PredictorTests/vectors.txt",
)
MICRO = (
    "tflm/predictor_tflm.h",
    "tflm/predictor_tflm.cc",
    "tflm/model_data.h",
    "tflm/test_predictor_tflm.cc",
)
"""Only of a file that microcontrollers run."""

_ARENA_STEP = 1024


def write_packages(interface: Interface, micro: TargetRun, model: bytes, vectors: Mapping[str, Any]) -> dict[str, str]:
    """Text of each file of the packages, by path within the kit.

    Args:
        interface: as the manifest tells it.
        micro: how the file does on microcontrollers.
        model: the file's bytes.
        vectors: as `test_vectors.json` holds them.
    """
    arguments = kit.arguments(interface.inputs)
    replayed = [_vector(row, arguments) for row in vectors["rows"]]
    told = {
        **kit.told(interface),
        "inputs_json": _script([_described(one, _needed(one.name, vectors["rows"])) for one in arguments]),
        "vectors_json": _script(vectors["rows"]),
        "tolerance": repr(float(vectors["tolerance"])),
        "classes_json": _script(interface.output.classes or []),
        "threshold_c": _float(interface.output.decision.threshold if interface.output.decision else None),
        "tolerance_c": _float(vectors["tolerance"]),
        "vectors": replayed,
        "vector_lines": [" ".join(one[2:] for one in (*row["bits"], *row["expected_bits"])) for row in replayed],
        "operators": [_resolver_name(one) for one in micro.operators],
        **_arena(micro.arena_bytes),
        "model_lines": [", ".join(f"0x{byte:02x}" for byte in model[at : at + 16]) for at in range(0, len(model), 16)],
    }
    wanted = (*COMMON, *(MICRO if micro.runs is not False and micro.operators else ()))
    return {path: kit.rendered(path, _language(path), told) for path in wanted}


def _language(path: str) -> str:
    first = path.split("/")[0]
    return first if first in ("javascript", "kotlin", "swift") else "c"


def _vector(row: Mapping[str, Any], arguments: Sequence[kit.Argument]) -> dict[str, Any]:
    types = {"number": np.float32}
    values = ((row["inputs"][one.name], types.get(one.kind, np.int32)) for one in arguments)
    expected = row["prediction"] if isinstance(row["prediction"], list) else [row["prediction"]]
    return {
        "bits": [_bits(value, kind) for value, kind in values],
        "expected": [_float(one) for one in expected],
        "expected_bits": [_bits(one, np.float32) for one in expected],
    }


def _bits(value: float | None, kind: Any) -> str:
    return f"0x{int(np.array(np.nan if value is None else value, kind).view(np.uint32)):08x}"


def _needed(name: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the file says NaN without this number: so it did in the vector that lacks nothing else."""
    lacks = (row for row in rows if [one for one, value in row["inputs"].items() if value is None] == [name])
    return any(set(np.atleast_1d(row["prediction"])) == {None} for row in lacks)


def _described(one: kit.Argument, needed: bool) -> dict[str, Any]:
    told = {"name": one.name, "argument": one.camel, "kind": one.kind, "range": one.range, "needed": needed}
    return {**told, "vocabulary": one.vocabulary, "buckets": one.oov_buckets} if one.kind == "category" else told


def _script(value: Any) -> str:
    """JSON, one entry a line, that may stand in a script."""
    entries = (json.dumps(one, ensure_ascii=False).replace("</", "<\\/") for one in value)
    return "[\n  " + ",\n  ".join(entries) + ",\n]"


def _float(value: float | None) -> str:
    """A literal of C that reads back as the very float32."""
    if value is None or math.isnan(value):
        return "NAN"
    text = np.format_float_positional(np.float32(value), unique=True, trim="0")
    return f"{text}f"


def _resolver_name(operator: str) -> str:
    """`FULLY_CONNECTED` to the `FullyConnected` of the resolver's method."""
    special = {"BATCH_MATMUL": "BatchMatMul"}
    return special.get(operator) or "".join(word.capitalize() for word in operator.split("_"))


def _arena(measured: int | None) -> dict[str, Any]:
    """What to reserve: the measured bytes and a quarter, in which the plan is made, in whole kilobytes."""
    if measured is None:
        return {
            "arena_bytes": 65536,
            "arena_note": "Not measured: lower it to what arena_used_bytes() tells and a little.",
        }
    room = math.ceil(measured * 1.25 / _ARENA_STEP) * _ARENA_STEP
    note = f"Kept of it: {measured:,} bytes with addresses of 64 bits; a quarter more to plan in. Lower it by trying."
    return {"arena_bytes": room, "arena_note": note}
