"""Which operators and types each kind of device has, so that a file is refused by name before anybody flashes it.

The tables were read from the sources of the runtimes, whose versions stand beside them. They hold what this package's
transforms and networks are made of, and what is near; an operator that is not named counts as lacking.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.tools import flatbuffer_utils

LITERT = "LiteRT 2.3.0"
"""Has every builtin operator for what the converter makes of it; whether it runs is measured, not looked up."""

MICRO = "TensorFlow Lite for Microcontrollers of 2026-08-20 (90b983c)"
_FLOAT, _NUMBERS = ("float32",), ("float32", "int8", "int16", "int32")
_SMALL = ("float32", "int8", "int16")
_COMPARED = ("float32", "int32", "int64", "int8")
MICRO_KERNELS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("ADD", "SUB", "MUL", "SQUARED_DIFFERENCE"), _NUMBERS),
    **dict.fromkeys(("MINIMUM", "MAXIMUM"), (*_NUMBERS, "int64")),
    **dict.fromkeys(("GREATER_EQUAL", "GREATER", "LESS", "LESS_EQUAL"), _COMPARED),
    **dict.fromkeys(("EQUAL", "NOT_EQUAL"), (*_COMPARED, "bool")),
    **dict.fromkeys(("LOGICAL_AND", "LOGICAL_OR", "LOGICAL_NOT"), ("bool",)),
    **dict.fromkeys(("SIN", "COS", "SQRT", "SQUARE", "LOG", "EXP", "NEG", "CEIL", "FLOOR", "ROUND"), _FLOAT),
    **dict.fromkeys(("FLOOR_DIV", "FLOOR_MOD"), _FLOAT),
    **dict.fromkeys(("RELU", "RELU6", "TANH", "LOGISTIC", "SOFTMAX", "ABS", "RSQRT"), _SMALL),
    **dict.fromkeys(("CONCATENATION",), (*_NUMBERS, "int64", "bool")),
    **dict.fromkeys(("PACK", "UNPACK"), _NUMBERS),
    **dict.fromkeys(("SUM", "MEAN", "REDUCE_MAX", "REDUCE_MIN"), ("float32 int32", "int8 int32", "int16 int32")),
    **dict.fromkeys(("BATCH_MATMUL",), _SMALL),
    **dict.fromkeys(("STRIDED_SLICE", "SLICE"), tuple(f"{one} int32" for one in (*_NUMBERS, "bool"))),
    "PAD": tuple(f"{one} int32" for one in _NUMBERS),
    "TRANSPOSE": tuple(f"{one} int32" for one in _SMALL),
    "EXPAND_DIMS": tuple(f"{one} int32" for one in _SMALL),
    "RESHAPE": ("any int32",),
    "SQUEEZE": ("any",),
    "DIV": ("float32", "int32", "int8"),
    "CAST": ("float32", "int8", "int16", "int32", "bool"),
    "GATHER": ("float32 int32", "int8 int32"),  # with or without `batch_dims`; no other tables
    "SELECT_V2": tuple(f"bool {one}" for one in _SMALL),  # no SELECT, which three equal shapes become
    "BROADCAST_TO": ("any int32",),
    "QUANTIZE": (*_NUMBERS, "uint8"),
    "DEQUANTIZE": ("int8", "int16", "uint8"),  # no float16
    # No float inputs with int8 weights, as `dynamic` has them.
    "FULLY_CONNECTED": ("float32", "int8 int8 int32", "int16 int8 int64", "int16 int8 int32"),
}
"""Types of an operator's inputs, in turns; the last one stands for all further inputs."""

