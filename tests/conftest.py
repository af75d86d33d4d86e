"""Set before TensorFlow is first imported: Keras 2, and no start-up chatter."""

import fcntl
import gc
import json
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
if "PYTEST_XDIST_WORKER" in os.environ:
    # The workers share the cores; each of them, and each run that it starts, keeps to one.
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
        os.environ.setdefault(name, "1")

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

from tests.e2e import command
from tests.e2e.lean import LEAN, sets

# A busy machine is no defect.
settings.register_profile("farelite", deadline=None)
settings.load_profile("farelite")

# Two zeros among eight weights.
KERNEL = np.array([[1.0, 0.5, 0.0, 2.0], [0.25, 0.0, 1.0, -1.0]], dtype=np.float32)
# Files that run pipelines, train, convert, or run Beam or servers over and over; the longest first.
SLOW = (
    "e2e/test_column_names.py",
    "e2e/test_local_run.py",
    "e2e/test_any_table.py",
    "e2e/test_labels.py",
    "e2e/test_kubeflow.py",
    "transforms/test_contract.py",
    "pipeline/studies/test_ablation.py",
    "e2e/test_growing_data.py",
    "proofs/test_prove_same.py",
    "e2e/test_other_data.py",
    "e2e/test_tune.py",
    "e2e/test_notebook.py",
    "transforms/test_preprocessing.py",
    "transforms/test_vocabularies.py",
    "components/conversion/test_recipe.py",
    "components/trainer/test_compression.py",
    "components/trainer/test_context_classes.py",
    "pipeline/lineage/test_connection.py",
    "components/study/test_bench.py",
    "components/test_deferred.py",
    "components/tuner/test_component.py",
    "components/evaluator/test_component.py",
    "pipeline/studies/test_dimensions.py",
    "benchmarks/test_smoke.py",
    "benchmarks/test_tables.py",
    "benchmarks/test_transform_rows.py",
    "pipeline/report/test_page_browser.py",
    "pipeline/report/test_comparison_browser.py",
    "pipeline/runners/kubeflow/test_kubernetes.py",
    "pipeline/runners/schedule/test_service.py",
    "pipeline/commands/test_schedule.py",
    "kits/test_kits.py",
)
COORDINATES = ("pickup_lat", "pickup_lon", "dropoff_lat", "dropoff_lon")


def pytest_configure(config: pytest.Config) -> None:
    """Keras 2 comes before any test's TensorFlow; whoever only shares out the tests needs neither."""
    if hasattr(config, "workerinput") or not getattr(config.option, "numprocesses", None):
        import components.keras2  # noqa: F401


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks slow files, and puts them first so that no worker is left alone with one in the end."""
    here = Path(__file__).parent
    rank = {here / name: place for place, name in enumerate(SLOW)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))
    for item in items:
        if item.path in rank:
            item.add_marker("slow")


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """A worker that has told all results leaves at once; taking itself apart would cost it three seconds."""
    if hasattr(config, "workerinput"):
        command.leave(0)


def pytest_collection_finish() -> None:
    """What the imports have left stays; without this each full collection walks over millions of objects."""
    gc.collect()
    gc.freeze()


def tiny_formula(columns: dict[str, Any]) -> Any:
    """What the tiny model computes, in NumPy: float32 `[rows]`."""
    columns = {name: np.asarray(values).astype(np.float32) for name, values in columns.items()}
    far = abs(columns["pickup_lat"] - columns["dropoff_lat"]) + abs(columns["pickup_lon"] - columns["dropoff_lon"])
    hidden = np.maximum(np.stack([100 * far, columns["passengers"]], axis=1) @ KERNEL, 0)
    hours = columns["start"] / np.float32(3600 * 24 * 365)
    return hidden.sum(axis=1) + columns["passengers"] + 0.5 * columns["company"] + hours


def tiny_interface() -> dict[str, Any]:
    """Inputs and output of the tiny model, as the trainer describes them."""
    plain = {"shape": [1], "unit": None, "meaning": "number; NaN if missing", "vocabulary": None}
    axes = {"lat": "latitude", "lon": "longitude"}
    inputs = [
        {"name": name, "role": axes[name[-3:]], "dtype": "float32", **plain, "unit": "degree"} for name in COORDINATES
    ]
    zones = {"format": "%Y-%m-%d %H:%M", "time_zone": "America/Chicago", "source_time_zone": "UTC"}
    inputs.append({"name": "start", "role": "time", "dtype": "int32", **plain, "unit": "second", **zones})
    inputs.append({"name": "passengers", "role": "numeric", "dtype": "float32", **plain})
    inputs.append({"name": "company", "role": "categorical", "dtype": "int32", **plain, "vocabulary": ["Blue", "Élan"]})
    output = {"name": "prediction", "dtype": "float32", "shape": [1], "unit": "usd", "meaning": "predicted fare"}
    output["source_column"] = "fare"
    return {
        "inputs": [{**one, "source_column": one["name"]} for one in inputs],
        "output": output,
        "dense_kernels": [[2, 4]],
    }


@pytest.fixture(scope="session")
def save_tiny() -> Callable[..., Path]:
    """Writes the tiny model as a SavedModel; each named signature is the same function, `tree_inputs` a column of it.

    Without names they are the served one, and `evaluate` in the dtypes of tf.Example.
    """
    import tensorflow as tf

    def save(folder: Path, *signatures: str) -> Path:
        dtypes = {one["name"]: tf.as_dtype(one["dtype"]) for one in tiny_interface()["inputs"]}
        spec = {name: tf.TensorSpec([None], dtype, name=name) for name, dtype in dtypes.items()}

        def formula(**raw: Any) -> dict[str, Any]:
            far = tf.abs(raw["pickup_lat"] - raw["dropoff_lat"]) + tf.abs(raw["pickup_lon"] - raw["dropoff_lon"])
            hidden = tf.nn.relu(tf.stack([100 * far, raw["passengers"]], axis=1) @ tf.constant(KERNEL))
            hours = tf.cast(raw["start"], tf.float32) / (3600 * 24 * 365)
            extra = raw["passengers"] + 0.5 * tf.cast(raw["company"], tf.float32) + hours
            return {"prediction": tf.reduce_sum(hidden, axis=1) + extra}

        def column(**raw: Any) -> dict[str, Any]:
            return {"prediction": formula(**raw)["prediction"][:, tf.newaxis]}

        stored = {tf.float32: tf.float32, tf.int32: tf.int64}
        examples = {name: tf.TensorSpec([None, 1], stored[dtype], name=name) for name, dtype in dtypes.items()}
        examples["company"] = tf.TensorSpec([None, 1], tf.string, name="company")

        def evaluate(**raw: Any) -> dict[str, Any]:
            known = tf.constant(next(one["vocabulary"] for one in tiny_interface()["inputs"] if one["vocabulary"]))
            ids = tf.reduce_sum(tf.cast(raw["company"] == known, tf.int32) * tf.range(1, len(known) + 1), axis=1)
            numbers = {name: tf.cast(value[:, 0], dtypes[name]) for name, value in raw.items() if name != "company"}
            return formula(**numbers, company=ids)

        module = tf.Module()
        found = {
            name: tf.function(column if name == "tree_inputs" else formula).get_concrete_function(**spec)
            for name in signatures or ("serving_default",)
        }
        if not signatures:
            found["evaluate"] = tf.function(evaluate).get_concrete_function(**examples)
        tf.saved_model.save(module, str(folder), signatures=found)
        return folder

    return save


@pytest.fixture(scope="session")
def tiny_tflite(save_tiny: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A real file of a few hundred bytes with named inputs."""
    from components.conversion.convert import convert

    return convert(str(save_tiny(tmp_path_factory.mktemp("tiny") / "saved")))


