"""From learned features to a design, and from a trained network to its file: nothing is lost on the way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tf_keras
from tensorflow.lite.python import schema_py_generated
from tensorflow.lite.tools import flatbuffer_utils

from components.compression_settings import Conversion, Quantization
from components.conversion.convert import convert
from components.conversion.recipe import Recipe
from components.conversion.verification import run_saved_model, signatures_of
from components.device import runtime
from components.device.kernels import lacking
from components.files import INTERFACE_FILE
from components.scoring.device_rows import on_device
from components.settings import Piecewise, Training
from components.trainer.context import TrainingContext
from components.trainer.design import Design
from components.trainer.phases import Phases
from data.spec import Dataset
from data.vocabulary import Interface
from transforms import in_memory, learned
from transforms.features import Features, Plan

PLAN = Plan(
    dataset=Dataset.model_validate(
        {
            "source": "-",
            "label": {"column": "price"},
            "points": {"home": {"latitude": "lat", "longitude": "lon"}},
            "time": {"column": "at"},
            "numeric": ["rooms", "vendor"],
            "categorical": ["kind"],
        }
    ),
    features=Features(),
)


def rows(count: int, seed: int) -> dict[str, Any]:
    """A price of many sizes; one number of rooms in ten is missing, the vendor is always the same."""
    rng = np.random.default_rng(seed)
    found: dict[str, Any] = {
        "lat": rng.normal(41.9, 0.1, count),
        "lon": rng.normal(-87.7, 0.1, count),
        "rooms": np.where(rng.random(count) < 0.1, np.nan, rng.integers(1, 9, count)),
        "vendor": np.full(count, 7),
    }
    price = np.exp(0.4 * np.nan_to_num(found["rooms"], nan=4) + 4 * (found["lat"] - 41.9) + rng.normal(0, 0.5, count))
    found = {name: values.astype(np.float32) for name, values in {**found, "price": price}.items()}
    found["at"] = rng.integers(1_300_000_000, 1_500_000_000, count)
    found["kind"] = rng.choice(np.array([b"house", b"flat", b""], object), count)
    return found


TRAIN, VALIDATION, TEST = rows(700, 0), rows(100, 1), rows(200, 2)
BENDS = Piecewise(bins=16)
"""So few rows would have none by themselves."""
SD = float(TRAIN["price"].std())


@dataclass(frozen=True)
class Exported:
    """One network, its SavedModel and file, and what both give for the test rows."""

    chosen: dict[str, Any]
    design: Design
    saved: str
    file: bytes
    interface: Interface
    by_file: Any
    by_saved: Any


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> TrainingContext:
    output = in_memory.learn(PLAN, TRAIN, tmp_path_factory.mktemp("graph"))
    known = learned.read(output.transform_savedmodel_dir)
    return TrainingContext(PLAN, output, known, TRAIN, VALIDATION, budget=32_000)


def export(
    context: TrainingContext, folder: Path, quantization: Quantization | None, bends: Piecewise | None = BENDS
) -> Exported:
    training = Training(epochs=(2,), batch_size=64, quantization=quantization, piecewise=bends)
    design, chosen = context.design(training, Conversion())
    tf_keras.utils.set_random_seed(0)
    phases = Phases(design, context.train, context.validation)
    trained = phases.fit_float()
    context.export_reference(design, phases.copy(trained), str(folder / "reference"), context.rival(training))
    context.export(design, phases.compress(trained), str(folder / "saved"), Recipe())
    told = Interface.model_validate_json((folder / "saved" / "assets.extra" / INTERFACE_FILE).read_text())
    file = convert(str(folder / "saved"))
    stored = {one.name: TEST[one.name] for one in told.inputs}
    by_saved = run_saved_model(str(folder / "saved"), "evaluate", {key: one[:, None] for key, one in stored.items()})
    by_file = runtime.predict(file, on_device(told.inputs, stored))
    return Exported(chosen, design, str(folder / "saved"), file, told, by_file, by_saved)


@pytest.fixture(scope="module")
def floats(context: TrainingContext, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return export(context, tmp_path_factory.mktemp("floats"), None)


@pytest.fixture(scope="module")
def eight_bit(context: TrainingContext, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return export(context, tmp_path_factory.mktemp("eight_bit"), Quantization(epochs=1))


def tables(made: Exported) -> dict[str, str]:
    """Types of the embeddings in the file, by what they are of; told apart by their shapes."""
    widths = made.design.widths
    (bent,) = widths.bent.values()
    wanted = {"numbers": (bent.edges.size, bent.width), "kind": widths.ids["id_kind"]}
    names = {number: name for name, number in vars(schema_py_generated.TensorType).items() if name.isupper()}
    tree = flatbuffer_utils.convert_bytearray_to_object(bytearray(made.file))
    held = [
        (tuple(one.shape), names[one.type])
        for one in tree.subgraphs[0].tensors
        if one.shape is not None and tree.buffers[one.buffer].data is not None
    ]
    return {what: next(kind for shape, kind in held if shape == wanted[what]) for what in wanted}


def test_the_design_bends_what_varies_leaves_out_what_does_not_and_says_so(context: TrainingContext) -> None:
    design, chosen = context.design(Training(piecewise=BENDS))
    assert chosen["left_out"] == {"vendor": "is 7 in all training rows"}
    names = chosen["bent"]["numbers"]["numbers"]
    assert names == [name for name in PLAN.bending() if name != "vendor"]
    (bent,) = design.widths.bent.values()
    assert [PLAN.block_names()[column] for column in bent.columns] == names
    # Less the vendor and its flag; the flag of rooms varies.
    assert design.widths.dense == {"block": len(PLAN.block_names()) - 2}
    assert design.widths.ids == {"id_kind": (3, 1)}
    assert design.widths.numbers == len(PLAN.block_names())
    rooms = [bent.edges[names.index("rooms")]][0]
    assert rooms[:8].tolist() == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_float_file_gives_what_the_savedmodel_gives(floats: Exported) -> None:
    np.testing.assert_allclose(floats.by_file, floats.by_saved, rtol=1e-3, atol=1e-4 * SD)


def test_an_8_bit_file_is_within_the_usual_tolerances_of_the_savedmodel(eight_bit: Exported) -> None:
    off = abs(eight_bit.by_file - eight_bit.by_saved)
    assert off.max() < 0.5 * SD
    assert np.percentile(off, 99) < 0.03 * SD
    assert off.mean() < 0.01 * SD


def test_tables_are_bytes_in_an_8_bit_file_and_floats_otherwise(floats: Exported, eight_bit: Exported) -> None:
    assert tables(eight_bit) == {"numbers": "INT8", "kind": "INT8"}
    assert tables(floats) == {"numbers": "FLOAT32", "kind": "FLOAT32"}


def test_the_file_is_of_operators_that_every_target_has(floats: Exported, eight_bit: Exported) -> None:
    for made in (floats, eight_bit):
        assert lacking(made.file) == {"litert": [], "micro": [], "webgpu": []}


def test_a_file_is_at_most_a_fiftieth_smaller_than_was_estimated_and_not_larger(
    context: TrainingContext, eight_bit: Exported, floats: Exported, tmp_path: Path
) -> None:
    straight = export(context, tmp_path, Quantization(epochs=1), bends=None)
    assert straight.chosen["training"]["members"] == 3
    for made in (eight_bit, floats, straight):
        assert 0.98 * made.chosen["estimated_bytes"] <= len(made.file) <= made.chosen["estimated_bytes"]


def test_predictions_have_the_mean_of_the_labels_that_were_learned_as_logarithms(eight_bit: Exported) -> None:
    scale = eight_bit.interface.label
    assert scale is not None
    assert scale.log
    assert scale.spread == pytest.approx(SD, rel=1e-4)
    assert eight_bit.interface.spread == scale.spread
    stored = {one.name: TRAIN[one.name][:, None] for one in eight_bit.interface.inputs}
    predicted = run_saved_model(eight_bit.saved, "evaluate", stored)
    assert predicted.mean(dtype=float) == pytest.approx(TRAIN["price"].mean(dtype=float), rel=1e-3)


def test_the_plain_models_beside_it_are_in_label_units(floats: Exported) -> None:
    stored = {one.name: TRAIN[one.name] for one in floats.interface.inputs}
    columns = on_device(floats.interface.inputs, stored)
    reference = signatures_of(str(Path(floats.saved).parent / "reference"))
    found = {name: reference(name, columns) for name in ("float", "mean", "linear")}
    label = TRAIN["price"].astype(np.float64)
    np.testing.assert_allclose(found["mean"], label.mean(), rtol=1e-5)
    assert found["linear"].mean(dtype=float) == pytest.approx(label.mean(), rel=1e-3)
    assert found["float"].mean(dtype=float) == pytest.approx(label.mean(), rel=1e-3)
