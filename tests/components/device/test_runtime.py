"""The interpreter on many rows at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from components.device.runtime import Engine, predict
from tests.conftest import tiny_interface


def test_what_stays_from_row_to_row_need_not_be_set_anew(tiny_tflite: bytes) -> None:
    chance = np.random.default_rng(5)
    columns: dict[str, Any] = {}
    for one in tiny_interface()["inputs"]:
        values = chance.normal(1, 1, 60) if one["dtype"] == "float32" else chance.integers(0, 3, 60)
        # Stretches of one value, of another length in each column.
        columns[one["name"]] = np.repeat(values, 1 + len(columns))[:60].astype(one["dtype"])
    columns["passengers"][20:40] = np.nan
    columns["pickup_lat"][30:32] = (0.0, -0.0)
    for xnnpack in (True, False):
        engine = Engine(tiny_tflite, xnnpack)
        np.testing.assert_array_equal(engine.rows(columns), predict(tiny_tflite, columns, xnnpack))
        # Nothing of the rows before is left.
        np.testing.assert_array_equal(engine.rows(columns), predict(tiny_tflite, columns, xnnpack))


@pytest.mark.parametrize("rows", [1, 2])
def test_few_rows_are_rows_too(tiny_tflite: bytes, rows: int) -> None:
    columns = {one["name"]: np.ones(rows, one["dtype"]) for one in tiny_interface()["inputs"]}
    assert Engine(tiny_tflite).rows(columns).shape == (rows,)
