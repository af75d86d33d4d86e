"""Runs a version's kit on the runtimes that can be had here, and prints the README's table of runtimes.

Called with the folder of a version. Exit code 3 where a runtime that was tried is beyond the tolerance.
"""

from __future__ import annotations

import functools
import http.server
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ROOT / "pipeline/demo/node_modules/@litertjs"
ONNX = ROOT / ".tools/onnx"
CONVERTER = ("tf2onnx==1.17.0", "onnx==1.16.2", "onnxruntime==1.23.2")
"""Installed apart and without what they ask for, since it would change the locked environment."""


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


PAGE = """<!doctype html><link rel="icon" href="data:,"><script type="importmap">{"imports": {
  "@litertjs/core": "/packages/core/dist/index.js",
  "@litertjs/wasm-utils": "/packages/wasm-utils/dist/bundle.js"}}</script>
<script type="module">
import {loadAndCompile, loadLiteRt, Tensor} from '@litertjs/core';
import {Predictor} from '/kit/javascript/predictor.mjs';
import {replay} from '/kit/javascript/replay.mjs';
try {
  await loadLiteRt('/packages/core/wasm/');
  const bytes = new Uint8Array(await (await fetch('/model.tflite')).arrayBuffer());
  const predictor = new Predictor(await loadAndCompile(bytes, {accelerator: 'wasm'}), Tensor);
  await replay(predictor);
  const start = performance.now();
  const {vectors, largest} = await replay(predictor);
  document.title = JSON.stringify({largest, us: 1000 * (performance.now() - start) / vectors});
} catch (error) {
  document.title = JSON.stringify({error: String(error)});
}
</script>"""


def browser(folder: Path) -> Trial:
    """The JavaScript module in this machine's Chromium."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None or not PACKAGES.exists():
        raise Skipped("needs Chromium, and LiteRT.js, which `make demo` fetches")
    with tempfile.TemporaryDirectory() as work, sync_playwright() as driver:
        (Path(work) / "index.html").write_text(PAGE)
        for name, target in (
            ("packages", PACKAGES),
            ("kit", folder / "kit"),
            ("model.tflite", folder / "model.tflite"),
        ):
            (Path(work) / name).symlink_to(target)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=work)) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            page = driver.chromium.launch(executable_path=chromium, chromium_sandbox=False).new_page()
            page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
            page.wait_for_function("document.title !== ''", timeout=120_000)
            told = json.loads(page.title())
            server.shutdown()
    if "error" in told:
        raise RuntimeError(told["error"])
    lately = json.loads((PACKAGES / "core/package.json").read_text())["version"]
    return Trial(f"LiteRT.js {lately}, Chromium", told["largest"], "", told["us"])


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """Tells a browser what a module is, and nobody what it served."""

    extensions_map = {
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".wasm": "application/wasm",
        ".mjs": "text/javascript",
    }

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


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


TRIALS: tuple[Callable[[Path], Trial], ...] = (python, c, kernels, micro, browser, onnx)


def row(trial: Trial, tolerance: float) -> str:
    """A line of the table in Markdown."""
    runs = trial.note or ("yes" if trial.largest is not None and trial.largest <= tolerance else "NO")
    largest = "" if trial.largest is None else f"{trial.largest:.2g}"
    taken = "" if trial.call_us is None else f"{trial.call_us:.0f} us"
    return f"| {trial.runtime} | {runs} | {largest} | {trial.memory} | {taken} |"


def main(folder: Path) -> int:
    """Prints the table; 3 where a runtime is beyond the tolerance or failed."""
    tolerance = float(json.loads((folder / "test_vectors.json").read_text())["tolerance"])
    print("| runtime | runs | largest difference | memory | a call |\n|---|---|---|---|---|")
    passed = failed = skipped = 0
    for trial in TRIALS:
        try:
            done = trial(folder)
        except Skipped as reason:
            done, skipped = Trial(trial.__name__, None, note=f"not tried: {reason}"), skipped + 1
        except (RuntimeError, subprocess.CalledProcessError) as error:
            done, failed = Trial(trial.__name__, None, note=f"NO: {error}"), failed + 1
        else:
            fine = done.largest is not None and done.largest <= tolerance
            passed, failed = passed + fine, failed + (not fine)
        print(row(done, tolerance), flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 3 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
