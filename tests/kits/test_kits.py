"""Kits of a number, of yes or no and of classes are compiled and replay their vectors on each runtime that is here."""

from __future__ import annotations

import importlib
import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.conversion import vectors
from components.conversion.convert import convert, slim
from components.device import kernels, runtime
from components.device.kit import quoted, write_kit
from components.device.packages import write_packages
from components.files import PREDICTIONS_FILE
from components.pusher.rows_file import write_rows
from components.registry.soundness import interface_of
from data.categories import category_id
from data.vocabulary import TargetRun

ROOT = Path(__file__).parents[2]
CACHES = ROOT / ".tools"
COMMON = {"shape": [1], "unit": None, "meaning": "as said", "vocabulary": None, "training_range": [1.0, 6.0]}
ZONES = {"format": "%Y-%m-%d %H:%M", "time_zone": "America/Chicago", "source_time_zone": "UTC"}
INPUTS: tuple[dict[str, Any], ...] = (
    {"name": "start", "source_column": "start", "role": "time", "dtype": "int32", "unit": "second", **ZONES},
    {"name": "passengers", "source_column": "passengers", "role": "numeric", "dtype": "float32"},
    {
        **{"name": "company", "source_column": "company", "role": "categorical", "dtype": "int32"},
        **{"vocabulary": ["Blue", "Élan"], "training_range": None, "oov_buckets": 101},
    },
)
KINDS: dict[str, dict[str, Any]] = {
    "number": {"shape": [1]},
    "binary": {
        "shape": [1],
        "kind": "binary",
        "classes": ["no", 'a "yes"'],
        "decision": {"threshold": 0.3, "chosen_by": "F1"},
    },
    "classes": {
        "shape": [1, 3],
        "kind": "classes",
        "classes": ["one", "Élan", "$three"],
        "decision": {"chosen_by": "likeliest class"},
    },
}
OFF = 0.25
"""By which the first vector's expectation is moved, so that every runtime must say just that."""


@pytest.fixture(scope="module")
def tool() -> Any:
    """A module of this folder, which import each other by their bare names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parent))
        yield importlib.import_module


@pytest.fixture(scope="module", params=KINDS)
def version(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a version with a kit, of a file that takes a time, a number and a category."""
    import tensorflow as tf

    folder = tmp_path_factory.mktemp(request.param)

    def formula(start: Any, passengers: Any, company: Any) -> dict[str, Any]:
        given = tf.stack([tf.cast(start, tf.float32) * 1e-9, passengers, tf.cast(company, tf.float32)], axis=1)
        seen = given @ tf.constant([[0.3, -0.2, 0.1], [0.1, 0.2, -0.1], [0.01, 0.0, -0.02]])
        first, every = seen[:, 0], tf.nn.softmax(seen)
        return {"prediction": {"number": first, "binary": tf.sigmoid(first), "classes": every}[request.param]}

    inputs = [{**COMMON, **one} for one in INPUTS]
    output = {"name": "prediction", "dtype": "float32", "meaning": "fare", "source_column": "fare", "unit": None}
    manifest: dict[str, Any] = {
        "manifest_version": 1,
        "config": {"data": {"points": {}}},
        "inputs": inputs,
        "output": {**output, **KINDS[request.param]},
    }
    interface = interface_of(manifest)
    spec = {one.name: tf.TensorSpec([None], one.dtype, name=one.name) for one in interface.inputs}
    signature = tf.function(formula).get_concrete_function(**spec)
    tf.saved_model.save(tf.Module(), str(folder / "saved"), signatures={"serving_default": signature})
    model = slim(convert(str(folder / "saved")), [one.name for one in interface.inputs])
    (folder / "model.tflite").write_bytes(model)
    drawn = np.random.default_rng(0)
    rows, odd = vectors.chosen(
        {one.name: drawn.uniform(1, 6, 9).astype(one.dtype) for one in interface.inputs}, 9, interface.inputs
    )
    expected = runtime.predict(model, rows)
    expected[0] += OFF
    told = vectors.as_json(rows, expected, odd, 1.0)
    micro = TargetRun(runs=True, version="a test's", operators=kernels.operators(model))
    manifest |= {"targets": {"micro": micro.model_dump()}, "latency_us": {"p50": 1}}
    kit = {**write_kit(interface), **write_packages(interface, micro, model, told)}
    texts = {"model.json": json.dumps(manifest), "test_vectors.json": json.dumps(told)}
    for path, text in (texts | {f"kit/{name}": text for name, text in kit.items()}).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("version", ["classes"], indirect=True)
