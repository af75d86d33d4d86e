"""One ride by every way there is: `predict`, the kit and the demo give the same number in the same words."""

from __future__ import annotations

import json
import runpy
import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.csv
import pytest

from components.device.kit import write_kit
from components.device.runtime import Engine
from components.registry.soundness import interface_of
from components.registry.store import Store
from components.scoring.predict import predict_file
from pipeline.demo.content import PAGE, described

SHOWN = datetime(2014, 5, 16, 19, 45)
"""What the clocks of Chicago showed when the ride began; UTC was five hours ahead."""
CLOCK = "wall clock of America/Chicago"

DRIVER = """
import {buildForm, read} from './form.mjs';
const node = () => ({children: [], append(...more) { this.children.push(...more); }, validity: {}});
globalThis.document = {createElement: node};
globalThis.Option = class { constructor(text, value) { Object.assign(this, {text, value}); } };
const {version, typed} = JSON.parse(process.argv[2]);
const form = node();
const fields = buildForm(form, version);
for (const [name, value] of Object.entries(typed)) fields.get(name).value = value;
const labels = form.children.flatMap(({children}) => children).map(({textContent}) => textContent);
console.log(JSON.stringify({...read(version, fields), labels}));
"""


def by_the_demo(folder: Path, version: dict[str, Any], typed: dict[str, str]) -> dict[str, Any]:
    """What the page's form makes of what is typed into it."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node here")
    shutil.copy(PAGE / "form.js", folder / "form.mjs")
    (folder / "driver.mjs").write_text(DRIVER)
    command = [node, "driver.mjs", json.dumps({"version": version, "typed": typed})]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def test_a_ride_of_a_column_that_shows_the_wall_clock_has_one_price(
    tmp_path: Path, publish_tiny: Callable[..., str], tiny_manifest: dict[str, Any], tiny_vectors: dict[str, Any]
) -> None:
    zones = {"format": "unix", "time_zone": "America/Chicago", "source_time_zone": "wall-clock"}
    inputs = [{**one, **zones} if one["name"] == "start" else one for one in tiny_manifest["inputs"]]
    store = Store(tmp_path / "models")
    publish_tiny(store, inputs=inputs)
    ride = {"pickup_lat": 41.9, "pickup_lon": -87.6, "dropoff_lat": 41.95, "dropoff_lon": -87.7, "passengers": 2.0}
    seconds = int(SHOWN.replace(tzinfo=timezone.utc).timestamp())

    row = {**ride, "start": seconds, "company": "Élan"}
    (tmp_path / "rides.csv").write_text(",".join(row) + "\n" + ",".join(map(str, row.values())) + "\n")
    predict_file(store, None, str(tmp_path / "rides.csv"), tmp_path / "priced.csv")
    predictions = pyarrow.csv.read_csv(tmp_path / "priced.csv").to_pylist()
    assert not predictions[0]["flags"]

    kit = write_kit(interface_of({**tiny_manifest, "inputs": inputs}))
    (tmp_path / "predict.py").write_text(kit["predict.py"])
    (tmp_path / "model.tflite").write_bytes(store.model("000001"))
    model = runpy.run_path(str(tmp_path / "predict.py"))["Predictor"](tmp_path / "model.tflite")

    typed = {**{name: str(value) for name, value in ride.items()}, "start": "2014-05-16T19:45", "company": "2"}
    version = described({**tiny_manifest, "inputs": inputs, "version": "000001", "sha256": ""}, tiny_vectors)
    page = by_the_demo(tmp_path, version, typed)
    assert page["faults"] == page["notes"] == []
    dtypes = {one["name"]: one["dtype"] for one in inputs}
    by_page = Engine(store.model("000001"))({name: np.array([page["row"][name]], dtypes[name]) for name in dtypes})

    assert page["row"]["start"] == seconds
    assert float(predictions[0]["prediction"]) == pytest.approx(float(by_page), abs=1e-5)
    assert model.predict(**ride, start=SHOWN, company="Élan") == pytest.approx(float(by_page), abs=1e-5)
    assert f"Start ({CLOCK})" in page["labels"]
    assert all(f"start on the {CLOCK}" in text for text in kit.values())
