"""A table of categories alone, from rows to a file."""

from __future__ import annotations

import json
from pathlib import Path

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import tf_keras

from components.conversion.convert import convert
from components.conversion.recipe import Recipe
from components.device import runtime
from components.scoring.device_rows import on_device
from components.settings import Training
from components.trainer.context import TrainingContext
from components.trainer.phases import Phases
from data.spec import Dataset
from data.tensor_names import tensor_name
from data.vocabulary import Interface
from transforms import in_memory, learned
from transforms.features import NO_NUMBER, Features, Plan


def rows(count: int, seed: int) -> dict[str, np.ndarray]:
    """The label is 3 for a red one, 1 more for a large one."""
    random = np.random.default_rng(seed)
    colour, size = random.choice([b"red", b"blue", b"green"], count), random.choice([b"small", b"large"], count)
    label = 3.0 * (colour == b"red") + (size == b"large") + random.normal(0, 0.1, count)
    told = {"colour": colour.astype(object), "size": size.astype(object), "y": label.astype(np.float32)}
    return {tensor_name(name): values for name, values in told.items()}


def test_a_file_of_categories_alone_predicts_what_they_tell(tmp_path: Path) -> None:
    label = {"column": "y", "kind": "number"}
    described = {"source": "-", "label": label, "categorical": ["colour", "size"]}
    plan = Plan(dataset=Dataset.model_validate(described), features=Features())
    train, validation, test = (rows(count, seed) for seed, count in enumerate((1200, 300, 300)))
    output = in_memory.learn(plan, train, tmp_path / "graph")
    known = learned.read(output.transform_savedmodel_dir)
    assert (known["features"], learned.used(known), learned.unused(known)) == ([NO_NUMBER], [0], {})
    context = TrainingContext(plan, output, known, train, validation, 32_000)
    design, _ = context.design(Training(epochs=(60,), quantization=None))
    tf_keras.utils.set_random_seed(0)
    net = Phases(design, context.train, context.validation).fit_float()
    context.export(design, net, str(tmp_path / "model"), Recipe())
    told = Interface.model_validate(json.loads((tmp_path / "model/assets.extra/interface.json").read_text()))
    predicted = runtime.predict(convert(str(tmp_path / "model"), Recipe().conversion), on_device(told.inputs, test))
    assert [one.source_column for one in told.inputs] == ["colour", "size"]
    assert np.sqrt(np.mean(np.square(predicted - test["y"]))) < 0.3
