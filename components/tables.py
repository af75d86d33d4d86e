"""What the Transform step's graph makes of raw examples, as arrays: a model this small trains in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from transforms.features import BLOCK, LABEL, NUMBERS, is_id

FloatArray = npt.NDArray[np.float32]
Columns = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Table:
    """Rows ready for the network.

    Attributes:
        inputs: by name; `numbers`, `block` and `wide` float32 `[rows, width]`, ids int32 `[rows, 1]`.
        label: float32 `[rows]`.
    """

    inputs: dict[str, npt.NDArray[np.generic]]
    label: FloatArray

    @property
    def numbers(self) -> FloatArray:
        """float32 `[rows, n]`, the block before it was scaled and reduced."""
        return np.asarray(self.inputs[NUMBERS], np.float32)

    def __len__(self) -> int:
        return len(self.label)


def table_of(columns: Mapping[str, npt.NDArray[Any]], label: FloatArray, kept: Sequence[int]) -> Table:
    """The transformed features `[rows, width]` by name as the network takes them.

    Args:
        columns: as the graph gives them.
        label: float32 `[rows]`.
        kept: columns of the block in use.
    """
    used = {name: column[:, list(kept)] if name == BLOCK else column for name, column in columns.items()}
    # In the order of names: a graph gives them in any, and weights are kept by their place.
    inputs: dict[str, npt.NDArray[np.generic]] = {
        name: used[name].astype(np.int32 if is_id(name) else np.float32) for name in sorted(used) if name != LABEL
    }
    return Table(inputs, label)


def join(first: Table, second: Table) -> Table:
    """The rows of both."""
    inputs = {name: np.concatenate([column, second.inputs[name]]) for name, column in first.inputs.items()}
    return Table(inputs, np.concatenate([first.label, second.label]))
