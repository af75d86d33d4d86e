"""The shipped file beside LightGBM and XGBoost: the same engineered features, the same rows, one table.

    make bench-boosters         five hash seeds of the Chicago trips, about two minutes each

For each seed the pipeline runs as configured. Then four boosters of 400 trees (each library, squared and absolute
error) learn from the very rows of that run that were not held out, `train` and `validation` together, and all are
scored on its `test` rows. Boosters get the engineered columns as they are before scaling and PCA, which suits trees
best, and do not pay for computing them when they are timed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import lightgbm
import numpy as np
import tensorflow as tf
import xgboost

from components import interface_file
from components.conversion.convert import convert
from components.device import runtime
from components.scoring.device_rows import load_raw
from components.task import task_of
from data.tensor_names import tensor_name
from pipeline.config import Config, load
from pipeline.lineage.connection import open_metadata
from pipeline.lineage.questions import Lineage
from pipeline.paths import RunPaths
from transforms.preprocessing import block_columns, side_by_side, time_parts

FARELITE = Path(sys.executable).parent / "farelite"
TREES = 400
RATE = 0.05
CALLS, WARM_UP = 2000, 200


def main() -> None:
    """Prints Markdown on standard output."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--config", type=Path, default=None)
    parser.add_argument("--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE")
    parser.add_argument("--json", type=Path, default=None, help="also write every figure there")
    options = parser.parse_args()
    found = {}
    for seed in range(options.first, options.first + options.seeds):
        with tempfile.TemporaryDirectory() as folder:
            found[seed] = one_seed(options.config, [*options.overrides, f"data.split.seed={seed}"], Path(folder))
        print(f"seed {seed}: done", file=sys.stderr)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))
    print(table(found))
    bare = statistics.median(one["file"]["bare_us"] for one in found.values())
    print(f"\nA file that only adds its inputs takes {bare:.1f} us a call: what a call from Python costs by itself.")


def one_seed(config_file: Path | None, overrides: list[str], runs_dir: Path) -> dict[str, dict[str, float]]:
    """Errors, size and time of the file, its float model and each booster."""
    command = [str(FARELITE), "run", "--json", "--runs-dir", str(runs_dir)]
    command += ["--config", str(config_file)] if config_file else []
    for override in overrides:
        command += ["--set", override]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}")
    result = json.loads(done.stdout)
    config = load(config_file, overrides)
    folder = runs_dir / config.name
    model = next(Path(result["model_dir"]).glob("model.tflite")).read_bytes()
    ran = Lineage(open_metadata(config.metadata, RunPaths(folder))).node_runs(result["run_id"])
    (examples,) = ran["TripExampleGen"].outputs["examples"]
    trained = ran["Study" if "Study" in ran else "Trainer"].outputs["model"][0].uri
    interface = interface_file.read(Path(trained) / "Format-Serving")
    rows = {
        split: load_raw(f"{examples.uri}/Split-{split}", interface.inputs, tensor_name(config.data.label.column))
        for split in ("train", "validation", "test")
    }
    figures = result["metrics"]
    columns, label = rows["test"]
    float_model = {**figures["metrics"]["float"], "bytes": np.nan, "gzip": np.nan, "us": np.nan}
    found = {"file": file_figures(model, columns, label), "float model": float_model}
    learned = [engineered(config, rows[split][0]) for split in ("train", "validation")]
    train = np.concatenate(learned), np.concatenate([rows[split][1] for split in ("train", "validation")])
    test = engineered(config, columns), label
    for name, booster in BOOSTERS.items():
        found[name] = booster(train, test)
    return found


def file_figures(model: bytes, columns: runtime.Columns, label: Any) -> dict[str, float]:
    """Of the shipped file, by the interpreter."""
    return {
        **task_of({}).measure(runtime.predict(model, columns), label, task_of({}).brief),
        "bytes": len(model),
        "gzip": len(gzip.compress(model, 9, mtime=0)),
        "us": runtime.latency_us(model, columns, CALLS, WARM_UP)["p50"],
        "bare_us": runtime.latency_us(adding(columns), columns, CALLS, WARM_UP)["p50"],
    }