WEBGPU = "LiteRT's GPU delegate of 2026-08-21 (f677457)"
WEBGPU_KERNELS = (
    "ABS ADD CAST CONCATENATION COS DEQUANTIZE DIV EQUAL EXP FLOOR FLOOR_DIV FLOOR_MOD FULLY_CONNECTED GATHER GREATER "
    "GREATER_EQUAL LESS LESS_EQUAL LOG LOGICAL_AND LOGISTIC MAXIMUM MEAN MINIMUM MUL NEG NOT_EQUAL PACK PAD POW "
    "QUANTIZE REDUCE_MAX REDUCE_MIN RELU RELU6 RESHAPE RSQRT SELECT SELECT_V2 SIN SLICE SOFTMAX SPLIT SQRT SQUARE "
    "SQUARED_DIFFERENCE STRIDED_SLICE SUB SUM TANH TILE TRANSPOSE UNPACK BATCH_MATMUL"
)

_OPERATORS = {number: name for name, number in vars(schema.BuiltinOperator).items() if name.isupper()}
_TYPES = {number: name.lower() for name, number in vars(schema.TensorType).items() if name.isupper()}


def lacking(model: bytes) -> dict[str, list[str]]:
    """What each target lacks of a file, by target, `webgpu` included; no words where it lacks nothing.

    That of WebGPU is read, not run: nothing here drives a graphics card.
    """
    found: dict[str, list[str]] = {"litert": [], "micro": [], "webgpu": []}
    for name, operator, tensors, constant in _operators(model):
        types = [_TYPES[one.type] for one in tensors]
        if not _has(MICRO_KERNELS.get(name, ()), types):
            found["micro"].append(f"{name} of {', '.join(types)}")
        if reason := _webgpu(name, operator, tensors, constant):
            found["webgpu"].append(reason)
    return {target: list(dict.fromkeys(told)) for target, told in found.items()}


def refusals(model: bytes, targets: Sequence[str]) -> list[str]:
    """Why targets that a file must run on cannot run it, one sentence each."""
    versions = {"litert": LITERT, "micro": MICRO}
    told = lacking(model)
    return [
        f"push.targets has {target}, and {versions[target]} has no kernel for {'; '.join(told[target])}: "
        f"choose other features or another conversion (docs/reference/devices.md), or take {target} out"
        for target in targets
        if told[target]
    ]


def operators(model: bytes) -> list[str]:
    """Names of the operators of a file, each once: what a resolver must hold."""
    return sorted({name for name, *_ in _operators(model)})


def _operators(model: bytes) -> Iterator[tuple[str, Any, list[Any], list[bool]]]:
    """Name, operator, its inputs, and which of these are constants."""
    tree = flatbuffer_utils.convert_bytearray_to_object(bytearray(model))
    (graph,) = tree.subgraphs
    for operator in graph.operators:
        code = tree.operatorCodes[operator.opcodeIndex]
        tensors = [graph.tensors[int(index)] for index in operator.inputs if int(index) != -1]
        data = [tree.buffers[one.buffer].data for one in tensors]
        name = _OPERATORS[max(code.builtinCode, code.deprecatedBuiltinCode)]
        yield name, operator, tensors, [one is not None and len(one) > 0 for one in data]


def _has(kernels: Sequence[str], types: Sequence[str]) -> bool:
    for kernel in kernels:
        wanted = kernel.split()
        padded = [*wanted, *[wanted[-1]] * len(types)]
        if all(want in ("any", one) for want, one in zip(padded, types, strict=False)):
            return True
    return False


def _webgpu(name: str, operator: Any, tensors: Sequence[Any], constant: Sequence[bool]) -> str:
    if name not in WEBGPU_KERNELS.split():
        return name
    if name == "GATHER":
        shape = [] if tensors[1].shape is None else [int(size) for size in tensors[1].shape]
        if len(shape) > 1 or (constant[1] and shape not in ([], [1])):
            return f"GATHER by {'constant ' if constant[1] else ''}indices {shape}"
    if name == "STRIDED_SLICE" and operator.builtinOptions.shrinkAxisMask:
        return "STRIDED_SLICE with shrink_axis_mask"
    return ""
