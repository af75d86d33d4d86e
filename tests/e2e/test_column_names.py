"""Columns may be called anything: every odd name in every role, through every command that a person has."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from components.device.kit import KOTLIN, SWIFT
from components.registry.store import Store
from data.tensor_names import tensor_name
from pipeline.demo.content import described
from tests.e2e import command
from tests.e2e.lean import LEAN, sets

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
NUMERIC = ["pax.count", "2019", "_c0", "Fahrgäste", "self", "name", "inputs", "prediction", "slice: x", "hour"]
NUMERIC += ["id_x", "block", "a b", "a_b", "A b", "a,b 'c' \"d\"", "n" * 200, "input.x", "mean", "#"]
CATEGORICAL = ["class", "flags", "label", "training", "😀", "人数", "Company / Name", "$x\\n*/"]
DATA = {
    "source": "Trips.csv",
    "label": {"column": "Fare ($), total", "range": {"low": 0, "high": 500}},
    "points": {
        "Pick up 'here'": {"latitude": "Pickup Centroid Latitude", "longitude": "pickup.lon"},
        "drop/off": {"latitude": "“lat”", "longitude": "drop,off lon"},
    },
    "time": {"column": "Trip Start Timestamp", "format": "%m/%d/%Y %I:%M:%S %p"},
    "numeric": NUMERIC,
    "categorical": CATEGORICAL,
    "filters": {"Fahrgäste": {"low": 0, "high": 9}, "pax.count": {"low": 0, "high": 9}},
    "split": {"key": ["Trip ID #", "😀"]},
}
# What is made of points and times has names of its own; one of each stands for all.
FEATURES = {
    "distances": ["euclidean_km"],
    "diagonals": False,
    "time_parts": ["hour"],
    "missing": {"flag": True},
    "reducer": {"kind": "none"},
    "scaling_of": {"pax.count": "min_max", "_c0": {"centre": 3, "spread": 2}},
    "buckets": {"Fahr-Eimer": {"feature": "Fahrgäste", "quantiles": 3}, "2": {"feature": "2019", "quantiles": 3}},
    "crosses": {"Wochen tag 2 / Ä": {"of": ["Fahr-Eimer", "hour", "2"]}},
    "categories": {"min_count": 2, "oov_buckets": 2},
}
CONFIG = {
    "name": "odd-names",
    "data": DATA,
    "features": FEATURES,
    "data_gate": {"skew": {"ignore": ["_c0"]}},
    "training": {"distillation": {"trees": 5, "rows": 0.5}, "pruning": {}, "quantization": {}},
    "push": {"min_sparsity": 0, "max_bytes": 10_000_000},
}
SLICES = {
    "by 'class'": {"of": "class"},
    "Fahr/gäste": {"of": "Fahrgäste", "boundaries": [2]},
    "a cell": {"of": "Pick up 'here'", "cell_deg": 0.1},
}


VARIANTS = ("float", "dynamic", "configured")


def write_table(path: Path, rows: int) -> None:
    random = np.random.default_rng(0)
    points = [one for point in DATA["points"].values() for one in point.values()]
    columns: dict[str, Any] = {
        name: np.round(random.uniform(*((41.8, 41.9) if place % 2 == 0 else (-87.8, -87.7)), rows), 2)
        for place, name in enumerate(points)
    }
    columns |= {name: random.integers(0, 9, rows) for name in NUMERIC}
    columns |= {name: random.choice(["Red, Co", "Blü", "x"], rows) for name in CATEGORICAL}
    days, hours = random.integers(1, 28, rows), random.integers(1, 12, rows)
    columns["Trip Start Timestamp"] = [f"06/{d:02d}/2014 {h:02d}:30:00 PM" for d, h in zip(days, hours, strict=True)]
    columns["Trip ID #"] = [f"t{one}" for one in range(rows)]
    columns["unread"] = ["-"] * rows
    columns["Fare ($), total"] = np.round(3 + 2 * columns["pax.count"] + columns["2019"], 2)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def farelite(*arguments: str, folder: Path) -> tuple[str, str]:
    done = command.farelite(*arguments, cwd=folder)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout, done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table, its configuration, and one study, which is a run too, by a schema that was proposed from it."""
    folder = tmp_path_factory.mktemp("names")
    write_table(folder / "Trips.csv", 1200)
    config = {**CONFIG, "schema": "odd.pbtxt"}
    (folder / "c.yaml").write_text(yaml.safe_dump(CONFIG, allow_unicode=True), encoding="utf-8")
    farelite("schema", "infer", "--config", "c.yaml", "--output", "odd.pbtxt", folder=folder)
    (folder / "c.yaml").write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    slices = f"gate.slices={json.dumps(SLICES, ensure_ascii=False)}"
    study = "study={grid: {dynamic: {conversion: {quantization: dynamic}}}, latency_rounds: 1, resamples: 100}"
    said, _ = farelite("study", "--json", "--config", "c.yaml", *sets(*LEAN, slices, study), folder=folder)
    told = json.loads(said)
    assert told["verdict"] == "pushed"
    assert {one["name"]: one["status"] for one in told["study"]["variants"]} == dict.fromkeys(VARIANTS, "ok")
    return folder


