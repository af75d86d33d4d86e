"""Tables that nobody tuned for, by default but for short training: texts alone, twenty rows, 500 numbers, any unit."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
FARELITE = str(Path(sys.executable).parent / "farelite")
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
    command = [FARELITE, "run", "--json", "--config", str(folder / "c.yaml"), "--runs-dir", str(folder / "runs")]
    for one in (*SHORT, *sets):
        command += ["--set", one]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return {"code": done.returncode, "said": done.stderr, **json.loads(done.stdout or "{}")}


def test_categories_alone_become_a_model(tmp_path: Path) -> None:
    colours = CHANCE.choice(["red", "green", "blue"], 2000)
    label = pd.Series(colours).map({"red": 1, "green": 5, "blue": 9}) + CHANCE.normal(0, 0.5, 2000)
    table = pd.DataFrame({"colour": colours, "shape": CHANCE.choice(["round", "square"], 2000), "y": label})
    found = run(tmp_path, table)
    assert found["verdict"] == "pushed", found["said"]
    assert found["metrics"]["metrics"]["file"]["rmse"] < 0.7


def test_of_500_numbers_as_many_as_the_file_has_room_for_become_a_model(tmp_path: Path) -> None:
    x = CHANCE.normal(size=(1500, 500))
    label = 5 + x[:, :5] @ [3, 2, 1, 0.5, 0.2] + CHANCE.normal(0, 0.3, 1500)
    table = pd.DataFrame(x.round(4), columns=[f"x{place}" for place in range(500)]).assign(y=label)
    found = run(tmp_path, table, "gate.max_linear_ratio=null")
    assert found["verdict"] == "pushed", found["said"]
    assert found["metrics"]["bytes"] <= 32_000
    manifest = json.loads((Path(found["model_dir"]) / "model.json").read_text())
    names = [one["name"] for one in manifest["inputs"]]
    assert {"x0", "x1", "x2"} <= set(names)
    assert len(names) < 500


def test_twenty_rows_are_refused_with_what_is_missing(tmp_path: Path) -> None:
    km = CHANCE.uniform(1, 20, 20)
    found = run(tmp_path, pd.DataFrame({"km": km, "hours": CHANCE.integers(1, 9, 20), "y": 3 + 2 * km}))
    assert (found["code"], found["verdict"]) == (3, "refused")
    assert any("gate.min_rows" in one for one in found["reasons"])


def test_a_label_in_another_unit_gives_the_same_verdict_and_the_same_relative_errors(tmp_path: Path) -> None:
    x = CHANCE.normal(size=(1500, 2))
    label = 8 + 3 * np.tanh(x[:, 0]) + x[:, 1] + CHANCE.normal(0, 0.3, 1500)
    shares = []
    for unit in (1.0, 1e-4, 1e5):
        folder = tmp_path / f"{unit:g}"
        folder.mkdir()
        found = run(folder, pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": label * unit}))
        assert found["verdict"] == "pushed", found["said"]
        errors = found["metrics"]["metrics"]
        shares.append([errors["file"]["rmse"] / unit, errors["file"]["mae"] / unit, errors["float"]["rmse"] / unit])
    np.testing.assert_allclose(shares[1], shares[0], rtol=0.01)
    np.testing.assert_allclose(shares[2], shares[0], rtol=0.01)