def test_test_rows_of_the_latest_run_become_vectors(tool: Any, version: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tiny/models/000001"
    shutil.copytree(version, folder)
    with pytest.raises(tool("kit_here").Absent, match="test rows are kept by the run"):
        tool("kit_rows").as_vectors(folder, 4, tmp_path / "none")
    rows = {"start": np.arange(1, 10), "passengers": np.linspace(1, 6, 9), "company": np.arange(9)}
    columns = {name: values.astype(np.float32 if name == "passengers" else np.int32) for name, values in rows.items()}
    for run, kept in (("9", 1), ("11", 9)):
        path = tmp_path / "tiny/artifacts/TFLitePusher/pushed_model" / run / PREDICTIONS_FILE
        write_rows(path, {name: values[:kept] for name, values in columns.items()}, np.zeros(kept), {})
    assert tool("kit_rows").as_vectors(folder, 4, tmp_path / "rows") == 4
    told = json.loads((tmp_path / "rows/test_vectors.json").read_text())["rows"]
    assert [one["inputs"]["company"] for one in told] == [0, 2, 5, 8]
    expected = runtime.predict((folder / "model.tflite").read_bytes(), columns)[[0, 2, 5, 8]]
    np.testing.assert_array_equal(np.array([one["prediction"] for one in told], np.float32), expected)
    assert tool("kit_c").here(tmp_path / "rows").largest == pytest.approx(0, abs=1e-6)


TRIALS = [("kit_c", "here"), ("kit_c", "arm64"), ("kit_node", "replay"), ("kit_browser", "replay")]
CACHED = {("kit_c", "arm64"): "arm64", ("kit_kotlin", "replay"): "kotlin"}


def replayed(tool: Any, version: Path, module: str, function: str) -> Any:
    """What a tool saw; what cannot be had here is skipped."""
    cache = CACHED.get((module, function))
    if cache and not (CACHES / cache).exists():
        pytest.skip(f"`make test-kit` has not fetched .tools/{cache}")
    try:
        return getattr(tool(module), function)(version, *([CACHES / cache] if cache else []))
    except tool("kit_here").Absent as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize(("module", "function"), TRIALS)
def test_every_runtime_tells_how_far_the_vector_is_off_that_is_off(
    tool: Any, version: Path, module: str, function: str
) -> None:
    assert replayed(tool, version, module, function).largest == pytest.approx(OFF, abs=1e-3)


TEXTS = ["Blue", "Élan", "E\u0301lan", "Unseen", "\u3000\x85Blue\xa0\x1c", "-7.00", "TRUE", "", "🚕" * 40, '"\\$x']
TIMES = [datetime(1970, 1, 1), datetime(1901, 12, 14), datetime(2014, 3, 9, 2, 30), datetime(2038, 1, 19, 3, 14, 7)]
"""The third is an hour that Chicago's clocks leap over."""
BAD = [(1900, 1, 1, 0), (2038, 1, 19, 4), (2100, 1, 1, 0)]


def wanted() -> list[int]:
    """What the texts and times become, and 0 for each that is refused."""
    plain = {TEXTS[4]: "Blue", "-7.00": "-7", "TRUE": "true"}
    known = {b"Blue": 1, "Élan".encode(): 2}
    ids = [category_id(plain.get(text, text).encode(), known, 101) for text in TEXTS]
    return [*ids, *(int((one - datetime(1970, 1, 1)).total_seconds()) for one in TIMES), *[0] * len(BAD)]


SWIFT = """import Foundation
import Predictor
import XCTest

final class Recorder: Engine {
    var seen: [String: Data] = [:]
    func run(_ tensors: [String: Data]) throws -> [Float] {
        seen = tensors
        return [Float](repeating: .nan, count: 3)
    }
    func value(_ name: String) -> Int32 { seen[name]!.withUnsafeBytes { $0.loadUnaligned(as: Int32.self) } }
}

final class TypedTests: XCTestCase {
    func testTextsAndTimesBecomeWhatTrainingHad() throws {
        let engine = Recorder()
        let predictor = Predictor(engine: engine)
        func given(_ name: String, _ start: DateComponents, _ company: String?) -> Int32 {
            guard let told = try? predictor.predict(start: start, passengers: 7, company: company) else { return 0 }
            let unknown = !(1...2).contains(engine.value("company"))
            XCTAssertEqual(told.outside, ["start", "passengers"] + (unknown ? ["company"] : []))
            return engine.value(name)
        }
        let texts: [String] = [@TEXTS@]
        let times: [[Int]] = [@TIMES@]
        var found = texts.map { given("company", DateComponents(year: 2014, month: 5, day: 16), $0) }
        for one in times {
            var shown = DateComponents(year: one[0], month: one[1], day: one[2])
            (shown.hour, shown.minute, shown.second) = (one[3], one[4], one[5])
            shown.timeZone = TimeZone(identifier: "America/Chicago")
            found.append(given("start", shown, nil))
        }
        XCTAssertEqual(found, [@WANTED@])
        XCTAssertEqual(given("start", DateComponents(), nil), 0)
        XCTAssertEqual(given("start", DateComponents(year: 2014, month: 2, day: 30), nil), 0)
    }
}
"""
KOTLIN = """package predictor
import java.time.LocalDateTime
class Recorder : Engine {
    var seen = mapOf<String, Any>()
    override fun run(tensors: Map<String, Any>) = FloatArray(3) { Float.NaN }.also { seen = tensors }
    override fun close() {}
    fun value(name: String) = (seen[name] as IntArray)[0]
}
fun main() {
    val engine = Recorder()
    val predictor = Predictor(engine)
    fun given(name: String, start: LocalDateTime, company: String?): Int = try {
        val told = predictor.predict(start, 7f, company)
        val unknown = if (engine.value("company") in 1..2) listOf() else listOf("company")
        check(told.outside == listOf("start", "passengers") + unknown) { told.outside }
        engine.value(name)
    } catch (refused: ArithmeticException) { 0 }
    val found = listOf(@TEXTS@).map { given("company", LocalDateTime.of(2014, 5, 16, 0, 0), it) } +
        listOf(@TIMES@).map { given("start", it, null) }
    println(found.joinToString(" "))
}
"""


def filled(program: str, language: str, time: str) -> str:
    """A program with the texts and times, each of which stands in `time`."""
    numbers = [tuple(map(int, f"{one:%Y %m %d %H %M %S}".split())) for one in TIMES] + [(*one, 0, 0) for one in BAD]
    texts = ", ".join(quoted(one, language) for one in TEXTS)
    times = ", ".join(time.format(", ".join(map(str, one))) for one in numbers)
    return (
        program.replace("@TEXTS@", texts).replace("@TIMES@", times).replace("@WANTED@", ", ".join(map(str, wanted())))
    )


@pytest.mark.parametrize("version", ["classes"], indirect=True)
def test_the_swift_package_replays_and_encodes_what_people_say(tool: Any, version: Path, tmp_path: Path) -> None:
    shutil.copytree(version, tmp_path, dirs_exist_ok=True)
    program = filled(SWIFT, "swift", "[{}]")
    (tmp_path / "kit/swift/Tests/PredictorTests/TypedTests.swift").write_text(program, encoding="utf-8")
    assert replayed(tool, tmp_path, "kit_swift", "replay").largest == pytest.approx(OFF, abs=1e-3)


@pytest.mark.parametrize("version", ["classes"], indirect=True)
def test_the_kotlin_package_replays_and_encodes_what_people_say(tool: Any, version: Path, tmp_path: Path) -> None:
    assert replayed(tool, version, "kit_kotlin", "replay").largest == pytest.approx(OFF, abs=1e-3)
    program = filled(KOTLIN, "kotlin", "LocalDateTime.of({})")
    said = tool("kit_here").run(tool("kit_kotlin").compiled(version, CACHES / "kotlin", tmp_path, program))
    assert list(map(int, said.split())) == wanted()
