"""Takes out of a file what changes nothing: the operators left give the same outputs to the last bit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
from tensorflow.lite.python import schema_py_generated as schema

_OPERATORS, _TYPES = schema.BuiltinOperator, schema.TensorType
_MOVES = (_OPERATORS.RESHAPE, _OPERATORS.EXPAND_DIMS, _OPERATORS.SQUEEZE)
"""Operators that leave values as they are."""


def simplify(tree: Any) -> None:
    """Simplifies a `ModelT` of TensorFlow Lite's schema with one subgraph, in place."""
    graph = Graph(tree)
    for rule in (_clamp_at_the_ends, _there_and_back, _shaped_and_back, _whole_slices, _outputs_never_read):
        for operator in list(graph.operators):
            rule(graph, operator)
    graph.sweep()


class Graph:
    """A subgraph with what the rules ask of it."""

    def __init__(self, tree: Any) -> None:
        (self._graph,) = tree.subgraphs
        self._tree = tree
        self.operators: list[Any] = self._graph.operators
        self.tensors: list[Any] = self._graph.tensors

    def code(self, operator: Any) -> int:
        """Which builtin operator it is; see `BuiltinOperator`."""
        code = self._tree.operatorCodes[operator.opcodeIndex]
        return int(max(code.builtinCode, code.deprecatedBuiltinCode))

    def maker(self, tensor: int) -> Any | None:
        """The operator that puts a tensor out; None for inputs and constants."""
        return next((one for one in self.operators if tensor in one.outputs), None)

    def readers(self, tensor: int) -> list[Any]:
        """The operators that take a tensor in; the output of the file counts as one that cannot be changed."""
        found: list[Any] = [one for one in self.operators if tensor in one.inputs]
        return found + ([None] if tensor in self._graph.outputs else [])

    def constant(self, tensor: int) -> Any | None:
        """The values of a constant; None for what is computed, and for types that no rule asks for."""
        kinds = {_TYPES.INT8: np.int8, _TYPES.INT32: np.int32, _TYPES.FLOAT32: np.float32}
        described = self.tensors[tensor]
        data = self._tree.buffers[described.buffer].data
        if data is None or not len(data) or described.type not in kinds:
            return None
        return np.frombuffer(bytes(data), kinds[described.type]).reshape(described.shape)

    def set_constant(self, tensor: int, value: Any) -> None:
        """Gives a tensor a buffer of its own with other values of the same type."""
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(value.tobytes(), np.uint8)
        self.tensors[tensor].buffer = len(self._tree.buffers)
        self.tensors[tensor].shape = np.array(value.shape, np.int32)
        self._tree.buffers.append(buffer)

    def bypass(self, operator: Any, instead: int) -> None:
        """Removes an operator with one output; whoever read it reads tensor `instead`."""
        (gone,) = operator.outputs
        self.operators.remove(operator)
        for reader in self.operators:
            reader.inputs = [instead if index == gone else int(index) for index in reader.inputs]

    def sweep(self) -> None:
        """Drops operators that nobody reads, and the tensors that no operator has any more."""
        read = set(self._edges())
        while unread := [one for one in self.operators if read.isdisjoint(int(index) for index in one.outputs)]:
            for one in unread:
                self.operators.remove(one)
            read = set(self._edges())
        used = sorted({*self._edges(), *(int(index) for one in self.operators for index in one.outputs)} - {-1})
        places = {-1: -1, **{index: place for place, index in enumerate(used)}}
        self._graph.tensors = [self.tensors[index] for index in used]
        for one in (*self.operators, self._graph):
            one.inputs = [places[int(index)] for index in one.inputs]
            one.outputs = [places[int(index)] for index in one.outputs]
        for signature in self._tree.signatureDefs:
            for edge in (*signature.inputs, *signature.outputs):
                edge.tensorIndex = places[edge.tensorIndex]

    def _edges(self) -> Iterator[int]:
        """What is read: inputs of operators, and inputs and outputs of the file."""
        yield from (int(index) for one in self.operators for index in one.inputs)
        yield from (int(index) for index in (*self._graph.inputs, *self._graph.outputs))


def _clamp_at_the_ends(graph: Graph, operator: Any) -> None:
    """A minimum with 127 or a maximum with -128 of int8: saturating rounding has clipped before."""
    ends = {_OPERATORS.MINIMUM: 127, _OPERATORS.MAXIMUM: -128}
    end = ends.get(graph.code(operator))
    if end is None:
        return
    left, right = (int(index) for index in operator.inputs)
    (out,) = operator.outputs
    for value, limit in ((left, right), (right, left)):
        found = graph.constant(limit)
        if found is None or graph.tensors[limit].type != _TYPES.INT8 or (found != end).any():
            continue
        if _same_kind(graph.tensors[value], graph.tensors[out]) and None not in graph.readers(int(out)):
            graph.bypass(operator, value)
            return