@pytest.fixture(scope="module")
def manifest(folder: Path) -> dict[str, Any]:
    return Store(folder / "runs" / "odd-names" / "models").manifest("000001")


def columns() -> list[str]:
    points = [one for point in DATA["points"].values() for one in point.values()]
    return [*points, "Trip Start Timestamp", *NUMERIC, *CATEGORICAL]


def test_the_manifest_tells_every_column_and_its_tensor(manifest: dict[str, Any]) -> None:
    assert [one["source_column"] for one in manifest["inputs"]] == columns()
    assert [one["name"] for one in manifest["inputs"]] == [tensor_name(one) for one in columns()]
    assert all(one["training_range"] for one in manifest["inputs"] if one["vocabulary"] is None)
    assert set(manifest["inputs"][-1]["vocabulary"]) == {"Red, Co", "Blü", "x"}
    assert set(manifest["places"]["points"]) == set(DATA["points"])


def test_every_row_is_priced_beside_columns_of_the_usual_names(folder: Path) -> None:
    said, told = farelite("predict", "--input", "Trips.csv", folder=folder)
    rows = list(csv.DictReader(io.StringIO(said)))
    assert len(rows) == 1200
    assert all(np.isfinite(float(row["model_prediction"])) for row in rows)
    # The first and last of all days may be among the held-out rows.
    assert {row["model_flags"].partition(":")[0] for row in rows} <= {"", "Trip Start Timestamp"}
    assert "1,200 rows: 0 without a prediction" in told


def test_flags_name_the_columns(folder: Path) -> None:
    with (folder / "Trips.csv").open(encoding="utf-8") as stream:
        first = next(csv.DictReader(stream))
    with (folder / "odd.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, first)
        writer.writeheader()
        writer.writerow({**first, "pax.count": "99", "Company / Name": "unheard of", "_c0": ""})
    said, _ = farelite("predict", "--input", "odd.csv", folder=folder)
    (row,) = csv.DictReader(io.StringIO(said))
    assert row["model_flags"] == (
        "pax.count: outside the training range 0 to 8;_c0: missing;Company / Name: unknown category"
    )


@pytest.mark.parametrize(
    "arguments", [("verify",), ("lineage", "latest"), ("runs",), ("data", "describe"), ("schema", "diff")], ids=" ".join
)
def test_commands_that_look_take_the_names(folder: Path, arguments: tuple[str, ...]) -> None:
    config = ("--config", "c.yaml") if arguments[0] in ("data", "schema") else ()
    said, _ = farelite(*arguments, *config, folder=folder)
    assert not internal(said)
    assert "pax.count" in said or arguments[0] != "data"


def internal(text: str) -> list[str]:
    """Names of tensors that differ from their column's."""
    return [name for name in map(tensor_name, columns()) if "__" in name and name in text]


def test_the_page_names_columns_and_not_tensors(folder: Path) -> None:
    page = (folder / "runs" / "odd-names" / "report.html").read_text()
    assert all(name in page for name in ("pax.count", "Fahrgäste", "Trip Start Timestamp", "人数"))
    shown = re.sub(r"(?s)<details.*?</details>", "", page)
    assert not internal(shown)


def test_the_kit_prices_the_test_vectors(folder: Path) -> None:
    kit = folder / "runs" / "odd-names" / "models" / "000001" / "kit"
    done = subprocess.run([sys.executable, str(kit / "predict.py")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    named = ("predict.py", KOTLIN, SWIFT, "c/predictor_inputs.h", "javascript/predictor.mjs")
    for text in ((kit / one).read_text() for one in named):
        assert "trip_start_timestamp" in text or "tripStartTimestamp" in text


def test_the_demo_finds_its_points(manifest: dict[str, Any]) -> None:
    told = described(manifest, {})
    names = {one["name"] for one in told["inputs"]}
    assert [one["name"] for one in told["points"]] == list(DATA["points"])
    assert all({one["latitude"], one["longitude"]} <= names for one in told["points"])


def test_dimensions_are_told_by_column(folder: Path) -> None:
    said, _ = farelite("dimensions", "--rows", "300", folder=folder)
    assert "pax.count" in said
    assert not internal(said)


def test_an_ablation_takes_the_names(folder: Path) -> None:
    """Those that features are made of and a few more: each rung learns all features anew."""
    few = {"data.numeric": [*NUMERIC[:4], "hour", "#"], "data.categorical": ["😀", "Company / Name"]}
    few |= {"features.distances": []}
    overrides = [f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in few.items()]
    arguments = ("ablate", "--config", "c.yaml", "--seeds", "1", "--linear")
    said, _ = farelite(*arguments, *sets(*LEAN, *overrides), folder=folder)
    assert "+ crosses" in said
    assert not internal(said)
