"""The integration kit: every example names this very file's inputs, and the Python one really runs."""

from __future__ import annotations

import ast
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from components.device.kit import FILES, KOTLIN, SWIFT, quoted, write_kit
from components.device.runtime import Engine
from components.registry.soundness import interface_of
from components.registry.store import Store
from data.categories import category_id
from data.notation import Notation
from data.stored import stored, text_of
from data.tensor_names import tensor_name

CASTS = {
    "predict.py": {"float32": "np.float32)", "int32": "np.int32)"},
    KOTLIN: {"float32": "floatArrayOf(", "int32": "intArrayOf("},
    SWIFT: {"float32": "Self.bytes(", "int32": "Self.bytes(Self."},
}
NASTY = ["", '"', "\\", "\\n", "$x ${y} \\(z)", "a\nb\tc\x00\x7f", "Élan 出租車 🚕", "%s {} {{ x }}", "??/"]


@pytest.fixture
def kit(tiny_manifest: dict[str, Any]) -> dict[str, str]:
    return write_kit(interface_of(tiny_manifest))


@pytest.fixture
def store(tmp_path: Path, publish_with_kit: Callable[[Store], str]) -> Store:
    store = Store(tmp_path / "models")
    publish_with_kit(store)
    return store


@pytest.fixture
def publish_with_kit(
    tmp_path: Path, tiny_tflite: bytes, tiny_manifest: dict[str, Any], tiny_vectors: Any, kit: dict[str, str]
) -> Callable[[Store], str]:
    source = tmp_path / "source"
    source.mkdir()
    (source / "weights").write_bytes(b"weights")
    return lambda store: store.publish(tiny_tflite, tiny_manifest, tiny_vectors, source, kit)


@pytest.mark.parametrize("file", FILES)
def test_every_input_is_set_by_its_name_and_in_its_dtype(
    kit: dict[str, str], tiny_manifest: dict[str, Any], file: str
) -> None:
    for one in tiny_manifest["inputs"]:
        lines = [line for line in kit[file].splitlines() if f'"{one["name"]}"' in line]
        assert sum(CASTS[file][one["dtype"]] in line for line in lines) == 1
    assert '"prediction"' in kit[file]


@pytest.mark.parametrize("file", FILES)
def test_the_example_speaks_of_the_label_of_the_configuration(tiny_manifest: dict[str, Any], file: str) -> None:
    output = {**tiny_manifest["output"], "source_column": "Delay", "meaning": "predicted Delay", "unit": "min"}
    text = write_kit(interface_of({**tiny_manifest, "output": output}))[file]
    assert "Predicts Delay with model.tflite" in text
    assert "predicted Delay, min" in text
    assert re.search(r"(?i)\b(fare|ride|price)s?\b", text) is None


@pytest.mark.parametrize("file", FILES)
def test_unit_range_and_vocabulary_can_be_read_off(kit: dict[str, str], file: str) -> None:
    for text in (
        "predicted fare, usd",
        "trained on 41.5 to 42.5",
        "start on the wall clock of America/Chicago",
        '"Élan"',
    ):
        assert text in kit[file]


@pytest.mark.parametrize("file", FILES)
def test_what_a_model_does_not_take_is_not_spoken_of(tiny_manifest: dict[str, Any], file: str) -> None:
    numbers = [one for one in tiny_manifest["inputs"] if one["dtype"] == "float32"]
    text = write_kit(interface_of({**tiny_manifest, "inputs": numbers}))[file]
    assert "2038" not in text
    assert "vocabulary" not in text
    assert "\n\n\n\n" not in text


