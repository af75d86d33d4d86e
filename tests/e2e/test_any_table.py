"""Tables that nobody tuned for, by default but for short training: texts alone, twenty rows, any unit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from tests.e2e.command import farelite
from tests.e2e.lean import sets as options

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
SHORT = ("training.epochs=16", "training.batch_size=32", "training.quantization.epochs=2")
CHANCE = np.random.default_rng(0)


def run(folder: Path, table: pd.DataFrame, *sets: str) -> dict[str, Any]:
    """A run as a user would start it, whose configuration names the columns and nothing else; `y` is the label."""
    texts = [name for name in table.columns if table[name].dtype == object]
    numbers = [name for name in table.columns if name != "y" and name not in texts]
    table.to_csv(folder / "table.csv", index=False)
    columns = {key: names for key, names in (("numeric", numbers), ("categorical", texts)) if names}
    data = {"source": "table.csv", "label": {"column": "y"}, **columns}
    (folder / "c.yaml").write_text(yaml.safe_dump({"name": "any", "data": data}))
    done = farelite("run", "--json", "--config", "c.yaml", *options(*SHORT, *sets), cwd=folder)
    return {"code": done.returncode, "said": done.stderr, **json.loads(done.stdout or "{}")}


def test_categories_alone_become_a_model(tmp_path: Path) -> None:
    colours = CHANCE.choice(["red", "green", "blue"], 2000)
    label = pd.Series(colours).map({"red": 1, "green": 5, "blue": 9}) + CHANCE.normal(0, 0.5, 2000)
    table = pd.DataFrame({"colour": colours, "shape": CHANCE.choice(["round", "square"], 2000), "y": label})
    found = run(tmp_path, table)
    assert found["verdict"] == "pushed", found["said"]
    assert found["metrics"]["metrics"]["file"]["rmse"] < 0.7


def test_twenty_rows_are_refused_with_what_is_missing(tmp_path: Path) -> None:
    km = CHANCE.uniform(1, 20, 20)
    found = run(tmp_path, pd.DataFrame({"km": km, "hours": CHANCE.integers(1, 9, 20), "y": 3 + 2 * km}))
    assert (found["code"], found["verdict"]) in {(3, "refused"), (2, "stopped")}
    assert any("gate.min_rows" in one or "rows" in one for one in found["reasons"]), found["reasons"]


def test_a_label_in_another_unit_gives_the_same_verdict_and_the_same_relative_errors(tmp_path: Path) -> None:
    x = CHANCE.normal(size=(1500, 2))
    label = np.round(8 + 3 * np.tanh(x[:, 0]) + x[:, 1] + CHANCE.normal(0, 0.3, 1500), 3)
    shares = []
    for unit in (1e-4, 1e5):
        folder = tmp_path / f"{unit:g}"
        folder.mkdir()
        # Which rows are test rows must not hang on the label's digits.
        table = pd.DataFrame({"row": np.arange(1500), "a": x[:, 0], "b": x[:, 1], "y": label * unit})
        found = run(folder, table, "data.split.key=[row]", "data.numeric=[a, b]", "training.members=1")
        assert found["verdict"] == "pushed", found["said"]
        errors = found["metrics"]["metrics"]
        shares.append([errors["file"]["rmse"] / unit, errors["file"]["mae"] / unit, errors["float"]["rmse"] / unit])
    np.testing.assert_allclose(shares[1], shares[0], rtol=0.01)
