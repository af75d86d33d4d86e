"""The shipped file beside LightGBM and XGBoost: the same engineered features, the same rows, one table.

    make bench-boosters         five hash seeds of the Chicago trips, about two minutes each

For each seed the pipeline runs as configured. Then four boosters of 400 trees (each library, squared and absolute
error) learn from the very rows of that run that were not held out, `train` and `validation` together, and all are
scored on its `test` rows. Boosters get the engineered columns as they are before scaling and PCA, which suits trees
best, and do not pay for computing them when they are timed.
"""

import gzip
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import rivals
import tensorflow as tf
from common import parser, result

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
from pipeline.terminal import markdown
from transforms.preprocessing import block_columns, side_by_side, time_parts

CALLS, WARM_UP = 2000, 200


def main() -> None:
    """Prints Markdown on standard output."""
    options = parser(__doc__, "--seeds", "--first", "--config", "--set", "--json").parse_args()
    found = {}
    for seed in range(options.first, options.first + options.seeds):
        with tempfile.TemporaryDirectory() as folder:
            found[seed] = one_seed(options.config, [*options.set, f"data.split.seed={seed}"], Path(folder))
        print(f"seed {seed}: done", file=sys.stderr)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))
    print(table(found))
    bare = statistics.median(one["file"]["bare_us"] for one in found.values())
    print(f"\nA file that only adds its inputs takes {bare:.1f} us a call: what a call from Python costs by itself.")


def one_seed(config_file: Path | None, overrides: list[str], runs_dir: Path) -> dict[str, dict[str, float]]:
    """Errors, size and time of the file, its float model and each booster."""
    told = result(runs_dir, config_file, overrides)
    config = load(config_file, overrides)
    model = (Path(told["model_dir"]) / "model.tflite").read_bytes()
    ran = Lineage(open_metadata(config.metadata, RunPaths(runs_dir / config.name))).node_runs(told["run_id"])
    (examples,) = ran["TripExampleGen"].outputs["examples"]
    trained = ran["Study" if "Study" in ran else "Trainer"].outputs["model"][0].uri
    interface = interface_file.read(Path(trained) / "Format-Serving")
    rows = {
        split: load_raw(f"{examples.uri}/Split-{split}", interface.inputs, tensor_name(config.data.label.column))
        for split in ("train", "validation", "test")
    }
    columns, label = rows["test"]
    float_model = {**told["metrics"]["metrics"]["float"], "bytes": np.nan, "gzip": np.nan, "us": np.nan}
    found = {"file": file_figures(model, columns, label), "float model": float_model}
    learned = [engineered(config, rows[split][0]) for split in ("train", "validation")]
    train = rivals.of_numbers(np.concatenate(learned), np.concatenate([rows["train"][1], rows["validation"][1]]))
    test = engineered(config, columns)
    for loss in rivals.LOSSES:
        trees = rivals.lightgbm_of(train, objective=rivals.LIGHTGBM[loss], deterministic=True)
        stored = trees.model_to_string().encode()
        found[f"LightGBM {loss}"] = figures_of(partial(trees.predict, num_threads=1), stored, test, label)
        trees = rivals.xgboost_of(train, objective=rivals.XGBOOST[loss])
        trees.set_param({"nthread": 1})
        found[f"XGBoost {loss}"] = figures_of(trees.inplace_predict, bytes(trees.save_raw("ubj")), test, label)
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
    lines = []
    for name in next(iter(found.values())):
        of = {key: [one[name][key] for one in found.values()] for key in ("rmse", "mae", "bytes", "gzip", "us")}
        ratios = {key: [one["file"][key] / one[name][key] for one in found.values()] for key in ("rmse", "mae")}
        cells = [name, f"{statistics.mean(of['rmse']):.3f}", f"{statistics.mean(of['mae']):.3f}"]
        cells += ["" if name == "file" else _spread(ratios[key]) for key in ("rmse", "mae")]
        lines.append([*cells, *(_whole(of[key]) for key in ("bytes", "gzip", "us"))])
    return markdown(head, lines)


def _spread(values: list[float]) -> str:
    return f"{statistics.mean(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def _whole(values: list[float]) -> str:
    mean = statistics.mean(values)
    return "" if np.isnan(mean) else f"{mean:,.0f}"


if __name__ == "__main__":
    main()
