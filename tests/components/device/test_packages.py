"""The packages compile without a warning, and run: typed inputs become the right row, and all test vectors replay."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import ai_edge_litert
import numpy as np
import pytest

from components.conversion import vectors
from components.conversion.convert import slim
from components.device import kit, packages, runtime
from components.device.kernels import MICRO_KERNELS
from components.registry.soundness import interface_of
from data.categories import category_id
from data.vocabulary import TargetRun

LITERT = Path(ai_edge_litert.__file__).parent / "libLiteRt.so"
needs_gcc = pytest.mark.skipif(not (shutil.which("gcc") and LITERT.exists()), reason="needs gcc and libLiteRt.so")
needs_node = pytest.mark.skipif(not shutil.which("node"), reason="needs node")
STRICT = ("-Wall", "-Wextra", "-Werror", "-pedantic", "-O1")
TEXTS = [
    "Blue",
    "Élan",
    "E\u0301lan",
    "Unseen",
    " Élan\r\n",
    "\u3000\x85Blue\xa0\x1c",
    "",
    "7",
    "-7.00",
    "True",
    "x" * 200,
]
TEXTS += ["1.10", "??/", '"\\']
TIMES = [datetime(1970, 1, 1), datetime(2014, 5, 16, 19, 45, 30), datetime(2037, 12, 31, 23, 59, 59)]
TIMES += [
    datetime(1901, 12, 14),
    datetime(2000, 2, 29, 12),
    *(datetime(1903, 1, 1) + timedelta(997 * n) for n in range(48)),
]


@pytest.fixture
def folder(tmp_path: Path, tiny_tflite: bytes, tiny_manifest: dict[str, Any]) -> Path:
    """The packages of the tiny model beside it, whose unknown companies share 101 further ids."""
    inputs = [{**one, **({"oov_buckets": 101} if one.get("vocabulary") else {})} for one in tiny_manifest["inputs"]]
    interface = interface_of({**tiny_manifest, "inputs": inputs})
    drawn = np.random.default_rng(0)
    columns = {one.name: drawn.uniform(1, 2, 40).astype(one.dtype) for one in interface.inputs}
    rows, odd = vectors.chosen(columns, 8, interface.inputs)
    model = slim(tiny_tflite, [one.name for one in interface.inputs])  # these packages know inputs by their places
    told = vectors.as_json(rows, runtime.predict(model, rows), odd, 0.01)
    micro = TargetRun(runs=True, version="a test's", operators=["ABS", "FULLY_CONNECTED"], arena_bytes=3000)
    for path, text in packages.write_packages(interface, micro, model, told).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    (tmp_path / "model.tflite").write_bytes(model)
    return tmp_path


def built(folder: Path, compiler: str, *words: str) -> Path:
    """A program of the C package against LiteRT's own library."""
    command = [compiler, *STRICT, *words, "-I", "c", "-o", "program", str(LITERT), f"-Wl,-rpath,{LITERT.parent}", "-lm"]
    subprocess.run(command, cwd=folder, check=True)
    return folder / "program"


def said(*command: Any, cwd: Path | None = None) -> str:
    return subprocess.run([str(one) for one in command], capture_output=True, text=True, check=True, cwd=cwd).stdout


SOURCES = ("c/predictor_inputs.c", "c/predictor.c")


@needs_gcc
def test_the_c_package_replays_all_vectors_in_litert_and_notices_one_that_is_off(folder: Path) -> None:
    program = built(folder, "gcc", "-std=c99", *SOURCES, "c/test_predictor.c")
    assert re.match(
        r"(\d+) of \1 test vectors agree within 0.01, largest difference ", said(program, folder / "model.tflite")
    )
    text = (folder / "c" / "vectors.h").read_text()
    (folder / "c" / "vectors.h").write_text(text.replace("0x00000067", "0x00000003"))
    program = built(folder, "gcc", "-std=c99", *SOURCES, "c/test_predictor.c")
    assert subprocess.run([program, folder / "model.tflite"], capture_output=True, check=False).returncode == 3


