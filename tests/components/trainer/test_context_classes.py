"""Yes or no and several classes from rows to a proven file: trained, pruned, quantized, calibrated, converted."""

from __future__ import annotations

import json
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import pytest
import tf_keras

from components.compression_settings import Conversion, Pruning, Quantization
from components.conversion.convert import convert
from components.conversion.recipe import Recipe
from components.conversion.verification import run_saved_model
from components.device import runtime
from components.scoring.device_rows import on_device
from components.settings import Distillation, Training
from components.task import task_of
from components.task.boosted import TREE_INPUTS, Boosted
from components.trainer.context import TrainingContext
from components.trainer.phases import Phases
from data.spec import Dataset
from data.tensor_names import tensor_name
from data.vocabulary import Interface
from transforms import in_memory, learned
from transforms.features import Features, Plan

CLASSES = {"binary": ("no", "yes"), "classes": ("ant", "bee, too", "Wespe")}
TRAINING = Training(
    units=(16, 8),
    epochs=(12,),
    pruning=Pruning(final_sparsity=0.5, epochs=2),
    quantization=Quantization(epochs=1),
    distillation=Distillation(rows=0.5, trees=30),
)


def rows(kind: str, count: int, seed: int) -> dict[str, Any]:
    """Two numbers, whose sum tells the class of most rows, and a colour."""
    random = np.random.default_rng(seed)
    a, b = random.normal(size=(2, count)).astype(np.float32)
    edges = [0.7] if kind == "binary" else [-0.7, 0.7]
    label = np.digitize(a + b + random.normal(0, 0.4, count), edges)
    told = {"a": a, "b": b, "colour": np.array([b"red", b"blue"], object)[label % 2 ^ (random.random(count) < 0.3)]}
    return {tensor_name(name): values for name, values in {**told, "y": label.astype(np.float32)}.items()}


@pytest.fixture(scope="module", params=CLASSES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Context, design, the shipped network, test rows, and the teacher."""
    kind = request.param
    label = {"column": "y", "kind": kind, "classes": CLASSES[kind]}
    described = {"source": "-", "label": label, "numeric": ["a", "b"], "categorical": ["colour"]}
    plan = Plan(dataset=Dataset.model_validate(described), features=Features())
    splits = [rows(kind, count, seed) for seed, count in enumerate((1500, 400, 400))]
    output = in_memory.learn(plan, splits[0], tmp_path_factory.mktemp("graph"))
    known = learned.read(output.transform_savedmodel_dir)
    context = TrainingContext(plan, output, known, splits[0], splits[1], 32_000)
    tf_keras.utils.set_random_seed(0)
    design, _ = context.design(TRAINING)
    teacher = context.teacher(TRAINING)
    phases = Phases(design, context.training_set(TRAINING, teacher), context.validation)
    net = phases.compress(phases.fit_float())
    return kind, context, design, net, splits[2], teacher


def file_of(made: Any, folder: Any, conversion: Conversion) -> tuple[Any, bytes, dict[str, Any]]:
    _, context, design, net, test, _ = made
    context.export(design, net, str(folder), Recipe(conversion=conversion))
    told = Interface.model_validate(json.loads((folder / "assets.extra" / "interface.json").read_text()))
    return told, convert(str(folder), conversion), on_device(told.inputs, test)


@pytest.fixture(scope="module")
def plain(made: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Interface, file, and the file's columns of the test rows."""
    return file_of(made, tmp_path_factory.mktemp("plain"), Conversion())


def test_the_file_gives_probabilities_that_tell_the_classes(made: Any, plain: Any) -> None:
    kind, context, design, _, test, _ = made
    told, model, columns = plain
    predicted, label = runtime.predict(model, columns), test[tensor_name("y")]
    task = task_of(told.output.model_dump())
    assert (task.kind, task.classes) == (kind, CLASSES[kind])
    assert told.output.decision is not None
    assert told.output.temperature_scaling is not None
    assert told.output.temperature_scaling.log_loss <= told.output.temperature_scaling.log_loss_before
    assert predicted.shape[1:] == tuple(told.output.shape[1:])
    if predicted.ndim == 2:
        np.testing.assert_allclose(predicted.sum(axis=1), 1, atol=1e-5)
    found = task.judged(predicted, label)
    baselines = design.learning.baselines(context.train, design.widths.sizes)
    inputs = context.table(test).inputs
    shares, logistic = (task.judged(np.asarray(one(inputs)), label) for one in baselines.values())
    assert found["log_loss"] < 0.7 * shares["log_loss"]
    assert found["log_loss"] < 1.5 * logistic["log_loss"], "after a handful of epochs"
    assert found["calibration_error"] < 0.1


def test_the_teacher_and_a_rival_are_measured_by_what_the_device_gives(made: Any, plain: Any, tmp_path: Any) -> None:
    kind, context, design, net, test, teacher = made
    told, _, columns = plain
    label, task = test[tensor_name("y")], task_of(told.output.model_dump())
    for trees in (teacher, context.rival(TRAINING)):
        reference = str(tmp_path / trees.name)
        context.export_reference(design, net, reference, trees)
        predicted = Boosted.load(reference).predict(run_saved_model(reference, TREE_INPUTS, columns))
        np.testing.assert_allclose(predicted, trees(context.table(test)), atol=1e-6)
        assert predicted.shape[1:] == ((3,) if kind == "classes" else ())
        assert task.judged(predicted, label)["accuracy"] > 0.8


@pytest.fixture(scope="module")
def made_float(made: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The same of a float network, with its interface, its plain file and that file's columns of the test rows."""
    kind, context, *_, test, teacher = made
    training = TRAINING.model_copy(update={"quantization": None, "pruning": None, "units": (32, 32)})
    design, _ = context.design(training)
    tf_keras.utils.set_random_seed(0)
    net = Phases(design, context.train, context.validation).fit_float()
    whole = (kind, context, design, net, test, teacher)
    return whole, file_of(whole, tmp_path_factory.mktemp("plain"), Conversion())


@pytest.mark.parametrize("quantization", ["int8", "int8_strict"])
def test_every_conversion_after_training_gives_the_same_classes(
    made_float: Any, tmp_path: Any, quantization: str
) -> None:
    """Of a float network; the file beside the plain one."""
    whole, (told, plain, columns) = made_float
    _, model, _ = file_of(whole, tmp_path, Conversion(quantization=quantization))
    task = task_of(told.output.model_dump())
    one, other = runtime.predict(plain, columns), runtime.predict(model, columns)
    assert np.quantile(task.difference(one, other), 0.9) < 0.05
