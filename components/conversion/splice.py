"""Several TensorFlow Lite files into one: what a part puts out under a name, a later part takes in under it."""

from __future__ import annotations

from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
from tensorflow.lite.tools import flatbuffer_utils


def splice(parts: list[bytes]) -> bytes:
    """One file with the inputs and signature of the first part and the outputs of the last.

    Args:
        parts: files of one subgraph and one signature each, in order of their data.

    Raises:
        ValueError: a part takes something in that no part before it puts out.
    """
    trees = [flatbuffer_utils.convert_bytearray_to_object(bytearray(part)) for part in parts]
    base = trees[0]
    graph, signature = base.subgraphs[0], base.signatureDefs[0]
    known = {_text(one.name): one.tensorIndex for one in signature.outputs}
    for tree in trees[1:]:
        known = {**known, **_append(base, graph, tree, known)}
    last = trees[-1].signatureDefs[0]
    for one in last.outputs:
        one.tensorIndex = known[_text(one.name)]
    signature.outputs = last.outputs
    graph.outputs = [one.tensorIndex for one in last.outputs]
    return bytes(flatbuffer_utils.convert_object_to_bytearray(base))


def _append(base: Any, graph: Any, tree: Any, known: dict[str, int]) -> dict[str, int]:
    """Adds a part's tensors and operators to the graph; gives back where its outputs lie there."""
    part, signature = tree.subgraphs[0], tree.signatureDefs[0]
    places: dict[int, int] = {-1: -1}  # -1 stands for an input that an operator leaves out
    for one in signature.inputs:
        name = _text(one.name)
        if name not in known:
            raise ValueError(f"a part takes in {name!r}, but the parts before it put out {', '.join(known)}")
        places[one.tensorIndex] = known[name]
    for index, tensor in enumerate(part.tensors):
        if index in places:
            continue
        places[index] = len(graph.tensors)
        tensor.buffer += len(base.buffers)
        graph.tensors.append(tensor)
    codes = len(base.operatorCodes)
    for operator in part.operators:
        operator.opcodeIndex += codes
        operator.inputs = [places[int(index)] for index in operator.inputs]
        operator.outputs = [places[int(index)] for index in operator.outputs]
        graph.operators.append(operator)
    base.buffers += tree.buffers
    base.operatorCodes += tree.operatorCodes
    return {_text(one.name): places[one.tensorIndex] for one in signature.outputs}


def _text(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else name