ENCODE = """
#include <stdio.h>
#include "predictor_inputs.h"
int main(void) {
  const char* texts[] = {%s, NULL};
  const predictor_time times[] = {%s};
  predictor_row row;
  predictor_result result;
  for (unsigned i = 0; i < sizeof texts / sizeof *texts; ++i) {
    predictor_inputs one = {.company = texts[i], .start = times[0], .passengers = 2, .pickup_lat = 43};
    if (predictor_encode(&one, &row, &result)) return 1;
    int outside = 0;
    for (int n = 0; n < PREDICTOR_INPUTS; ++n) outside |= result.outside[n] << n;
    printf("%%d %%d\\n", row.values[6].i, outside);
  }
  for (unsigned i = 0; i < sizeof times / sizeof *times; ++i) {
    predictor_inputs one = {.start = times[i]};
    const predictor_status status = predictor_encode(&one, &row, &result);
    printf("%%d %%d\\n", status, status ? 0 : row.values[4].i);
  }
  return 0;
}
"""
BAD_TIMES = ["2001,2,29,0,0,0", "2038,1,19,3,14,8", "1901,12,13,20,45,51", "2000,0,1,0,0,0", "2000,1,1,24,0,0"]


@needs_gcc
def test_typed_inputs_become_the_row_that_training_would_have_had(folder: Path) -> None:
    texts = ", ".join(kit.quoted(text, "c") for text in TEXTS)
    times = ", ".join(f"{{{one:%Y,%-m,%-d,%-H,%-M,%-S}}}" for one in TIMES)
    bad = ", ".join(f"{{{one}}}" for one in BAD_TIMES)
    (folder / "encode.c").write_text(ENCODE % (texts, f"{times}, {bad}"), encoding="utf-8")
    program = built(folder, "gcc", "-std=c99", "-Wno-missing-field-initializers", "c/predictor_inputs.c", "encode.c")
    lines = [tuple(map(int, line.split())) for line in said(program).splitlines()]
    known = {b"Blue": 1, "Élan".encode(): 2}
    plain = [text.strip().replace("-7.00", "-7").replace("True", "true") for text in TEXTS] + [""]
    ids = [category_id(text.encode(), known, 101) for text in plain]
    assert [number for number, _ in lines[: len(ids)]] == ids
    place = {name: bit for bit, name in enumerate(["pickup_lat", "pickup_lon", "dropoff_lat", "dropoff_lon", "start"])}
    always = sum(1 << place[name] for name in place)  # 43 and 0 degrees, and 1970, lie outside the training range
    assert [bits - always for _, bits in lines[: len(ids)]] == [0 if one in (1, 2) else 1 << 6 for one in ids]
    seconds = [(0, int((one - datetime(1970, 1, 1)).total_seconds())) for one in TIMES]
    assert lines[len(ids) :] == [*seconds, *[(1, 0)] * len(BAD_TIMES)]


SHARED = """
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <thread>
#include "predictor.hpp"
#include "vectors.h"
int main(int, char** argv) {
  std::ifstream file(argv[1], std::ios::binary);
  std::vector<std::uint8_t> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (Predictor::Open({1, 2, 3}) != nullptr) return 1;
  auto one = Predictor::Open(bytes);
  if (one == nullptr || kTolerance < 0 || difference_of(kVectors[0].expected, 0) != 0) return 1;
  if (row_of(0).values[0].f < 0) return 1;
  predictor_inputs ride{};
  ride.start = {2014, 5, 16, 19, 45, 0};
  std::vector<float> sums(4);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) threads.emplace_back([&, t, ride]() mutable {
    predictor_result result{};
    for (int n = 0; n < 500; ++n) {
      ride.passengers = static_cast<float>(t);
      if (one->Predict(ride, &result) == PREDICTOR_OK) sums[t] += result.value;
    }
  });
  for (auto& thread : threads) thread.join();
  predictor_result result{};
  for (int t = 0; t < 4; ++t) {
    ride.passengers = static_cast<float>(t);
    one->Predict(ride, &result);
    if (std::fabs(sums[t] / 500 - result.value) > 0.01f) return 3;
  }
  std::printf("fine");
  return 0;
}
"""


