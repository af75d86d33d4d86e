"""The file converted to ONNX, in onnxruntime."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from kit_here import ROOT, Replayed, run, uv

PACKAGES = ROOT / ".tools/onnx"
WANTED = ("tf2onnx==1.17.0", "onnx==1.16.2", "onnxruntime==1.23.2")
"""Installed apart and without what they ask for, since it would change the locked environment."""


def replay(folder: Path) -> Replayed:
    """Replays the test vectors of a version."""
    if not PACKAGES.exists():
        run([uv(), "pip", "install", "--quiet", "--no-deps", "--target", PACKAGES, *WANTED])
    with tempfile.TemporaryDirectory() as work:
        source, converted = folder / "model.tflite", f"{work}/model.onnx"
        words = ["--tflite", source, "--output", converted, "--opset", "17"]
        run(["env", f"PYTHONPATH={PACKAGES}", sys.executable, "-m", "tf2onnx.convert", *words])
        sys.path.insert(0, str(PACKAGES))
        import onnxruntime

        session = onnxruntime.InferenceSession(converted, providers=["CPUExecutionProvider"])
    dtypes = {one["name"]: one["dtype"] for one in json.loads((folder / "model.json").read_text())["inputs"]}
    largest = 0.0
    for row in json.loads((folder / "test_vectors.json").read_text())["rows"]:
        inputs = {
            name: np.array([np.nan if value is None else value], dtypes[name]) for name, value in row["inputs"].items()
        }
        got, wanted = np.ravel(session.run(None, inputs)[0]), np.array(row["prediction"], np.float64, ndmin=1)
        off = np.where(np.isnan(got) & np.isnan(wanted), 0.0, np.abs(got - wanted))
        largest = max(largest, float(np.nan_to_num(off, nan=np.inf).max()))
    return Replayed(largest, onnxruntime.__version__)