def adding(columns: runtime.Columns) -> bytes:
    """A file with the same inputs that adds them up and nothing else."""
    spec = {name: tf.TensorSpec([None], values.dtype, name=name) for name, values in columns.items()}
    module = tf.Module()
    module.serve = tf.function(lambda **raw: {"prediction": tf.add_n([tf.cast(x, tf.float32) for x in raw.values()])})
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, {runtime.SIGNATURE: module.serve.get_concrete_function(**spec)})
        return convert(folder)


def engineered(config: Config, columns: runtime.Columns) -> Any:
    """float32 `[rows, width]`: what the Transform step makes of raw rows before it scales, and whole time parts."""
    plan = config.plan()
    raw = {name: tf.constant(values) for name, values in columns.items()}
    parts = time_parts(plan, raw)
    whole = [parts[name] for name in plan.features.time_parts if name in parts]
    pieces = [*block_columns(plan, raw, parts), *whole, *(raw[tensor_name(name)] for name in plan.dataset.categorical)]
    return side_by_side([tf.cast(piece, tf.float32) for piece in pieces]).numpy()


def lightgbm_figures(loss: str) -> Callable[[Any, Any], dict[str, float]]:
    """Trains and measures LightGBM."""

    def measure(train: Any, test: Any) -> dict[str, float]:
        settings = {"objective": loss, "learning_rate": RATE, "seed": 0, "verbose": -1, "deterministic": True}
        model = lightgbm.train({**settings, "num_threads": 2}, lightgbm.Dataset(*train), TREES)
        return figures_of(lambda x: model.predict(x, num_threads=1), model.model_to_string().encode(), *test)

    return measure


def xgboost_figures(loss: str) -> Callable[[Any, Any], dict[str, float]]:
    """Trains and measures XGBoost."""

    def measure(train: Any, test: Any) -> dict[str, float]:
        settings = {"objective": loss, "eta": RATE, "seed": 0, "tree_method": "hist", "nthread": 2}
        model = xgboost.train(settings, xgboost.DMatrix(*train), TREES)
        model.set_param({"nthread": 1})
        return figures_of(model.inplace_predict, bytes(model.save_raw("ubj")), *test)

    return measure


BOOSTERS = {
    "LightGBM L2": lightgbm_figures("regression"),
    "LightGBM L1": lightgbm_figures("regression_l1"),
    "XGBoost L2": xgboost_figures("reg:squarederror"),
    "XGBoost L1": xgboost_figures("reg:absoluteerror"),
}


def figures_of(predict: Callable[[Any], Any], stored: bytes, x: Any, label: Any) -> dict[str, float]:
    """Errors, size as stored, and the median time of a call with one row, as for the file."""
    taken = np.empty(WARM_UP + CALLS)
    for call in range(len(taken)):
        row = x[call % len(x)][np.newaxis]
        start = time.perf_counter_ns()
        predict(row)
        taken[call] = time.perf_counter_ns() - start
    return {
        **task_of({}).measure(np.asarray(predict(x), np.float32), label, task_of({}).brief),
        "bytes": len(stored),
        "gzip": len(gzip.compress(stored, 6, mtime=0)),
        "us": float(np.median(taken[WARM_UP:]) / 1000),
    }


def table(found: dict[int, dict[str, dict[str, float]]]) -> str:
    """Means over the seeds, and the file's error as a share of each rival's: mean and spread of paired ratios."""
    head = ["model", "RMSE", "MAE", "file's RMSE to it", "file's MAE to it", "bytes", "gzip", "us a row"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for name in next(iter(found.values())):
        of = {key: [one[name][key] for one in found.values()] for key in ("rmse", "mae", "bytes", "gzip", "us")}
        ratios = {key: [one["file"][key] / one[name][key] for one in found.values()] for key in ("rmse", "mae")}
        cells = [name, f"{statistics.mean(of['rmse']):.3f}", f"{statistics.mean(of['mae']):.3f}"]
        cells += ["" if name == "file" else _spread(ratios[key]) for key in ("rmse", "mae")]
        cells += [_whole(of[key]) for key in ("bytes", "gzip")] + [_whole(of["us"])]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _spread(values: list[float]) -> str:
    return f"{statistics.mean(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def _whole(values: list[float]) -> str:
    mean = statistics.mean(values)
    return "" if np.isnan(mean) else f"{mean:,.0f}"


if __name__ == "__main__":
    main()
