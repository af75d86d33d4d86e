"""Every test row with its label and predictions, as a Parquet file that the report reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt
import pyarrow as pa
from pyarrow import parquet

from data.writing import written_whole

INPUT = "input."
PREDICTED = "predicted."
LABEL = "label"


def write_rows(
    path: Path, columns: Mapping[str, npt.NDArray[Any]], label: npt.NDArray[Any], predictions: Mapping[str, Any]
) -> None:
    """Puts the file in its place whole.

    Args:
        path: of the file; its folder is made.
        columns: inputs `[rows]` as the device gets them, by column of the source; become `input.NAME`.
        label: float32 `[rows]`, in label units.
        predictions: float32 `[rows]`, or `[rows, classes]`, by model; become `predicted.NAME`.
    """
    named = {INPUT + name: values for name, values in columns.items()}
    named |= {LABEL: label} | {PREDICTED + name: _column(values) for name, values in predictions.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as stream:
        parquet.write_table(pa.table(named), stream, compression="zstd")


def _column(values: npt.NDArray[Any]) -> Any:
    """Probabilities of classes as lists of one length."""
    return values if values.ndim == 1 else pa.FixedSizeListArray.from_arrays(values.ravel(), values.shape[1])
