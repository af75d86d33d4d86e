"""What a model.tflite is made of: operators, tensors, zeros and working memory, counted in the file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.tools import flatbuffer_utils

from components.device import runtime
from transforms.piecewise import BEYOND


@dataclass(frozen=True)
class Anatomy:
    """Facts of one file.

    Attributes:
        operators: how often each builtin operator occurs.
        inputs, outputs: dtype and shape by name, in the file's order.
        quantization: `int8` when the hidden kernels are, else their dtype.
        dense_kernels: share of zeros over all hidden kernels, their number of weights and dtype.
        arena_bytes: the largest sum of sizes of the tensors alive at one operator; a runtime needs at least that.
    """

    operators: dict[str, int]
    inputs: dict[str, tuple[str, tuple[int, ...]]]
    outputs: dict[str, tuple[str, tuple[int, ...]]]
    quantization: str
    dense_kernels: dict[str, Any]
    arena_bytes: int


def dissect(model: bytes, kernels: list[list[int]]) -> Anatomy:
    """Opens a file and counts.

    Args:
        model: the file's bytes.
        kernels: shapes `[inputs, outputs]` of the hidden dense kernels to look for.

    Raises:
        ValueError: a hidden kernel is not in the file.
    """
    engine = runtime.interpreter(model)
    engine.allocate_tensors()
    signature = engine.get_signature_list()[runtime.SIGNATURE]
    by_index = {detail["index"]: detail for detail in engine.get_tensor_details()}
    runner = engine.get_signature_runner(runtime.SIGNATURE)
    operators = [op for op in engine._get_ops_details() if op["op_name"] != "DELEGATE"]
    found = _kernels(engine, operators, by_index, kernels)
    weights = sum(kernel.size for kernel in found)
    dtypes = sorted({str(kernel.dtype) for kernel in found})
    return Anatomy(
        operators=dict(sorted(Counter(op["op_name"] for op in operators).items())),
        inputs={name: _shape(detail) for name, detail in runtime.input_details(engine).items()},
        outputs={name: _shape(runner.get_output_details()[name]) for name in signature["outputs"]},
        quantization=",".join(dtypes),
        dense_kernels={
            "zeros": round(float(sum((kernel == 0).sum() for kernel in found) / weights), 4),
            "weights": int(weights),
        },
        arena_bytes=_peak(operators, by_index, engine),
    )


def boundaries(model: bytes) -> list[npt.NDArray[np.float32]]:
    """Rows of the tables that numbers are compared with to find their place: of bends and of buckets."""
    tree = flatbuffer_utils.convert_bytearray_to_object(bytearray(model))
    (graph,) = tree.subgraphs
    found = []
    for operator in graph.operators:
        code = tree.operatorCodes[operator.opcodeIndex]
        if max(code.builtinCode, code.deprecatedBuiltinCode) != schema.BuiltinOperator.GREATER_EQUAL:
            continue
        table = graph.tensors[int(operator.inputs[1])]
        data = tree.buffers[table.buffer].data
        if data is not None and len(data) and table.type == schema.TensorType.FLOAT32 and len(table.shape) == 2:
            rows = np.frombuffer(bytes(data), np.float32).reshape(table.shape)
            found += [row[row < BEYOND] for row in rows]
    return found


def _shape(detail: dict[str, Any]) -> tuple[str, tuple[int, ...]]:
    return np.dtype(detail["dtype"]).name, tuple(int(n) for n in detail["shape"])


def _kernels(engine: Any, operators: list[Any], by_index: dict[int, Any], wanted: list[list[int]]) -> list[Any]:
    """Constant weights of FULLY_CONNECTED operators of the wanted shapes; TensorFlow Lite stores them transposed."""
    left = [tuple(reversed(shape)) for shape in wanted]
    # Weights of two bytes pass through an operator that makes four of them.
    halves = {int(op["outputs"][0]): int(op["inputs"][0]) for op in operators if op["op_name"] == "DEQUANTIZE"}
    found = []
    for op in operators:
        if op["op_name"] != "FULLY_CONNECTED":
            continue
        detail = by_index[halves.get(int(op["inputs"][1]), int(op["inputs"][1]))]
        shape = tuple(int(n) for n in detail["shape"])
        if shape in left and _is_constant(engine, detail):
            left.remove(shape)
            found.append(engine.get_tensor(detail["index"]))
    if left:
        raise ValueError(f"the file holds no fully connected kernel of shape {', '.join(map(str, left))}")
    return found


def _is_constant(engine: Any, detail: dict[str, Any]) -> bool:
    try:
        return bool(engine.get_tensor(detail["index"]).size)
    except ValueError:
        return False


def _peak(operators: list[Any], by_index: dict[int, Any], engine: Any) -> int:
    made = {int(i): n for n, op in enumerate(operators) for i in op["outputs"]}
    made.update({int(detail["index"]): -1 for detail in engine.get_input_details()})
    last: dict[int, int] = {}
    for n, op in enumerate(operators):
        for index in (int(i) for i in op["inputs"]):
            last[index] = n
    last.update({int(detail["index"]): len(operators) for detail in engine.get_output_details()})
    sizes = {i: int(np.prod(by_index[i]["shape"])) * np.dtype(by_index[i]["dtype"]).itemsize for i in made}
    alive = [
        sum(size for i, size in sizes.items() if made[i] <= n <= last.get(i, made[i])) for n in range(len(operators))
    ]
    return max(alive, default=0)
