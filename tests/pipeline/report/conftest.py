"""A run whose every artifact is there, small and made from a seed, in a real store; nothing is trained."""

import contextlib
import csv
import gzip
import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd
from tensorflow_metadata.proto.v0 import anomalies_pb2, statistics_pb2

from components.files import HISTORY_FILE, PREDICTIONS_FILE, REJECTS_FILE, SLICES_FILE, SUMMARY_FILE
from components.pusher.rows_file import write_rows
from pipeline.lineage.connection import open_metadata
from pipeline.lineage.questions import Lineage
from pipeline.paths import RunPaths
from pipeline.settings.metadata import Metadata

COLUMNS = ("pickup_latitude", "pickup_longitude", "dropoff_latitude", "dropoff_longitude", "trip_start_timestamp")
HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>&\'"'
"""A name that a page must show and never obey."""

ROWS = 2000


@dataclass(frozen=True)
class Finished:
    """The pipeline's folder, and the artifacts of its newest run by step and key."""

    paths: RunPaths
    run: str
    uris: dict[str, Path]


def predictions(folder: Path) -> dict[str, Any]:
    """Writes rows in Chicago, fares by distance with noise, and predictions that are a dollar too high on average."""
    chance = np.random.default_rng(4)
    places = {
        name: chance.normal(41.9 if "lat" in name else -87.65, 0.04, ROWS).astype(np.float32) for name in COLUMNS[:4]
    }
    hours = (1_400_000_000 + 3600 * chance.integers(0, 24 * 300, ROWS)).astype(np.int32)
    label = chance.gamma(2, 5, ROWS).astype(np.float32) + 3
    models = {
        name: (label + chance.normal(1, width, ROWS)).astype(np.float32)
        for name, width in (("file", 2.0), ("float", 1.9), ("linear", 3.0), ("mean", 8.0))
    }
    columns = {**places, COLUMNS[4]: hours}
    write_rows(folder / PREDICTIONS_FILE, columns, label, models)
    return {"columns": columns, "label": label, "models": models}


def ingestion(folder: Path) -> None:
    summary = {
        "read": ROWS + 30,
        "accepted": ROWS,
        "rejected": 30,
        "splits": {"train": 1200, "validation": 100, "test": 700},
        "reasons": {f"{HOSTILE}: missing": 20, "fare: outside 2.5 to 150": 10},
        "ranges": {"pickup_latitude": [41.7, 42.0], COLUMNS[4]: [1_357_006_500.0, 1_483_116_300.0]},
    }
    (folder / SUMMARY_FILE).write_text(json.dumps(summary))
    with gzip.open(folder / REJECTS_FILE, "wt", newline="") as stream:
        csv.writer(stream).writerows(
            [["file", "line", "reason", "values"], [f"/data/{HOSTILE}.csv", "7", "fare: missing", f"1,2,{HOSTILE}"]]
        )


def statistics(folder: Path) -> None:
    told = statistics_pb2.DatasetFeatureStatisticsList()
    dataset = told.datasets.add(num_examples=1200)
    number = dataset.features.add(type=statistics_pb2.FeatureNameStatistics.FLOAT)
    number.path.step.append("fare")
    number.num_stats.common_stats.num_non_missing = 1190
    number.num_stats.common_stats.num_missing = 10
    number.num_stats.min, number.num_stats.median, number.num_stats.max = 2.5, 8.0, 90.0
    histogram = number.num_stats.histograms.add(type=statistics_pb2.Histogram.STANDARD)
    for count in (9, 4, 2, 1):
        histogram.buckets.add(sample_count=count)
    text = dataset.features.add(type=statistics_pb2.FeatureNameStatistics.STRING)
    text.path.step.append("company")
    text.string_stats.common_stats.num_non_missing = 1200
    text.string_stats.unique = 2
    text.string_stats.top_values.add(value=HOSTILE, frequency=700)
    for split in ("train", "test"):
        (folder / f"Split-{split}").mkdir()
        (folder / f"Split-{split}" / "FeatureStats.pb").write_bytes(told.SerializeToString())


def anomalies(folder: Path) -> None:
    found = anomalies_pb2.Anomalies()
    info = found.anomaly_info["company"]
    info.severity = anomalies_pb2.AnomalyInfo.WARNING
    info.short_description, info.description = "Unexpected string values", f"Examples contain {HOSTILE}"
    drift = found.anomaly_info["fare"]
    drift.severity = anomalies_pb2.AnomalyInfo.ERROR
    drift.short_description, drift.description = (
        "High drift",
        "The Jensen-Shannon divergence between current and previous is 0.9, above 0.1",
    )
    drift.reason.add(type=anomalies_pb2.AnomalyInfo.COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH)
    (folder / "Split-train").mkdir()
    (folder / "Split-train" / "SchemaDiff.pb").write_bytes(found.SerializeToString())


