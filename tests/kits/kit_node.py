"""The JavaScript module in Node.js."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

from kit_browser import PACKAGES
from kit_here import Absent, Replayed, need, run

# LiteRT.js loads its WebAssembly as the worker of a browser does; these names are what it asks one for.
PROGRAM = """import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {runInThisContext} from 'node:vm';
const [model, wasm] = process.argv.slice(2);
Object.assign(globalThis, {
  self: globalThis, __filename: `${wasm}/litert.js`, __dirname: wasm, require: createRequire(import.meta.url),
  importScripts: (path) => runInThisContext(readFileSync(path, 'utf8'), path),
});
const {loadAndCompile, loadLiteRt, Tensor} = await import('@litertjs/core');
const {Predictor} = await import('./predictor.mjs');
const {replay} = await import('./replay.mjs');
await loadLiteRt(`${wasm}/`);
const predictor = new Predictor(await loadAndCompile(readFileSync(model), {accelerator: 'wasm'}), Tensor);
await replay(predictor);
const start = performance.now();
const {vectors, largest} = await replay(predictor);
console.log(JSON.stringify({node: process.version, largest, us: 1000 * (performance.now() - start) / vectors}));
process.exit(0);
"""


def replay(folder: Path) -> Replayed:
    """Replays the test vectors of a version."""
    need("node", package="nodejs")
    if not PACKAGES.exists():
        raise Absent("needs LiteRT.js, which `make demo` fetches")
    with tempfile.TemporaryDirectory() as work:
        for one in ("predictor.mjs", "replay.mjs"):
            shutil.copy(folder / "kit/javascript" / one, work)
        Path(work, "node_modules").symlink_to(PACKAGES.parent)
        Path(work, "run.mjs").write_text(PROGRAM)
        said = run(["node", f"{work}/run.mjs", folder / "model.tflite", PACKAGES / "core/wasm"])
    told = json.loads(said.splitlines()[-1])
    return Replayed(told["largest"], told["node"], call_us=told["us"])
