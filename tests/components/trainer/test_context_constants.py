"""Tables of categories and a number that never varies: from rows to a file that gives what the SavedModel gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from components import interface_file
from components.compression_settings import Conversion
from components.conversion.convert import convert
from components.conversion.recipe import Recipe
from components.conversion.verification import run_saved_model
from components.device import runtime
from components.scoring.device_rows import on_device
from components.settings import Training
from components.trainer.context import TrainingContext
from components.trainer.training import train
from data.spec import Dataset
from transforms import in_memory, learned
from transforms.features import Features, Plan

COLOURS = {b"red": 1.0, b"green": 5.0, b"blue": 9.0}
ROUGH = Training.model_validate({"epochs": [20], "batch_size": 32, "quantization": {"epochs": 2}})


def rows(count: int, seed: int) -> dict[str, Any]:
    """A price that the colour tells, a shape that tells nothing, and a number that is always the same."""
    chance = np.random.default_rng(seed)
    found: dict[str, Any] = {
        "colour": chance.choice(np.array(list(COLOURS), object), count),
        "shape": chance.choice(np.array([b"round", b"square"], object), count),
    }
    prices = [COLOURS[one] for one in found["colour"]]
    found["price"] = (np.array(prices) + chance.normal(0, 0.2, count)).astype(np.float32)
    return {**found, "year": np.full(count, 2013, np.float32)}


def test_a_table_of_categories_and_a_constant_becomes_a_file(tmp_path: Path) -> None:
    roles = {"categorical": ["colour", "shape"], "numeric": ["year"]}
    dataset = Dataset.model_validate({"source": "-", "label": {"column": "price"}, **roles})
    plan = Plan(dataset=dataset, features=Features())
    parts = [rows(count, seed) for seed, count in enumerate((400, 100, 50))]
    output = in_memory.learn(plan, parts[0], tmp_path)
    known = learned.read(output.transform_savedmodel_dir)
    assert (known["rows"], learned.used(known)) == (400, [0])
    context = TrainingContext(plan, output, known, parts[0], parts[1], 32_000)
    context.refuse_features(["litert", "micro"])
    assert learned.unused(known) == {"year": "is 2013 in all training rows"}
    design, _ = context.design(ROUGH, Conversion())
    trained = train(context, design)
    saved = str(tmp_path / "saved")
    context.export(design, trained.shipped, saved, Recipe())
    context.export_reference(design, trained.reference, str(tmp_path / "reference"), context.rival(ROUGH))
    model = convert(saved)
    inputs = interface_file.read(saved).inputs
    predicted = runtime.predict(model, on_device(inputs, {one.name: parts[2][one.name] for one in inputs}))
    stored = {one.name: parts[2][one.name][:, None] for one in inputs}
    np.testing.assert_allclose(predicted, run_saved_model(saved, "evaluate", stored), atol=0.3)
    assert np.abs(predicted - parts[2]["price"]).mean() < 0.6