@needs_gcc
def test_the_cpp_header_is_shared_by_threads_and_needs_no_exceptions(folder: Path) -> None:
    (folder / "shared.cc").write_text(SHARED)
    for source in SOURCES:
        subprocess.run(
            ["gcc", *STRICT, "-std=c99", "-c", source, "-o", f"{Path(source).stem}.o"], cwd=folder, check=True
        )
    objects = [f"{Path(source).stem}.o" for source in SOURCES]
    program = built(folder, "g++", "-std=c++17", "-fno-exceptions", "-pthread", "shared.cc", *objects)
    assert said(program, folder / "model.tflite") == "fine"


DECIDED = """
#include <stdio.h>
#include "predictor_inputs.h"
int main(void) {
  const float seen[][PREDICTOR_OUTPUTS] = {%s};
  predictor_result result;
  for (unsigned i = 0; i < sizeof seen / sizeof *seen; ++i) {
    predictor_decode(seen[i], &result);
    puts(result.decided < 0 ? "null" : predictor_classes[result.decided]);
  }
  return 0;
}
"""
AWKWARD = ["plain", 'a "quoted", one', "Élan ??/"]


@needs_gcc
@pytest.mark.parametrize(
    ("output", "seen", "classes"),
    [
        (
            {"shape": [1], "kind": "binary", "classes": AWKWARD[:2], "decision": {"threshold": 0.3, "chosen_by": "F1"}},
            "{0.29f}, {0.3f}, {NAN}",
            ["plain", 'a "quoted", one', "null"],
        ),
        (
            {"shape": [1, 3], "kind": "classes", "classes": AWKWARD, "decision": {"chosen_by": "likeliest class"}},
            "{0.2f, 0.5f, 0.3f}, {0.1f, 0.2f, 0.7f}, {0.4f, 0.4f, 0.2f}, {NAN, NAN, NAN}",
            ['a "quoted", one', "Élan ??/", "plain", "null"],
        ),
    ],
)
def test_a_class_is_decided_as_the_manifest_says_and_said_by_its_name(
    output: dict[str, Any], seen: str, classes: list[str], tiny_manifest: dict[str, Any], tmp_path: Path
) -> None:
    interface = interface_of({**tiny_manifest, "output": {**tiny_manifest["output"], "unit": None, **output}})
    micro = TargetRun(runs=False, version="a test's")
    told: dict[str, Any] = {"tolerance": 0.01, "rows": []}
    for path, text in packages.write_packages(interface, micro, b"", told).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    (tmp_path / "decided.c").write_text(("#include <math.h>" + DECIDED) % seen, encoding="utf-8")
    program = built(tmp_path, "gcc", "-std=c99", "c/predictor_inputs.c", "decided.c")
    assert said(program).splitlines() == classes
    if shutil.which("node"):
        values = seen.replace("f", "").replace("{", "[").replace("}", "]").replace("NAN", "NaN")
        loop = f"for (const one of [{values}]) console.log(decode(one.map(Math.fround)).decided)"
        script = f"import {{decode}} from './javascript/predictor.mjs'; {loop}"
        (tmp_path / "decided.mjs").write_text(script, encoding="utf-8")
        assert said("node", tmp_path / "decided.mjs").splitlines() == classes


def test_the_micro_package_holds_the_file_its_operators_and_the_arena(folder: Path) -> None:
    array = (folder / "tflm" / "model_data.h").read_text()
    assert (
        bytes(int(one, 16) for one in re.findall(r"0x([0-9a-f]{2})", array)) == (folder / "model.tflite").read_bytes()
    )
    source = (folder / "tflm" / "predictor_tflm.cc").read_text()
    assert "MicroMutableOpResolver<2>" in source
    assert re.findall(r"resolver\.Add(\w+)\(", source) == ["Abs", "FullyConnected"]
    assert "PREDICTOR_ARENA_BYTES 4096" in (folder / "tflm" / "predictor_tflm.h").read_text()


