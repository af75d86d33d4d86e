"""What Python programs may rely on; that `run` makes a file is shown by the notebook, in tests/e2e."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import farelite
from components.registry.store import Store, StoreError
from data.errors import DataError
from pipeline.config import ConfigError, from_tree

ROW = {
    "pickup_lat": 41.9,
    "pickup_lon": -87.6,
    "dropoff_lat": 41.95,
    "dropoff_lon": -87.7,
    "start": "2014-05-13 17:00",
    "passengers": 2,
    "company": "Blue",
}


@pytest.fixture
def runs(tmp_path: Path, publish_tiny: Callable[..., str]) -> Path:
    """A runs folder with two versions of one pipeline."""
    store = Store(tmp_path / "runs" / "tiny" / "models")
    publish_tiny(store, b"1")
    publish_tiny(store, b"2")
    return tmp_path / "runs"


def test_rows_of_any_form_have_the_same_predictions(runs: Path) -> None:
    model = farelite.load(runs_dir=runs)
    columns = {name: [value] * 3 for name, value in ROW.items()}
    one = model.predict(ROW).prediction
    assert one.shape == (1,)
    assert np.isfinite(one).all()
    frame = pd.DataFrame(columns)
    for rows in (columns, [ROW] * 3, frame, frame.assign(other="x"), pa.table(columns)):
        found = model.predict(rows)
        np.testing.assert_array_equal(found.prediction, np.repeat(one, 3))
        assert found.flags == ["", "", ""]


def test_a_row_without_a_prediction_is_kept_and_says_why(runs: Path) -> None:
    found = farelite.predict([ROW, {**ROW, "start": "soon"}, {**ROW, "company": "Red"}], runs_dir=runs)
    assert np.isnan(found.prediction).tolist() == [False, True, False]
    assert found.flags == ["", "start: does not read as %Y-%m-%d %H:%M", "company: unknown category"]


def test_rows_that_cannot_be_read_are_an_error_in_words(runs: Path) -> None:
    model = farelite.load(runs_dir=runs)
    with pytest.raises(DataError, match=r"the rows lacks the column company that the model takes. It has: pickup_lat"):
        model.predict({name: value for name, value in ROW.items() if name != "company"})
    with pytest.raises(DataError, match="rows are str; give a mapping, a list of mappings, a DataFrame or an Arrow"):
        model.predict("rows.csv")


def test_a_version_is_loaded_by_number_by_folder_or_because_it_is_live(runs: Path) -> None:
    assert farelite.load(runs_dir=runs).version == "000002"
    assert [farelite.load(what, runs_dir=runs).version for what in (1, "1", "000001", "latest")] == ["000001"] * 3 + [
        "000002"
    ]
    folder = runs / "tiny" / "models" / "000001"
    model = farelite.load(folder)
    assert (model.version, model.folder) == ("000001", folder.resolve())
    assert model.inputs == list(ROW)
    assert model.manifest["sha256"] == farelite.load(1, runs_dir=runs).manifest["sha256"]
    with pytest.raises(StoreError, match="no version 000007"):
        farelite.load(7, runs_dir=runs)
    with pytest.raises(StoreError, match=r"holds no model.json; give the folder of a version, or its number"):
        farelite.load(runs)


def test_a_run_that_published_nothing_cannot_be_loaded() -> None:
    refused = farelite.Run("refused", "", ["RMSE"], [], {}, {}, Path("aside"), None, Path("log"), "id", 1.0)
    assert not refused.ok
    with pytest.raises(StoreError, match=r"the run has published no version: refused \(RMSE\)"):
        farelite.load(refused)


def test_loading_and_predicting_import_no_tensorflow(runs: Path) -> None:
    code = (
        f"import sys, farelite; farelite.load(runs_dir={str(runs)!r}).predict({ROW!r})\n"
        "print('tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_proposal_is_a_configuration(tmp_path: Path) -> None:
    rows = [
        f"{50 + i * 7 % 90},{'Bern' if i % 3 else 'Chur'},{100 + i * 7 % 90 * 3 + i * 31 % 101}" for i in range(300)
    ]
    table = tmp_path / "houses.csv"
    table.write_text("\n".join(["size,town,price", *rows]) + "\n")
    proposed = farelite.propose(table, label="price")
    assert proposed["name"] == "houses"
    assert proposed["data"]["numeric"] == ["size"]
    config = from_tree(proposed, ["training.seed=3"])
    assert (config.data.source, config.training.seed) == (str(table), 3)
    assert "training" not in proposed, "what was given stays as it was"
    with pytest.raises(ConfigError, match=r"data.numeri: no such key. Did you mean numeric"):
        farelite.run({**proposed, "data": {**proposed["data"], "numeri": []}}, runs_dir=tmp_path)