def learned(folder: Path) -> None:
    assets = folder / "transform_fn" / "assets"
    assets.mkdir(parents=True)
    told = {
        "kind": "pca",
        "features": ["north_km", "east_km", HOSTILE],
        "kept": 2,
        "explained_variance_ratio": [0.7, 0.2, 0.1],
        "loadings": [[0.6, 0.8, 0.0], [-0.8, 0.6, 0.0], [0.0, 0.0, 1.0]],
        "correlation": [[1.0, 0.2, 0.0], [0.2, 1.0, -0.9], [0.0, -0.9, 1.0]],
    }
    (assets / "learned.json").write_text(json.dumps(told))


def dimensions(path: Path) -> None:
    def steps(count: int) -> list[dict[str, Any]]:
        errors = {name: {"rmse": 4.0, "mae": 2.0} for name in ("linear", "neighbours", "trees")}
        measured = {"errors": errors, "errors_of_few": errors, "contrast": 9.0, "contrast_if_independent": 3.0}
        return [{"name": HOSTILE, **measured} for _ in range(count)]

    inputs = [
        {"name": HOSTILE, "kind": "bucket", "width": 3, "parameters": 27, "constants": 3},
        {"name": "component 1", "kind": "component", "width": 1, "parameters": 9, "constants": 0},
    ]
    told = {
        "unit": "usd",
        "rows": {"train": 1200, "used": 1200, "few": 300, "validation": 100},
        "models": {"neighbours": 15, "trees": 100},
        "features": steps(3),
        "components": steps(2),
        "inputs": inputs,
        "parameters": {"inputs": 36, "rest": 17, "saved_by_reducer": 9},
    }
    path.parent.mkdir()
    path.write_text(json.dumps(told))


def history(folder: Path) -> None:
    told = {
        "float": {"loss": [3.0, 2.0, 1.8], "val_loss": [2.5, 2.1, 1.9]},
        "pruning": {"loss": [1.9, 1.7], "val_loss": [1.95, 1.85], "sparsity": [0.4, 0.8]},
        "kept_components": 2,
    }
    (folder / HISTORY_FILE).write_text(json.dumps(told))


def slices(folder: Path) -> None:
    def one(name: str, rows: int, verdict: str) -> dict[str, Any]:
        metrics = {"rmse": 3.0, "mae": 1.5, "bias": 0.1, "calibration": 1.0}
        return {
            "name": name,
            "cut": "hour",
            "value": "1",
            "rows": rows,
            "small": verdict == "small",
            "candidate": metrics,
            "champion": {**metrics, "rmse": 3.5},
            "verdict": verdict,
            "reasons": [],
        }

    told = {
        "rule": "absolute limits only: no version is live",
        "champion": None,
        "min_slice_rows": 100,
        "overall": {},
        "slices": [one("hour 3", 12, "small"), one("hour 17", 300, "refused"), one(HOSTILE, 400, "passed")],
    }
    (folder / SLICES_FILE).write_text(json.dumps(told))


def study(folder: Path) -> None:
    def one(name: str, gzip_bytes: int, rmse: float, **marks: bool) -> dict[str, Any]:
        figures = {"test": {"rmse": rmse, "mae": 1.5, "bias": 0.1}, "bytes": 3 * gzip_bytes, "gzip_bytes": gzip_bytes}
        told = {"name": name, "status": "ok", "sparsity": 0.8, "latency_us": {"p50": 8.0, "p95": 9.0}}
        return {**told, **figures, "selected": False, "pareto": False, **marks}

    variants = [
        one("float", 30_000, 3.0, pareto=True),
        one("pqat", 7_000, 3.01, pareto=True, selected=True),
        one(HOSTILE, 9_000, 3.2),
        {"name": "16x8", "status": "failed", "reason": f"no kernel {HOSTILE}"},
    ]
    told = {"select": {"metric": "rmse"}, "selected": "pqat", "why": "the smallest", "variants": variants}
    (folder / "study.json").write_text(json.dumps(told))


