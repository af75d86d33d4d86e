"""Rows of the source read anew, as `predict` reads a table: do they give the file the inputs that ingestion gave it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components.scoring.device_rows import on_device
from components.scoring.predict import Predictor
from data.batches import Batch
from data.reader import read
from data.rows import to_rows
from data.spec import Dataset
from data.tables import Stretch
from data.tensor_names import tensor_name

ROWS = 200


def check_source(described: Mapping[str, Any], files: Sequence[str], predictor: Predictor) -> tuple[int, list[str]]:
    """Takes the first rows of the first file both ways.

    Args:
        described: the configuration's `data`.
        files: of the source. One that is not on this machine, as in a container without the data, is passed over.
        predictor: of the file that is to ship.

    Returns:
        How many rows gave the same inputs, and why the file must not ship: the first row and column that differ.
    """
    file = next((one for one in files if Path(one).is_file()), None)
    if file is None:
        return 0, []
    dataset = Dataset.model_validate(described)
    batch = next(iter(read(dataset, file)))
    batch = Batch(file, batch.lines.slice(0, ROWS), batch.columns.slice(0, ROWS), ())
    rows = to_rows(dataset, batch)
    accepted = pa.array(~np.isin(batch.lines.to_numpy(zero_copy_only=False), rows.rejects.lines))
    table, lines = batch.columns.filter(accepted), batch.lines.filter(accepted).to_pylist()
    stored = {tensor_name(name): _plain(column) for name, column in rows.columns.items()}
    ingested = on_device(predictor.inputs, stored)
    given, faults, _ = predictor.typed(Stretch(table, [""] * len(lines)))
    for row in np.flatnonzero(faults != ""):
        return 0, [f"{file}, line {lines[row]}: was trained on, but `predict` gives it no prediction: {faults[row]}"]
    for one in predictor.inputs:
        name = one.name
        differ = ~(
            (given[name] == ingested[name]) | ((given[name] != given[name]) & (ingested[name] != ingested[name]))
        )
        for row in np.flatnonzero(differ):
            return 0, [
                f"{file}, line {lines[row]}: `predict` reads {one.source_column} as {given[name][row]}, training "
                f"read it as {ingested[name][row]}, from {_cell(table, one.source_column, int(row))}"
            ]
    return len(lines), []


def _plain(column: pa.Array) -> npt.NDArray[Any]:
    if pa.types.is_binary(column.type):
        return np.array(column.to_pylist(), dtype=object)
    return np.asarray(column.to_numpy(zero_copy_only=False))


def _cell(table: pa.Table, column: str, row: int) -> str:
    return repr(table.column(column)[row].as_py())