def _same_kind(one: Any, other: Any) -> bool:
    """Of one type, shape and quantization."""

    def scale(tensor: Any) -> tuple[list[float], list[int]] | None:
        found = tensor.quantization
        return None if found is None or found.scale is None else (list(found.scale), list(found.zeroPoint))

    return one.type == other.type and list(one.shape) == list(other.shape) and scale(one) == scale(other)


def _there_and_back(graph: Graph, operator: Any) -> None:
    """A cast from int64 to int32 of what was int32 before, reshaped at most: it gives the same number again."""
    if not _casts(graph, operator, _TYPES.INT64, _TYPES.INT32) or None in graph.readers(int(operator.outputs[0])):
        return
    moves, reader, at = [], operator, int(operator.inputs[0])
    while (maker := graph.maker(at)) is not None and graph.code(maker) in _MOVES and graph.readers(at) == [reader]:
        moves.append(maker)
        reader, at = maker, int(maker.inputs[0])
    if maker is None or not _casts(graph, maker, _TYPES.INT32, _TYPES.INT64):
        return
    source = int(maker.inputs[0])
    if moves:
        moves[-1].inputs = [source, *moves[-1].inputs[1:]]
        source = int(moves[0].outputs[0])
    for move in moves:
        graph.tensors[int(move.outputs[0])].type = _TYPES.INT32
    graph.bypass(operator, source)


def _shaped_and_back(graph: Graph, operator: Any) -> None:
    """A reshape to what the shape was before another reshape, with only casts between."""
    if graph.code(operator) not in _MOVES or None in graph.readers(int(operator.outputs[0])):
        return
    casts, reader, at = [], operator, int(operator.inputs[0])
    while (maker := graph.maker(at)) is not None and graph.code(maker) == _OPERATORS.CAST:
        if graph.readers(at) != [reader]:
            return
        casts.append(maker)
        reader, at = maker, int(maker.inputs[0])
    if maker is None or graph.code(maker) not in _MOVES or graph.readers(at) != [reader]:
        return
    source, shape = int(maker.inputs[0]), graph.tensors[int(operator.outputs[0])].shape
    if list(graph.tensors[source].shape) != list(shape):
        return
    for cast in casts:
        graph.tensors[int(cast.outputs[0])].shape = shape
    graph.bypass(maker, source)
    graph.bypass(operator, int(operator.inputs[0]))


def _whole_slices(graph: Graph, operator: Any) -> None:
    """A strided slice, every step 1, that is as large as what it is of: it is the same."""
    if graph.code(operator) != _OPERATORS.STRIDED_SLICE or None in graph.readers(int(operator.outputs[0])):
        return
    strides = graph.constant(int(operator.inputs[3]))
    source, out = int(operator.inputs[0]), int(operator.outputs[0])
    if strides is not None and (strides == 1).all() and _same_kind(graph.tensors[source], graph.tensors[out]):
        graph.bypass(operator, source)


def _casts(graph: Graph, operator: Any, start: int, end: int) -> bool:
    return (
        graph.code(operator) == _OPERATORS.CAST
        and graph.tensors[int(operator.inputs[0])].type == start
        and graph.tensors[int(operator.outputs[0])].type == end
    )


def _outputs_never_read(graph: Graph, operator: Any) -> None:
    """The first columns of a float product: its kernel needs the rows for these only."""
    if graph.code(operator) != _OPERATORS.STRIDED_SLICE or not _takes_first_columns(graph, operator):
        return
    whole, out = int(operator.inputs[0]), int(operator.outputs[0])
    product = graph.maker(whole)
    if product is None or graph.code(product) != _OPERATORS.FULLY_CONNECTED or graph.readers(whole) != [operator]:
        return
    weights = [int(index) for index in product.inputs[1:] if index != -1]
    values = [value for index in weights if (value := graph.constant(index)) is not None and value.dtype == np.float32]
    if len(values) < len(weights):
        return
    if any(graph.readers(index) != [product] for index in weights) or None in graph.readers(out):
        return
    for index, value in zip(weights, values, strict=True):
        graph.set_constant(index, value[: graph.tensors[out].shape[1]].copy())
    graph.tensors[whole].shape = graph.tensors[out].shape
    graph.bypass(operator, whole)


def _takes_first_columns(graph: Graph, operator: Any) -> bool:
    """Whether a strided slice of `[1, n]` is its columns up to some k."""
    begin, _, strides = (graph.constant(int(index)) for index in operator.inputs[1:])
    told = operator.builtinOptions
    return (
        begin is not None
        and strides is not None
        and not begin.any()
        and bool((strides == 1).all())
        and not (told.ellipsisMask or told.newAxisMask or told.shrinkAxisMask)
        and len(graph.tensors[int(operator.outputs[0])].shape) == 2
    )
