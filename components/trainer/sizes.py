"""How large a file will be, by part: what stands in front of the network is measured, the network itself is counted.

The constants were fitted to files of untrained networks of tables of the suite and of the configurations here, see
`make prove-sizes`: an estimate is at most 5 % above the file, and not below it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from components.compression_settings import Conversion, hidden_layers
from components.settings import Training

GRAPH, LAYER, BENDS, LOOKUP = (350, 1020), 285, 2660, (150, 445)
"""Operators, tensors and names: of any network, of a hidden layer, of a group of numbers that bend, of a table of ids;
where there are two, with tables of floats and with tables of bytes."""
STRAIGHT = 64
"""Of a network where nothing bends, beyond its parts."""
RUN = 175
"""Of a slice of neighbouring columns, where those in use have others between them."""
DECODE = {"linear": 0, "log": 330, "logits": 240}
"""Of the operators behind the network beyond those of a standardized label, by how the label is encoded."""
INPUTS = "inputs and features"
DYNAMIC = 1024
"""Weights from which on the converter makes bytes of a kernel for `dynamic`."""


@dataclass(frozen=True)
class Ends:
    """What goes into a network and what comes out.

    Attributes:
        front: bytes of a file of the features alone.
        dense: width of the float inputs.
        ids: number of ids and embedding width of each id input.
        outputs: numbers in one output.
        decode: bytes of what makes predictions of them, see `DECODE`.
    """

    front: int
    dense: int
    ids: Mapping[str, tuple[int, int]]
    outputs: int = 1
    decode: int = 0


class Group(NamedTuple):
    """Numbers that bend together.

    Attributes:
        numbers: how many.
        edges: boundaries of each.
        width: functions of each.
        runs: stretches of neighbours among all numbers, each of which is a slice where there are several.
    """

    numbers: int
    edges: int
    width: int
    runs: int = 1


class Held(NamedTuple):
    """How the weights of a file are held.

    Attributes:
        table: bytes of a value in the tables of ids and of numbers.
        kernel: bytes of a weight of each hidden layer.
        unit: bytes beside them for each unit: its bias, and where each has a scale of its own, that.
    """

    table: int
    kernel: Sequence[int]
    unit: int


def held(training: Training, conversion: Conversion | None, shapes: Sequence[tuple[int, int]]) -> Held:
    """How a file holds the weights of hidden layers of such shapes, `[inputs, units]` each.

    Args:
        training: may make bytes of them.
        conversion: may make bytes of them afterwards; None where something will, and nobody knows yet what.
        shapes: of the hidden layers.
    """
    aware = training.quantization
    if conversion is None:
        return Held(1, [1] * len(shapes), 12)
    if aware is not None:
        names = hidden_layers(tuple(units for _, units in shapes))
        chosen = names if aware.layers is None else aware.layers
        return Held(1 if aware.embeddings else 4, [1 if name in chosen else 4 for name in names], 4)
    kind, table = conversion.quantization, 1 if conversion.in_integers else 4
    if kind == "dynamic":
        return Held(table, [1 if a * b >= DYNAMIC else 4 for a, b in shapes], 8)
    return Held(table, [{"none": 4, "float16": 2}.get(kind, 1)] * len(shapes), 12 if conversion.in_integers else 4)


def parts(
    ends: Ends, bent: Mapping[str, Group], units: Sequence[int], training: Training, conversion: Conversion | None
) -> dict[str, int]:
    """Bytes by part of the file, in words.

    Args:
        ends: of the network.
        bent: numbers that bend, by group.
        units: of the hidden layers.
        training, conversion: see `held`.
    """
    inputs = ends.dense + sum(one.numbers * one.width for one in bent.values())
    inputs += sum(width for _, width in ends.ids.values())
    shapes = list(zip((inputs, *units), units, strict=False))
    weights = held(training, conversion, shapes)
    # Beside boundaries and values a number has a step, a place, and two numbers to find its row of the table.
    bends = sum(one.numbers * (one.edges * (weights.table * one.width + 4) + 20) + BENDS for one in bent.values())
    bends += sum(RUN * one.runs for one in bent.values() if one.runs > 1)
    count = sum(one.numbers for one in bent.values())
    found = {INPUTS: ends.front, f"functions of {count} numbers": bends}
    in_bytes = weights.table == 1
    found |= {
        f"embedding of {name}": size * wide * weights.table + LOOKUP[in_bytes]
        for name, (size, wide) in ends.ids.items()
    }
    found["hidden layers"] = sum(
        a * b * size + weights.unit * b + LAYER for (a, b), size in zip(shapes, weights.kernel, strict=True)
    )
    found["output and skip"] = (
        GRAPH[in_bytes]
        + (0 if bent else STRAIGHT)
        + ends.decode
        + 4 * ends.dense * (1 + ends.outputs)
        + 4 * ends.outputs * (units[-1] + 2)
    )
    return {name: size for name, size in found.items() if size}
