"""Quantization after training reaches the dense core and nothing else, and the file still predicts what it should."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from tensorflow.lite.python import schema_py_generated
from tensorflow.lite.tools import flatbuffer_utils

from components.compression_settings import Conversion
from components.conversion import inspection, recipe
from components.conversion.convert import ConversionError, convert
from components.conversion.splice import splice
from components.device import runtime
from components.task.label_scale import NumberScale
from components.trainer import export, network
from components.trainer.context import as_function, split
from components.trainer.phases import Net
from data.spec import Dataset
from tests.components.trainer.designs import settled

WIDTH = 16
"""With 64 units as few inputs as `dynamic` still turns into 8 bits; each one costs the converter time."""
NAMES = [f"x{n}" for n in range(WIDTH)]
KINDS = ("dynamic", "float16", "int8", "int8_strict", "int16x8")


def rows(count: int, seed: int) -> dict[str, Any]:
    chance = np.random.default_rng(seed)
    return {name: chance.normal(100, 3, count).astype(np.float32) for name in NAMES}


class Centred(tf.Module):
    """Stands for the Transform step: large numbers made small, which 8 bits in front of the core would ruin."""

    def __call__(self, raw: Any) -> Any:
        return {"block": (tf.concat([raw[name] for name in NAMES], axis=1) - 100.0) / 3.0}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SavedModel with its parts and a representative set, weights as they were drawn."""
    tf_keras.utils.set_random_seed(3)
    front = network.build_front(network.Widths({"block": WIDTH}, {}, {}, WIDTH), np.ones(WIDTH, np.float32))
    net = Net(front, network.build_core(WIDTH, settled(units=(64, 32))))
    net.front.set_weights([np.full((WIDTH, 1), 0.1, np.float32)])
    output = net.core.get_layer("core_output")
    output.set_weights([np.random.default_rng(4).normal(0, 0.2, (32, 1)), np.zeros(1)])
    # A label around 10, of which one is one in the network's own scale.
    scale = NumberScale.learned(np.array([9, 11], np.float32), "linear")
    dataset = Dataset.model_validate({"source": "x.csv", "label": {"column": "y"}, "numeric": NAMES})
    joined = net.joined
    networks = {"serving_default": as_function(joined, scale)}
    model = export.RawModel(dataset, Centred(), range(WIDTH), networks, [joined], split(net, scale))
    path = tmp_path_factory.mktemp("parts") / "saved"
    export.save(model, str(path), evaluate=False)
    block = np.stack(list(rows(300, 0).values()), axis=1)
    recipe.write(path, recipe.Recipe(), net.front.predict({"block": (block - 100) / 3}, verbose=0)[0])
    return path


@pytest.fixture(scope="module")
def files(saved: Path) -> dict[str, bytes]:
    return {kind: convert(str(saved), Conversion(quantization=kind)) for kind in ("none", *KINDS)}  # type: ignore[arg-type]


def kinds_of_tensors(model: bytes) -> list[list[str]]:
    """For each fully connected operator the types of input, kernel and output, as the file says."""
    tree = flatbuffer_utils.convert_bytearray_to_object(bytearray(model))
    names = {number: name for name, number in vars(schema_py_generated.TensorType).items() if name.isupper()}
    (graph,) = tree.subgraphs
    code = schema_py_generated.BuiltinOperator.FULLY_CONNECTED
    return [
        [names[graph.tensors[index].type] for index in (op.inputs[0], op.inputs[1], op.outputs[0])]
        for op in graph.operators
        if tree.operatorCodes[op.opcodeIndex].builtinCode == code
    ]


def test_each_kind_puts_its_types_into_the_core_and_only_there(files: dict[str, bytes]) -> None:
    # The first operator of each list is the skip, a linear model on raw features, which nothing may touch.
    skip = output = ["FLOAT32", "FLOAT32", "FLOAT32"]
    whole = ["INT8", "INT8", "INT8"]
    hybrid = ["FLOAT32", "INT8", "FLOAT32"]
    wide = ["INT16", "INT8", "INT16"]
    assert sorted(kinds_of_tensors(files["none"])) == [skip] * 3 + [output]
    assert sorted(kinds_of_tensors(files["dynamic"])) == sorted([skip, hybrid, hybrid, output])
    assert sorted(kinds_of_tensors(files["int8"])) == sorted([skip, whole, whole, output])
    assert sorted(kinds_of_tensors(files["int8_strict"])) == sorted([skip, whole, whole, whole])
    assert sorted(kinds_of_tensors(files["int16x8"])) == sorted([skip, wide, wide, output])


@pytest.mark.parametrize(
    ("kind", "near"), [("dynamic", 0.05), ("float16", 0.01), ("int8", 0.1), ("int8_strict", 0.2), ("int16x8", 0.05)]
)
def test_a_quantized_file_predicts_near_the_float_one_on_other_rows(
    files: dict[str, bytes], kind: str, near: float
) -> None:
    columns = rows(200, 1)
    wanted, seen = runtime.predict(files["none"], columns), runtime.predict(files[kind], columns)
    difference = np.abs(seen - wanted)
    # Integers end where the representative set did, so the few rows beyond it are cut off.
    assert 0 < np.percentile(difference, 98) < near


@pytest.mark.parametrize("kind", KINDS)
def test_the_contract_and_the_count_of_weights_outlast_the_splice(files: dict[str, bytes], kind: str) -> None:
    kernels = [[WIDTH, 64], [64, 32]]
    plain, anatomy = (inspection.dissect(files[one], kernels) for one in ("none", kind))
    assert (anatomy.inputs, anatomy.outputs) == (plain.inputs, plain.outputs)
    assert anatomy.dense_kernels["weights"] == WIDTH * 64 + 64 * 32
    assert anatomy.quantization == ("float16" if kind == "float16" else "int8")
    assert len(files[kind]) < len(files["none"])


@pytest.mark.parametrize("kind", KINDS)
def test_converting_again_gives_the_same_bytes(saved: Path, files: dict[str, bytes], kind: Any) -> None:
    assert convert(str(saved), Conversion(quantization=kind)) == files[kind]


def test_a_model_without_parts_says_what_to_do(tmp_path: Path, save_tiny: Any) -> None:
    with pytest.raises(ConversionError, match="no signature core, front, head, hidden, sum; train it again"):
        convert(str(save_tiny(tmp_path / "saved")), Conversion(quantization="int8"))


def test_parts_that_do_not_meet_are_not_joined(files: dict[str, bytes]) -> None:
    with pytest.raises(ValueError, match="takes in 'x0', but the parts before it put out prediction"):
        splice([files["none"], files["none"]])


def test_a_recipe_reads_back_as_it_was_written(tmp_path: Path) -> None:
    assert recipe.read(tmp_path) == recipe.Recipe()
    one = recipe.Recipe(variant="int8", conversion=Conversion(quantization="int8"), sha256="ab", refused="too large")
    recipe.write(tmp_path, one, np.ones((2, 3), np.float32))
    assert recipe.read(tmp_path) == one
    assert recipe.representative(tmp_path).shape == (2, 3)
    assert json.loads((tmp_path / recipe.EXTRA / recipe.RECIPE_FILE).read_text())["variant"] == "int8"
