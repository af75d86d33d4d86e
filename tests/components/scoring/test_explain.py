"""One prediction taken apart, against the tiny model's formula; and no TensorFlow on the way."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.registry.store import CorruptError, Store, StoreError
from components.scoring.explain import Explanation, explain, row_of
from data.errors import DataError
from tests.conftest import tiny_formula

ROW = {
    "pickup_lat": "41.9",
    "pickup_lon": "-87.6",
    "dropoff_lat": "41.95",
    "dropoff_lon": "-87.7",
    "start": "2014-05-13 17:00",
    "passengers": "5",
    "company": "Blue",
}
# 17:00 in UTC is noon on Chicago's clocks in May.
TYPED = {**{name: float(text) for name, text in ROW.items() if name not in ("start", "company")}, "company": 1}
TYPED |= {"start": 1_399_982_400}


@pytest.fixture
def store(tmp_path: Path, publish_tiny: Callable[..., str]) -> Store:
    store = Store(tmp_path / "models")
    publish_tiny(store)
    return store


def of(store: Store, **changes: str) -> Explanation:
    return explain(store, None, row_of({**ROW, **changes}), None)


def predicted(tiny_vectors: dict[str, Any], *replaced: str) -> Any:
    """By hand: the row, with these inputs as each of the other rows has them."""
    others = [one["inputs"] for one in tiny_vectors["rows"]]
    rows = [{**TYPED, **{name: other[name] for name in replaced}} for other in others]
    return tiny_formula({name: np.array([row[name] for row in rows]) for name in TYPED})


def test_each_input_alone_takes_the_values_of_the_test_rows(store: Store, tiny_vectors: dict[str, Any]) -> None:
    found = of(store)
    assert found.prediction == pytest.approx(predicted(tiny_vectors)[0], abs=1e-3)
    assert (found.of, found.unit, found.rows, found.version) == ("predicted fare", "usd", 2, "000001")
    assert found.usual == pytest.approx(np.mean([one["prediction"] for one in tiny_vectors["rows"]]), abs=1e-3)
    parts = {"pickup": ("pickup_lat", "pickup_lon"), "dropoff": ("dropoff_lat", "dropoff_lon")}
    assert {one.name for one in found.changes} == {*parts, "start", "passengers", "company"}
    for one in found.changes:
        by_hand = predicted(tiny_vectors, *parts.get(one.name, (one.name,)))
        assert one.change == pytest.approx(found.prediction - by_hand.mean(), abs=1e-3), one.name
        assert (one.low, one.high) == (pytest.approx(by_hand.min(), abs=1e-3), pytest.approx(by_hand.max(), abs=1e-3))
    sizes = [abs(one.change) for one in found.changes]
    assert sizes == sorted(sizes, reverse=True)
    assert {one.name: one.given for one in found.changes}["start"] == {"start": "2014-05-13 17:00"}


def test_what_training_did_not_show_is_told_as_predict_flags_it(store: Store) -> None:
    assert of(store).flags == []
    assert of(store, passengers="9", company="Yellow").flags == [
        "passengers: outside the training range 1 to 6",
        "company: unknown category",
    ]
    assert of(store, company="").flags == ["company: missing"]


def test_a_row_without_a_prediction_has_no_explanation(store: Store) -> None:
    with pytest.raises(DataError, match="no prediction: pickup_lat"):
        of(store, pickup_lat="95")
    with pytest.raises(DataError, match="no prediction: the model gives no finite number"):
        of(store, passengers="")  # it knows no missing number
    short = {name: text for name, text in ROW.items() if name != "company"}
    with pytest.raises(DataError, match="the row lacks the column company that the model takes"):
        explain(store, None, row_of(short), None)
    with pytest.raises(DataError, match="--class yes: the label has no such class; it is a number"):
        explain(store, None, row_of(ROW), "yes")


def test_a_row_is_found_in_a_table_by_its_number(store: Store, tmp_path: Path) -> None:
    table = tmp_path / "rows.csv"
    rows = [",".join({**ROW, "passengers": count}.values()) for count in "123"]
    table.write_text("\n".join([",".join(ROW), *rows]) + "\n")
    given = [
        {one.name: one.given for one in explain(store, None, (str(table), number), None).changes} for number in (1, 3)
    ]
    assert [one["passengers"]["passengers"] for one in given] == ["1", "3"]
    with pytest.raises(DataError, match="has 3 rows, so there is no --row 4"):
        explain(store, None, (str(table), 4), None)


def test_damaged_or_missing_test_rows_are_said(store: Store, tmp_path: Path, publish_tiny: Callable[..., str]) -> None:
    path = store.folder("000001") / "test_vectors.json"
    kept = path.read_text()
    path.write_text(kept.replace("41.9", "41.8"))
    with pytest.raises(CorruptError, match="is not what was pushed"):
        of(store)
    path.write_text(kept)
    odd = {"tolerance": 0.01, "rows": [{**one, "what": "zero"} for one in json.loads(kept)["rows"]]}
    manifest = {name: value for name, value in store.manifest("000001").items() if name not in ("files", "seal")}
    store.publish(store.model("000001") + b"2", manifest, odd, store.folder("000001") / "source")
    with pytest.raises(StoreError, match="keeps no test rows"):
        of(store)


def test_no_tensorflow_is_loaded() -> None:
    code = "import sys, components.scoring.explain; print('tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
