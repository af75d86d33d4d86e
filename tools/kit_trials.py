"""Runs a version's kit on the runtimes that can be had here, and prints a table of them.

Called with the folder of a version, and `--markdown` to put the table into docs/reference/devices.md as well. Exit code
3 where a runtime that was tried is beyond the tolerance.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path

import kit_browser
import kit_kotlin
import kit_micro
import kit_swift
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
ONNX = ROOT / ".tools/onnx"
CONVERTER = ("tf2onnx==1.17.0", "onnx==1.16.2", "onnxruntime==1.23.2")
"""Installed apart and without what they ask for, since it would change the locked environment."""


DOCUMENT = ROOT / "docs/reference/devices.md"
BEGIN, END = "<!-- written by make test-kit ARGS='FOLDER --markdown' -->\n", "<!-- until here -->"


class Skipped(RuntimeError):
    """A runtime cannot be tried here; the words say what is missing."""


@dataclass(frozen=True)
class Trial:
    """One line of the table; None where nothing was measured."""

    runtime: str
    largest: float | None
    memory: str = ""
    call_us: float | None = None
    note: str = ""


def python(folder: Path) -> Trial:
    """The Python example, as it lies in the kit."""
    done = subprocess.run([sys.executable, str(folder / "kit/predict.py")], capture_output=True, text=True, check=False)
    told = json.loads((folder / "model.json").read_text())
    found = re.search(r"largest difference ([\d.e+-]+)", done.stdout)
    if found is None:
        raise RuntimeError(done.stderr[-500:])
    return Trial(f"LiteRT {installed('ai-edge-litert')}, Python", float(found[1]), "", told["latency_us"]["p50"])


def c(folder: Path) -> Trial:
    """The C package, compiled by gcc, against the library that LiteRT's Python package ships."""
    package = importlib.util.find_spec("ai_edge_litert")
    library = Path(str(package and package.origin)).parent / "libLiteRt.so"
    if not shutil.which("gcc") or not library.exists():
        raise Skipped("needs gcc and libLiteRt.so")
    sources = [str(folder / "kit/c" / name) for name in ("predictor_inputs.c", "predictor.c", "test_predictor.c")]
    with tempfile.TemporaryDirectory() as work:
        program = f"{work}/replay"
        linked = [str(library), f"-Wl,-rpath,{library.parent}", "-lm"]
        subprocess.run(["gcc", "-std=c99", "-O2", *sources, "-o", program, *linked], check=True)
        with subprocess.Popen(
            [program, str(folder / "model.tflite")], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as running:
            said = running.stdout.read() if running.stdout else ""
            _, status, used = os.wait4(running.pid, 0)
            running.returncode = os.waitstatus_to_exitcode(status)
    found = re.search(r"largest difference ([\d.e+-]+), ([\d.]+) us", said)
    if found is None:
        raise RuntimeError(f"the program of the C package ended with {running.returncode} and said {said!r}")
    memory = f"{used.ru_maxrss / 1024:.0f} MB resident, the library included"
    return Trial(f"LiteRT {installed('ai-edge-litert')}, C and C++", float(found[1]), memory, float(found[2]))


def kernels(folder: Path) -> Trial:
    """What the pusher measured without XNNPACK."""
    told = json.loads((folder / "model.json").read_text())["targets"]["litert"]
    return Trial(f"{told['version']}, own kernels", told["max_difference_vectors"])


def micro(folder: Path) -> Trial:
    """What the pusher measured on microcontrollers' kernels."""
    told = json.loads((folder / "model.json").read_text())["targets"]["micro"]
    if not told["runs"]:
        raise Skipped(told["why"])
    memory = f"{told['arena_bytes']:,} bytes of arena, {told['flash_bytes']:,} of flash for the file"
    return Trial(told["version"], told["max_difference_vectors"], memory)


def _on(board: kit_micro.Board) -> Callable[[Path], Trial]:
    def emulated(folder: Path) -> Trial:
        """The package for microcontrollers on a processor that QEMU stands in for, or on this one."""
        try:
            seen = kit_micro.replay(folder, board, ROOT / ".tools/tflm")
        except kit_micro.Absent as reason:
            raise Skipped(str(reason)) from reason
        memory = f"{seen.arena:,} bytes of arena; {seen.text:,} of program, the file and the test vectors included"
        return Trial(f"its source, {board.name}", seen.largest, memory)

    emulated.__name__ = f"TensorFlow Lite for Microcontrollers, {board.name}"
    return emulated


def kotlin(folder: Path) -> Trial:
    """The Kotlin package on this machine's JVM, on the library of the C package."""
    try:
        largest, us = kit_kotlin.replay(folder, ROOT / ".tools/kotlin")
    except kit_kotlin.Absent as reason:
        raise Skipped(str(reason)) from reason
    name = f"LiteRT {installed('ai-edge-litert')}, Kotlin {kit_kotlin.KOTLIN} on a desktop JVM"
    return Trial(name, largest, "", us)


def swift(folder: Path) -> Trial:
    """The Swift package and its own test on Linux, on the library of the C package."""
    try:
        version, largest, us = kit_swift.replay(folder)
    except kit_swift.Absent as reason:
        raise Skipped(str(reason)) from reason
    return Trial(f"LiteRT {installed('ai-edge-litert')}, Swift {version} on Linux", largest, "", us)


def browser(folder: Path) -> Trial:
    """The JavaScript module in this machine's Chromium."""
    try:
        version, largest, us = kit_browser.replay(folder)
    except kit_browser.Absent as reason:
        raise Skipped(str(reason)) from reason
    return Trial(f"LiteRT.js {version}, Chromium", largest, "", us)


def onnx(folder: Path) -> Trial:
    """The file converted to ONNX, in onnxruntime."""
    if not ONNX.exists():
        uv = subprocess.run(["sh", "tools/uv.sh"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
        subprocess.run([uv, "pip", "install", "--quiet", "--no-deps", "--target", str(ONNX), *CONVERTER], check=True)
    with tempfile.TemporaryDirectory() as work:
        converted, source = f"{work}/model.onnx", str(folder / "model.tflite")
        apart = {**os.environ, "PYTHONPATH": str(ONNX)}
        command = [sys.executable, "-m", "tf2onnx.convert", "--tflite", source, "--output", converted, "--opset", "17"]
        subprocess.run(command, env=apart, check=True, capture_output=True)
        sys.path.insert(0, str(ONNX))
        import onnxruntime

        session = onnxruntime.InferenceSession(converted, providers=["CPUExecutionProvider"])
    manifest = json.loads((folder / "model.json").read_text())
    dtypes = {one["name"]: one["dtype"] for one in manifest["inputs"]}
    largest = 0.0
    for row in json.loads((folder / "test_vectors.json").read_text())["rows"]:
        inputs = {name: np.array([_number(value)], dtypes[name]) for name, value in row["inputs"].items()}
        got, wanted = np.ravel(session.run(None, inputs)[0]), np.array(row["prediction"], np.float64, ndmin=1)
        off = np.where(np.isnan(got) & np.isnan(wanted), 0.0, np.abs(got - wanted))
        largest = max(largest, float(np.nan_to_num(off, nan=np.inf).max()))
    return Trial(f"onnxruntime {onnxruntime.__version__}, by tf2onnx", largest)


def _number(value: float | None) -> float:
    return np.nan if value is None else value


BOARDS = tuple(map(_on, (kit_micro.CORTEX, kit_micro.ARM64)))
TRIALS: tuple[Callable[[Path], Trial], ...] = (python, c, kotlin, swift, kernels, micro, *BOARDS, browser, onnx)


def row(trial: Trial, tolerance: float) -> str:
    """A line of the table in Markdown."""
    runs = trial.note or ("yes" if trial.largest is not None and trial.largest <= tolerance else "NO")
    largest = "" if trial.largest is None else f"{trial.largest:.2g}"
    taken = "" if trial.call_us is None else f"{trial.call_us:.0f} us"
    return f"| {trial.runtime} | {runs} | {largest} | {trial.memory} | {taken} |"


def main(folder: Path, markdown: bool = False) -> int:
    """Prints the table; 3 where a runtime is beyond the tolerance or failed."""
    vectors = json.loads((folder / "test_vectors.json").read_text())
    tolerance = float(vectors["tolerance"])
    lines = ["| runtime | runs | largest difference | memory | a call |", "|---|---|---|---|---|"]
    print("\n".join(lines))
    passed = failed = skipped = 0
    for trial in TRIALS:
        try:
            done = trial(folder)
        except Skipped as reason:
            done, skipped = Trial(trial.__name__, None, note=f"not tried: {reason}"), skipped + 1
        except (RuntimeError, subprocess.SubprocessError) as error:
            done, failed = Trial(trial.__name__, None, note=f"NO: {error}"), failed + 1
        else:
            fine = done.largest is not None and done.largest <= tolerance
            passed, failed = passed + fine, failed + (not fine)
        lines.append(row(done, tolerance))
        print(lines[-1], flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    if markdown:
        _put(folder, len(vectors["rows"]), tolerance, lines)
    return 3 if failed else 0


def _put(folder: Path, rows: int, tolerance: float, lines: list[str]) -> None:
    """The table and what it was measured on into the document."""
    told = json.loads((folder / "model.json").read_text())
    unit = told["output"].get("unit") or ""
    about = (
        f"A file of {told['bytes']:,} bytes that predicts {told['output']['source_column']}, its {rows} test vectors, "
        f"tolerance {tolerance:.2g} {unit}, on two cores of a shared x86-64 machine. "
    )
    worst = max(one["max_difference_rows"] or 0 for one in told["targets"].values())
    about += f"On its test rows the kernels without XNNPACK are off by {worst:.2g} {unit} at most."
    text = DOCUMENT.read_text()
    before, after = text[: text.index(BEGIN)], text[text.index(END) :]
    DOCUMENT.write_text("".join([before, BEGIN, "\n".join([*textwrap.wrap(about, 118), "", *lines, ""]), after]))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), "--markdown" in sys.argv))
