"""A version whose test vectors are test rows of its run, so that every trial replays them as it does the vectors."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
from kit_here import Absent
from pyarrow import parquet

from components.conversion import vectors
from components.device import runtime
from components.device.kit import write_kit
from components.device.packages import write_packages
from components.files import PREDICTIONS_FILE
from components.pusher.rows_file import INPUT
from components.registry.soundness import interface_of
from data.vocabulary import TargetRun


def as_vectors(folder: Path, rows: int, target: Path) -> int:
    """Writes file, manifest, vectors and kit to `target`, and gives how many rows they have.

    Args:
        folder: of a version in the folder of its pipeline, whose latest run kept the rows.
        rows: at most so many, spread evenly.
        target: an empty folder.
    """
    pushed = folder.resolve().parents[1] / "artifacts/TFLitePusher/pushed_model"
    found = sorted(pushed.glob(f"*/{PREDICTIONS_FILE}"), key=lambda one: int(one.parent.name))
    manifest = json.loads((folder / "model.json").read_text())
    interface = interface_of(manifest)
    kept = parquet.read_table(found[-1]) if found else None
    wanted = [f"{INPUT}{one.source_column}" for one in interface.inputs]
    if kept is None or not set(wanted) <= set(kept.column_names):
        raise Absent(f"no {PREDICTIONS_FILE} with these inputs in {pushed}/*; test rows are kept by the run")
    at = np.unique(np.linspace(0, kept.num_rows - 1, min(rows, kept.num_rows)).astype(int))
    columns = {
        one.name: kept[name].to_numpy()[at].astype(one.dtype)
        for one, name in zip(interface.inputs, wanted, strict=True)
    }
    model = (folder / "model.tflite").read_bytes()
    allowed = json.loads((folder / "test_vectors.json").read_text())["tolerance"]
    told = vectors.as_json(columns, runtime.predict(model, columns), [None] * len(at), allowed)
    micro = TargetRun.model_validate(manifest["targets"]["micro"])
    kit = {**write_kit(interface), **write_packages(interface, micro, model, told)}
    for path, text in kit.items():
        (target / "kit" / path).parent.mkdir(parents=True, exist_ok=True)
        (target / "kit" / path).write_text(text, encoding="utf-8")
    (target / "test_vectors.json").write_text(json.dumps(told))
    for name in ("model.tflite", "model.json"):
        shutil.copy(folder / name, target)
    return len(at)
