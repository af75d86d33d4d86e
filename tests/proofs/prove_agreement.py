"""Proves that one pushed file gives one prediction: SavedModel, tf.lite, ai_edge_litert and a browser on the same rows.

    make prove-agreement [ARGS="--rows 1000 --runs-dir runs"]

Rows are spread evenly over the test rows of the run that pushed the version. Prints, as Markdown, the difference
of every runtime to the kernels that the manifest's figures were measured with, in label units. Ends with code 1 if one
of them is beyond the tolerance of the version's test vectors on more than one row in a hundred.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from playwright.sync_api import sync_playwright

from components.conversion.verification import run_saved_model
from components.device.runtime import SIGNATURE, predict
from components.examples import Columns
from components.registry.soundness import SOURCE, VECTORS, interface_of, read_json
from components.registry.store import Store
from components.scoring.device_rows import load_raw
from data.tensor_names import tensor_name
from pipeline.commands.options import open_store
from pipeline.demo.content import PACKAGES, described, resources
from pipeline.demo.server import DemoServer

REFERENCE = "ai_edge_litert, XNNPACK"
FloatArray = npt.NDArray[np.float32]


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--runs-dir", type=Path, default=Path("runs"))
    parser.add_argument("--pipeline", default=None)
    parser.add_argument("--version", default=None)
    options = parser.parse_args()
    store = open_store(options.runs_dir, options.pipeline)
    version = store.resolve(options.version)
    columns = evaluation_rows(store, version, options.rows)
    predictions = {name: run(store, version, columns) for name, run in RUNTIMES.items()}
    tolerance = read_json(store.folder(version) / VECTORS)["tolerance"]
    print(f"version {version}, {len(predictions[REFERENCE]):,} test rows, difference to {REFERENCE}:\n")
    print("| runtime | bit for bit | mean | 99th percentile | largest | rows beyond " + f"{tolerance:g} |")
    print("|---" * 6 + "|")
    apart = False
    for name, predicted in predictions.items():
        if predicted is None:
            print(f"| {name} | not here | | | | |")
            continue
        off = np.abs(predicted.astype(np.float64) - predictions[REFERENCE])
        beyond = int((~(off <= tolerance)).sum())
        apart |= beyond > len(off) / 100
        print(
            f"| {name} | {int((off == 0).sum()):,} | {off.mean():.2g} | {np.percentile(off, 99):.2g} | "
            f"{off.max():.2g} | {beyond} |"
        )
    sys.exit(1 if apart else 0)


def evaluation_rows(store: Store, version: str, count: int) -> Columns:
    """Inputs `[count]` by name, of the run that pushed the version.

    Raises:
        FileNotFoundError: its examples are gone.
    """
    manifest = store.manifest(version)
    (ingestion,) = [one for one in manifest["lineage"] if one["step"] == "TripExampleGen"]
    split = Path(ingestion["outputs"]["examples"][0]["uri"], "Split-test")
    if not split.is_dir():
        raise FileNotFoundError(f"{split}: the test rows of version {version} are no longer there")
    columns, label = load_raw(
        str(split), interface_of(manifest).inputs, tensor_name(manifest["config"]["data"]["label"]["column"])
    )
    chosen = np.unique(np.linspace(0, len(label) - 1, min(count, len(label))).astype(int))
    return {name: values[chosen] for name, values in columns.items()}


def saved_model(store: Store, version: str, columns: Columns) -> FloatArray:
    """What the file was converted from."""
    return run_saved_model(str(store.folder(version) / SOURCE / "Format-Serving"), SIGNATURE, columns)


def litert(store: Store, version: str, columns: Columns) -> FloatArray:
    """The runtime of `predict` and of the proof."""
    return predict(store.model(version), columns)


def tf_lite(store: Store, version: str, columns: Columns) -> FloatArray:
    """TensorFlow's own copy of the runtime."""
    return by_signature(tf.lite.Interpreter(model_content=store.model(version), num_threads=1), columns)


def without_delegate(store: Store, version: str, columns: Columns) -> FloatArray:
    """Optimized kernels, no XNNPACK: what a device without it runs."""
    kind = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    return by_signature(
        Interpreter(model_content=store.model(version), num_threads=1, experimental_op_resolver_type=kind), columns
    )


def reference_kernels(store: Store, version: str, columns: Columns) -> FloatArray:
    """The plain kernels that define what an operator means."""
    kind = OpResolverType.BUILTIN_REF
    return by_signature(Interpreter(model_content=store.model(version), experimental_op_resolver_type=kind), columns)


def by_signature(engine: Any, columns: Columns) -> FloatArray:
    """float32 `[rows]`, one call a row."""
    call = engine.get_signature_runner(SIGNATURE)
    rows = len(next(iter(columns.values())))
    one = ({name: values[row : row + 1] for name, values in columns.items()} for row in range(rows))
    return np.array([next(iter(call(**inputs).values()))[0] for inputs in one], np.float32)


def in_browser(store: Store, version: str, columns: Columns) -> FloatArray | None:
    """LiteRT.js in a headless Chromium, through the demo's own page; None where one of the two is not here."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        print("no Chromium here; `apt-get install chromium` brings one", file=sys.stderr)
        return None
    if not (PACKAGES / "@litertjs").is_dir():
        print("no LiteRT.js here; `make demo` fetches it", file=sys.stderr)
        return None
    rows = len(next(iter(columns.values())))
    plain = {name: values.tolist() for name, values in columns.items()}
    vectors = [{"inputs": {name: plain[name][row] for name in plain}, "prediction": 0.0} for row in range(rows)]
    found = resources(store, version)
    told = described(store.manifest(version), {"tolerance": 0, "rows": vectors})
    page_data = json.dumps(told).encode()
    found["/version.json"] = type(found["/version.json"])(found["/version.json"].media_type, page_data)
    with DemoServer(found, 0) as server, sync_playwright() as driver:
        page = driver.chromium.launch(executable_path=program, chromium_sandbox=False).new_page()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            page.goto(f"{server.url}?check=1")
            said = json.loads(page.wait_for_selector("#check:not(:empty)", state="attached").text_content())
        finally:
            page.context.browser.close()
            server.shutdown()
            thread.join()
    return np.array(said["predictions"], np.float32)


RUNTIMES: dict[str, Callable[[Store, str, Columns], Any]] = {
    "SavedModel, TensorFlow": saved_model,
    "tf.lite, XNNPACK": tf_lite,
    REFERENCE: litert,
    "ai_edge_litert, no delegate": without_delegate,
    "ai_edge_litert, reference kernels": reference_kernels,
    "LiteRT.js in Chromium": in_browser,
}


if __name__ == "__main__":
    main()
