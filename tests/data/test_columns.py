"""Columns as the vocabulary describes them: what follows from a role, the same in ingestion and in graphs."""

from __future__ import annotations

import pyarrow as pa

from data.batches import Batch
from data.columns import ARROW, described, inputs
from data.rows import to_rows
from data.spec import Dataset
from transforms.in_memory import raw_spec

DATASET = Dataset.model_validate(
    {
        "source": "trips.csv",
        "label": {"column": "Trip Cost", "unit": "EUR"},
        "points": {"start": {"latitude": "lat", "longitude": "lon"}},
        "time": {"column": "when", "time_zone": "Europe/Berlin"},
        "numeric": ["km"],
        "categorical": ["line"],
    }
)
STORED = {
    "lat": "float32",
    "lon": "float32",
    "when": "int64",
    "km": "float32",
    "line": "string",
    "Trip Cost": "float32",
}
UNITS = {"lat": "degree", "lon": "degree", "when": "second", "km": None, "line": None, "Trip Cost": "EUR"}
DEVICE = {"lat": "float32", "lon": "float32", "when": "int32", "km": "float32", "line": "int32"}


def test_every_column_of_a_role_is_described_in_the_order_of_the_inputs() -> None:
    columns = described(DATASET)
    assert [one.name for one in columns] == DATASET.columns()
    assert {one.name: one.stored_dtype for one in columns} == STORED
    assert {one.name: one.unit for one in columns} == UNITS
    assert {one.name: one.device_dtype for one in inputs(DATASET)} == DEVICE
    assert {one.name: one.point for one in columns if one.point} == {"lat": "start", "lon": "start"}
    assert columns[0].meaning == "latitude of start (WGS 84); NaN if unknown"


def test_ingestion_and_the_graph_hold_a_column_in_the_dtype_of_its_role() -> None:
    values = [52.5, 13.4, 1_400_000_000, 3.5, "U2", 4.2]
    table = pa.table({name: [value] for name, value in zip(STORED, values, strict=True)})
    rows = to_rows(DATASET, Batch("trips.csv", pa.array([2]), table, ()))
    assert {name: column.type for name, column in rows.columns.items()} == {
        name: ARROW[dtype] for name, dtype in STORED.items()
    }
    assert {name: one.dtype.name for name, one in raw_spec(DATASET).items()} == {
        one.tensor: STORED[one.name] for one in described(DATASET)
    }