def test_the_python_example_gives_the_predictions_of_the_test_vectors(store: Store) -> None:
    example = store.folder("000001") / "kit" / "predict.py"
    done = subprocess.run([sys.executable, str(example)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("2 test vectors, largest difference ")
    assert store.problems("000001") == [], "running it adds nothing to the version"


def test_the_python_example_says_when_a_prediction_is_off(store: Store, tmp_path: Path) -> None:
    copy = shutil.copytree(store.folder("000001"), tmp_path / "copy")
    text = (copy / "test_vectors.json").read_text()
    (copy / "test_vectors.json").write_text(text.replace('"company": 1', '"company": 0'))
    done = subprocess.run([sys.executable, str(copy / "kit" / "predict.py")], capture_output=True, check=False)
    assert done.returncode == 3


def test_the_python_example_takes_what_people_say(store: Store) -> None:
    model = runpy.run_path(str(store.folder("000001") / "kit" / "predict.py"))["Predictor"]()
    start = datetime(2014, 5, 16, 19, 45)
    seconds = np.datetime64(start, "s").astype(np.int32)
    engine = Engine(store.model("000001"))
    for company, number in (("Blue", 1), ("Élan", 2), ("other", 0), (None, 0)):
        row = {"pickup_lat": 41.9, "pickup_lon": -87.6, "dropoff_lat": 41.95, "dropoff_lon": -87.7, "passengers": 2.0}
        wanted = engine(
            {name: np.array([value], np.float32) for name, value in row.items()}
            | {"start": np.array([seconds]), "company": np.array([number], np.int32)}
        )
        assert model.predict(**row, start=start, company=company) == pytest.approx(wanted, abs=1e-6)


def test_the_python_example_refuses_other_kinds_of_values_and_names_what_lies_outside(store: Store) -> None:
    model = runpy.run_path(str(store.folder("000001") / "kit" / "predict.py"))["Predictor"]()
    row = {"pickup_lat": 41.9, "pickup_lon": -87.6, "dropoff_lat": 41.95, "dropoff_lon": -87.7, "passengers": 2.0}
    row |= {"start": datetime(2014, 5, 16, 19, 45), "company": "Blue"}
    assert model.predict(**row).outside == []
    assert model.predict(**{**row, "pickup_lat": 45, "start": datetime(2037, 1, 1)}).outside == ["pickup_lat", "start"]
    assert model.predict(**{**row, "pickup_lat": float("nan")}).outside == []
    assert model.predict(**{**row, "company": "Unseen"}).outside == ["company"]
    wrong = [({"passengers": None}, "number"), ({"passengers": "2"}, "number"), ({"company": 7}, "text")]
    for change, what in [*wrong, ({"start": None}, "datetime"), ({"start": 1400269500}, "datetime")]:
        with pytest.raises(TypeError, match=f"is no {what}"):
            model.predict(**{**row, **change})
    for moment in (datetime(2014, 5, 16, tzinfo=timezone.utc), datetime(2039, 1, 1), datetime(1900, 1, 1)):
        with pytest.raises(ValueError, match=r"time zone|2038"):
            model.predict(**{**row, "start": moment})


TEXTS = ["Blue", "Élan", "Unseen", "unseen", "出租車", "🚕" * 40, "x" * 200, "", None]
"""Known, unknown, of several bytes a letter, longer than the hash reads, and missing."""
TEXTS += [" Élan\r\n", " ", "7", "7.0", "-7.00", "True", "FALSE", "1.10", "7.", ".0", "-.0", "-", "7.0x", "7.00.0"]
"""As the vocabulary is written, or nearly so."""


@pytest.fixture
def hashed_kit(tiny_manifest: dict[str, Any]) -> dict[str, str]:
    """Of a model whose unknown companies share 101 further ids."""
    inputs = [{**one, **({"oov_buckets": 101} if one["vocabulary"] else {})} for one in tiny_manifest["inputs"]]
    return write_kit(interface_of({**tiny_manifest, "inputs": inputs}))


def wanted_ids() -> list[int]:
    known = {b"Blue": 1, "Élan".encode(): 2}
    plain = text_of(stored(pa.chunked_array([pa.array(TEXTS)]), "company"), Notation(missing=())).to_pylist()
    return [category_id((text or "").encode(), known, 101) for text in plain]


def test_unknown_categories_are_hashed_as_training_hashed_them(hashed_kit: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "predict.py").write_text(hashed_kit["predict.py"], encoding="utf-8")
    example = runpy.run_path(str(tmp_path / "predict.py"))
    found = [example["category"](text, example["COMPANY_VALUES"], 101) for text in TEXTS]
    assert found == wanted_ids()
    assert len(set(found[2:7])) == 5
    assert "category(company, COMPANY_VALUES, 101)" in hashed_kit["predict.py"]
    # A second category without further ids keeps 0 for unknown texts.
    assert example["category"]("Unseen", ["Blue"], 0) == 0


@pytest.mark.parametrize("file", [KOTLIN, SWIFT])
def test_the_other_examples_hash_with_the_same_numbers(hashed_kit: dict[str, str], file: str) -> None:
    for text in ("257 % 65521", "% 65521 % buckets", "(64)", ", 101)"):
        assert text in hashed_kit[file]


@pytest.mark.parametrize("file", FILES)
def test_without_further_ids_nothing_is_hashed(kit: dict[str, str], file: str) -> None:
    assert "65521" not in kit[file]


def test_a_changed_or_missing_kit_is_reported(store: Store) -> None:
    folder = store.folder("000001") / "kit"
    (folder / "predict.py").write_text("print()")
    assert any("kit is not what was pushed" in one for one in store.problems("000001"))
    shutil.rmtree(folder)
    assert any("kit is missing" in one for one in store.problems("000001"))


def test_a_kit_added_to_a_version_without_one_is_reported(
    tmp_path: Path, publish_tiny: Callable[..., str], kit: dict[str, str]
) -> None:
    store = Store(tmp_path / "plain")
    publish_tiny(store)
    assert store.problems("000001") == []
    (store.folder("000001") / "kit").mkdir()
    assert any("kit was not part of the push" in one for one in store.problems("000001"))


def test_odd_names_become_parameters_that_every_language_takes(tiny_manifest: dict[str, Any]) -> None:
    plain = {**tiny_manifest["inputs"][0]}
    names = ["Trip Start", "trip_start", "class", "2nd", "Größe €", "__", "päß\nx", "a_2", "a2"]
    inputs = [{**plain, "name": tensor_name(name), "source_column": name} for name in names]
    text = write_kit(interface_of({**tiny_manifest, "inputs": inputs}))["predict.py"]
    tree = ast.parse(text)
    (predict,) = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) and one.name == "predict"]
    parameters = [one.arg for one in predict.args.args[1:]]
    wanted = "trip_start trip_start_2 column_class column_2nd groe column pa_x a_2 a2_2"
    assert parameters == wanted.split()
    strings = {one.value for one in ast.walk(tree) if isinstance(one, ast.Constant)}
    assert {tensor_name(name) for name in names} <= strings


