"""The JavaScript package in this machine's Chromium."""

from __future__ import annotations

import functools
import http.server
import json
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any

from kit_here import ROOT, Absent, Replayed

PACKAGES = ROOT / "pipeline/demo/node_modules/@litertjs"

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
  const predictor = new Predictor(await loadAndCompile(bytes, {accelerator: '@WHERE@'}), Tensor);
  await replay(predictor);
  const start = performance.now();
  const {vectors, largest} = await replay(predictor);
  document.title = JSON.stringify({largest, us: 1000 * (performance.now() - start) / vectors});
} catch (error) {
  document.title = JSON.stringify({error: String(error)});
}
</script>"""


WEBGPU = ("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan")
"""Chromium's graphics card in software."""


def replay(folder: Path, accelerator: str = "wasm") -> Replayed:
    """Replays the test vectors of a version; `accelerator` is `wasm` or `webgpu`."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None or not PACKAGES.exists():
        raise Absent("needs Chromium, and LiteRT.js, which `make demo` fetches")
    with tempfile.TemporaryDirectory() as work, sync_playwright() as driver:
        (Path(work) / "index.html").write_text(PAGE.replace("@WHERE@", accelerator))
        for name, target in (
            ("packages", PACKAGES),
            ("kit", folder / "kit"),
            ("model.tflite", folder / "model.tflite"),
        ):
            (Path(work) / name).symlink_to(target)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=work)) as server:
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            words = WEBGPU if accelerator == "webgpu" else ()
            page = driver.chromium.launch(executable_path=chromium, chromium_sandbox=False, args=words).new_page()
            page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
            page.wait_for_function("document.title !== ''", timeout=120_000)
            told = json.loads(page.title())
            server.shutdown()
    if "error" in told:
        raise RuntimeError(told["error"])
    return Replayed(told["largest"], call_us=told["us"])


def version() -> str:
    """Of LiteRT.js."""
    return str(json.loads((PACKAGES / "core/package.json").read_text())["version"])


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """Tells a browser what a module is, and nobody what it served."""

    extensions_map = {
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".wasm": "application/wasm",
        ".mjs": "text/javascript",
    }

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""