@pytest.fixture
def tiny_manifest(tiny_told: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What a reader of the version folder needs to know about the tiny model."""
    return tiny_told()


@pytest.fixture(scope="session")
def tiny_told() -> Callable[[], dict[str, Any]]:
    """The same, anew each time."""
    return _tiny_told


def _tiny_told() -> dict[str, Any]:
    told = tiny_interface()
    ranges = {key: [41.5, 42.5] for key in ("pickup_lat", "dropoff_lat")}
    ranges |= {key: [-88.0, -87.0] for key in ("pickup_lon", "dropoff_lon")}
    ranges |= {"passengers": [1.0, 6.0], "start": [1356998400.0, 1483228799.0]}
    points = {side: {"latitude": f"{side}_lat", "longitude": f"{side}_lon"} for side in ("pickup", "dropoff")}
    data = {"delimiter": ",", "header": None, "points": points, "label": {"column": "fare"}}
    return {
        "manifest_version": 1,
        "inputs": [{**one, "training_range": ranges.get(one["name"])} for one in told["inputs"]],
        "output": told["output"],
        "bytes": 1,
        "metrics": {"file": {"rmse": 3.5, "mae": 1.5}},
        "run": {"finished": "2026-01-02T03:04:05+00:00"},
        "config": {"name": "tiny", "data": data, "data_gate": {"allow_leaks": []}},
    }


@pytest.fixture
def tiny_vectors() -> dict[str, Any]:
    """Two rows with the outputs to expect, by the formula."""
    rows = [
        {"pickup_lat": 41.9, "pickup_lon": -87.6, "dropoff_lat": 41.95, "dropoff_lon": -87.7},
        {"pickup_lat": 42.0, "pickup_lon": -87.9, "dropoff_lat": 41.8, "dropoff_lon": -87.6},
    ]
    rows = [{**row, "start": 1400000000 + n, "passengers": 2.0, "company": n} for n, row in enumerate(rows)]
    values = tiny_formula({name: np.array([row[name] for row in rows]) for name in rows[0]})
    return {
        "tolerance": 0.01,
        "rows": [{"inputs": row, "prediction": float(one)} for row, one in zip(rows, values, strict=True)],
    }


@pytest.fixture
def publish_tiny(
    tmp_path: Path, tiny_tflite: bytes, tiny_manifest: dict[str, Any], tiny_vectors: dict[str, Any]
) -> Callable[..., str]:
    """Publishes the tiny model to a store, with other bytes each time it is told so."""
    source = tmp_path / "tiny-source"
    (source / "inner").mkdir(parents=True)
    (source / "inner" / "weights").write_bytes(b"weights")

    def publish(store: Any, salt: bytes = b"", **changes: Any) -> str:
        # Bytes behind the flatbuffer are not read by the runtime.
        return str(store.publish(tiny_tflite + salt, {**tiny_manifest, **changes}, tiny_vectors, source))

    return publish


@pytest.fixture(scope="session")
def lean_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A run with little training: runs folder and result, for all workers to look at."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "lean"
    folder.mkdir(exist_ok=True)
    runs, kept = folder / "runs", folder / "result.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            done = command.farelite("run", "--json", "--runs-dir", str(runs), *sets(*LEAN))
            assert done.returncode == 0, done.stderr
            kept.write_text(done.stdout)
    return runs, json.loads(kept.read_text())