@pytest.mark.parametrize("text", NASTY)
def test_a_python_literal_reads_back_as_the_text(text: str) -> None:
    assert ast.literal_eval(quoted(text, "python")) == text


@pytest.mark.parametrize(
    ("language", "literal"),
    [
        ("python", r'"$\"\\(\x0a)"'),
        ("kotlin", r'"\$\"\\(\u000a)"'),
        ("swift", r'"$\"\\(\u{a})"'),
        ("c", r'"$\"\\(\012)"'),
    ],
)
def test_each_language_gets_its_own_escapes(language: str, literal: str) -> None:
    assert quoted('$"\\(\n)', language) == literal


def test_a_meaning_cannot_break_out_of_its_comment(tiny_manifest: dict[str, Any]) -> None:
    meaning = "first\nimport os */ \\"
    inputs = [{**one, "meaning": meaning, "training_range": None} for one in tiny_manifest["inputs"]]
    output = {**tiny_manifest["output"], "meaning": meaning}
    kit = write_kit(interface_of({**tiny_manifest, "inputs": inputs, "output": output}))
    ast.parse(kit["predict.py"])
    for text in kit.values():
        assert not any(line.strip().startswith("import os") for line in text.splitlines())
        assert not any(line.endswith("\\") for line in text.splitlines())
    assert "import os */" not in kit[KOTLIN].split("/** first")[1].splitlines()[0]