def tuning(folder: Path) -> None:
    def one(trial: int, size: int, rmse: float, **marks: Any) -> dict[str, Any]:
        figures = {"metrics": {"rmse": rmse, "mae": 1.5, "bias": 0.1}, "bytes": size, "latency_us": {"p95": 9.0}}
        told = {"trial": trial, "status": "ok", "changed": {}, "seconds": 9.0, "obstacles": [], "chosen": False}
        return {**told, "pareto": True, **figures, **marks}

    changed = {"training.loss.delta": HOSTILE}
    trials = [
        one(0, 12_000, 3.0),
        one(1, 14_000, 2.9, chosen=True, changed=changed),
        one(2, 99_000, 2.8, obstacles=[f"99,000 bytes {HOSTILE}"], pareto=False),
        {"trial": 3, "status": "given up", "reason": f"loss 9 {HOSTILE}", "changed": changed, "seconds": 3.0},
    ]
    told = {"metric": "rmse", "rows": 900, "folds": 3, "seconds": 90.0, "why": "the lowest", "patch": changed}
    (folder / "tuning.json").write_text(json.dumps({**told, "trials": trials}))


WRITERS = {
    ("TFLitePusher", "pushed_model"): predictions,
    ("TripExampleGen", "report"): ingestion,
    ("StatisticsGen", "statistics"): statistics,
    ("ExampleValidator", "anomalies"): anomalies,
    ("Transform", "transform_graph"): learned,
    ("Trainer", "model_run"): history,
    ("Evaluator", "evaluation"): slices,
    ("Study", "study"): study,
    ("Tuner", "tuner_results"): tuning,
}


@pytest.fixture(scope="session")
def three_runs(made_up: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A push, a crash and a push. Only to be copied."""
    story = made_up.MadeUpRuns(RunPaths(tmp_path_factory.mktemp("report") / "fares"))
    story.add(1, "pushed")
    story.add(1, "crashed")
    story.add(1, "pushed")
    return story


def with_step(paths: RunPaths, run: str, name: str, key: str) -> Path:
    """Adds an optional step to a run, and gives the folder of its artifact."""
    store = open_metadata(Metadata(), paths)
    uri = paths.artifacts / name / key / "1"
    kind = store.put_artifact_type(mlmd.ArtifactType(name=f"{name}Results"))
    artifact = mlmd.Artifact(type_id=kind, uri=str(uri), state=mlmd.Artifact.LIVE)
    step = mlmd.Execution(type_id=store.put_execution_type(mlmd.ExecutionType(name=name)))
    step.last_known_state = mlmd.Execution.COMPLETE
    event = mlmd.Event(type=mlmd.Event.OUTPUT)
    event.path.steps.add().key = key
    node = mlmd.Context(type_id=store.get_context_type("node").id, name=f"fares.{name}")
    contexts = [store.get_context_by_type_and_name("pipeline_run", run), node]
    store.put_execution(step, [(artifact, event)], contexts)
    return uri


@pytest.fixture
def finished(tmp_path: Path, three_runs: Any) -> Finished:
    """A copy for one test, with all the artifacts of the newest run."""
    root = tmp_path / "runs" / "fares"
    shutil.copytree(three_runs.paths.root, root)
    with contextlib.closing(sqlite3.connect(root / "metadata.db")) as database, database:
        database.execute("update Artifact set uri = replace(uri, ?, ?)", (str(three_runs.paths.root), str(root)))
    paths = RunPaths(root)
    nodes = Lineage(open_metadata(Metadata(), paths)).node_runs(three_runs.runs[-1])
    uris = {}
    for (step, key), write in WRITERS.items():
        run = three_runs.runs[-1]
        folder = Path(nodes[step].outputs[key][0].uri) if step in nodes else with_step(paths, run, step, key)
        folder.mkdir(parents=True)
        write(folder)
        uris[key] = folder
    dimensions(paths.dimensions_of(three_runs.runs[-1]))
    for version, digest in three_runs.pushed:
        folder = paths.models / version
        folder.mkdir(parents=True)
        errors = {"rmse": 3.0 + int(version) / 10, "mae": 1.5}
        told = {"version": version, "sha256": digest, "bytes": 20_000, "metrics": {"file": errors}}
        (folder / "model.json").write_text(json.dumps({**told, "data": {"fingerprint": HOSTILE}}))
    (paths.models / "current").write_text(three_runs.pushed[-1][0])
    return Finished(paths, three_runs.runs[-1], uris)


@pytest.fixture
def written_predictions() -> Callable[[Path], dict[str, Any]]:
    """Writes test rows into a folder and gives what was written."""
    return predictions