def test_a_file_that_microcontrollers_cannot_run_has_no_package_for_them(
    tiny_manifest: dict[str, Any], tiny_vectors: dict[str, Any]
) -> None:
    refused = TargetRun(runs=False, version="a test's", operators=["ATAN2"])
    written = packages.write_packages(interface_of(tiny_manifest), refused, b"", tiny_vectors)
    assert not any(path.startswith("tflm") for path in written)


def test_every_operator_of_the_table_has_a_method_of_the_resolver() -> None:
    names = {packages._resolver_name(one) for one in MICRO_KERNELS}
    assert {"FloorDiv", "SelectV2", "BatchMatMul", "Relu6", "GreaterEqual", "SquaredDifference"} <= names


@needs_node
def test_the_javascript_module_encodes_what_people_say_and_refuses_the_rest(folder: Path) -> None:
    ride = {"pickupLat": 41.9, "pickupLon": -87.6, "dropoffLat": 41.95, "dropoffLon": -87.7, "passengers": 2}
    script = f"""
      import {{encode, outside}} from './javascript/predictor.mjs';
      const start = {{year: 2014, month: 5, day: 16, hour: 19, minute: 45}};
      const ride = {{...{json.dumps(ride)}, start, company: null}};
      const refused = (change) => {{
        try {{ encode({{...ride, ...change}}); return false; }} catch (error) {{ return true; }}
      }};
      console.log(JSON.stringify({{
        ids: {json.dumps(TEXTS)}.map((company) => encode({{...ride, company}}).company),
        start: encode(ride).start,
        outside: outside(encode({{...ride, pickupLat: 45, company: 'Blue'}})),
        refused: [{{passengers: null}}, {{passengers: '2'}}, {{company: 7}}, {{start: null}}, {{colour: 1}},
          {{start: {{...ride.start, month: 2, day: 30}}}}, {{start: {{...ride.start, year: 2039}}}}].map(refused),
      }}));
    """
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script], cwd=folder, capture_output=True, text=True, check=True
    )
    told = json.loads(done.stdout)
    known = {b"Blue": 1, "Élan".encode(): 2}
    plain = [text.strip().replace("-7.00", "-7").replace("True", "true") for text in TEXTS]
    assert told["ids"] == [category_id(text.encode(), known, 101) for text in plain]
    assert told["start"] == int((datetime(2014, 5, 16, 19, 45) - datetime(1970, 1, 1)).total_seconds())
    assert told["outside"] == ["pickupLat"]
    assert told["refused"] == [True] * 7


@needs_node
def test_the_javascript_module_says_nan_itself_where_the_file_needs_the_number(folder: Path) -> None:
    script = """
      import {Predictor, encode} from './javascript/predictor.mjs';
      class Tensor { constructor(values) { this.values = values; } data() { return this.values; } delete() {} }
      const model = {run: async (inputs) => ({prediction: new Tensor(Float32Array.of(-Infinity))})};
      const one = new Predictor(model, Tensor);
      const start = {year: 2014, month: 5, day: 16, hour: 19, minute: 45};
      const ride = {pickupLat: 41.9, pickupLon: -87.6, dropoffLat: 41.95, dropoffLon: -87.7, start, passengers: 2};
      const said = [await one.predict(ride), await one.predict({...ride, passengers: NaN})];
      console.log(said.map(({value}) => value).join());
    """
    assert said("node", "--input-type=module", "-e", script, cwd=folder) == "-Infinity,NaN\n"


@pytest.mark.parametrize("value", [0.1, 1e-20, 3.4e38, -87.65, 0.0])
def test_a_float_literal_reads_back_as_the_very_float32(value: float) -> None:
    assert np.float32(packages._float(value).rstrip("f")) == np.float32(value)
    assert packages._float(None) == "NAN"
