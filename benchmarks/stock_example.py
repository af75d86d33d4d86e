"""TFX's own taxi example, as shipped: the same trips, fewer steps (no compression, no conversion, no proof)."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from timed import Cost, timed


def stock(home: Path) -> Cost:
    """One run in a fresh home: the example wants its files under `$HOME/taxi`, and `pip` in its environment."""
    spec = importlib.util.find_spec("tfx")
    assert spec is not None  # farelite depends on it
    assert spec.submodule_search_locations is not None
    example = Path(spec.submodule_search_locations[0]) / "examples" / "chicago_taxi_pipeline"
    (home / "taxi" / "data" / "simple").mkdir(parents=True)
    shutil.copy(example / "data" / "simple" / "data.csv", home / "taxi" / "data" / "simple")
    shutil.copy(example / "taxi_utils_native_keras.py", home / "taxi")
    pip = home / "pip"
    uv = subprocess.run(["sh", "tools/uv.sh"], capture_output=True, text=True, check=True).stdout.strip()
    fetch = [uv, "pip", "install", "--quiet", "--python", sys.executable, "--target", str(pip), "pip", "wheel"]
    subprocess.run(fetch, check=True)
    environment = {**os.environ, "HOME": str(home), "PYTHONPATH": str(pip), "TF_USE_LEGACY_KERAS": "1"}
    environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return timed([sys.executable, str(example / "taxi_pipeline_native_keras.py")], environment)[0]
