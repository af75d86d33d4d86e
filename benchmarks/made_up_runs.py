"""Fills an ML Metadata store with made-up runs of the real shape, from a seed, for measuring what grows with a store.

Every run has the eleven steps of the pipeline with settings, figures and links as a real one has them. In about half of
the runs the data steps come from the cache; some runs push a version, some are refused, a few crash half-way.
"""

import hashlib
import json
import random
from typing import Any

from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as mlmd

from pipeline.config import load
from pipeline.lineage import journal
from pipeline.lineage.connection import open_metadata
from pipeline.paths import RunPaths
from pipeline.settings.metadata import Metadata

STEPS: list[tuple[str, dict[str, str], dict[str, str]]] = [
    ("Champion", {}, {"model": "Model"}),
    ("Schema", {}, {"schema": "Schema"}),
    ("TripExampleGen", {}, {"examples": "Examples", "report": "IngestReport"}),
    ("RowsGate", {"report": "TripExampleGen.report"}, {}),
    ("StatisticsGen", {"examples": "TripExampleGen.examples"}, {"statistics": "ExampleStatistics"}),
    (
        "ExampleValidator",
        {"statistics": "StatisticsGen.statistics", "schema": "Schema.schema"},
        {"anomalies": "ExampleAnomalies"},
    ),
    ("DataGate", {"report": "TripExampleGen.report", "anomalies": "ExampleValidator.anomalies"}, {}),
    (
        "Transform",
        {"examples": "TripExampleGen.examples", "schema": "Schema.schema"},
        {"transform_graph": "TransformGraph", "transformed_examples": "Examples"},
    ),
    (
        "Trainer",
        {"examples": "Transform.transformed_examples", "transform_graph": "Transform.transform_graph"},
        {"model": "Model", "model_run": "ModelRun"},
    ),
    (
        "Evaluator",
        {
            "examples": "TripExampleGen.examples",
            "model": "Trainer.model",
            "baseline_model": "Champion.model",
            "schema": "Schema.schema",
        },
        {"evaluation": "ModelEvaluation", "blessing": "ModelBlessing"},
    ),
    (
        "TFLitePusher",
        {
            "model": "Trainer.model",
            "blessing": "Evaluator.blessing",
            "champion": "Champion.model",
            "examples": "TripExampleGen.examples",
            "report": "TripExampleGen.report",
            "schema": "Schema.schema",
            "transform_graph": "Transform.transform_graph",
            "evaluation": "Evaluator.evaluation",
        },
        {"pushed_model": "PushedModel"},
    ),
]
DATA_STEPS = {name for name, _, _ in STEPS[1:8]}


class MadeUpRuns:
    """A store in the pipeline's folder, which is made, that grows by whole runs; SQLite without `metadata`."""

    def __init__(self, paths: RunPaths, seed: int = 0, metadata: Metadata | None = None) -> None:
        paths.make()
        self.paths = paths
        self.pushed: list[tuple[str, str]] = []
        self.runs: list[str] = []
        self._random = random.Random(seed)
        self._store: metadata_store.MetadataStore = open_metadata(metadata or Metadata(), paths, create=True)
        self._types: dict[tuple[str, str], int] = {}
        self._contexts: dict[tuple[str, str], mlmd.Context] = {}
        self._live: dict[str, dict[str, mlmd.Artifact]] = {}
        self._config = load().model_copy(update={"name": paths.root.name})

    def add(self, count: int, verdict: str | None = None) -> None:
        """Adds runs; `verdict` fixes how they end, None draws it."""
        for _ in range(count):
            self._run(verdict or self._random.choices(["pushed", "refused", "crashed"], [70, 25, 5])[0])

    def record_digest(self, model: bytes) -> None:
        """Notes other bytes as those of the newest push."""
        artifact = self._live["TFLitePusher"]["pushed_model"]
        artifact.custom_properties["sha256"].string_value = hashlib.sha256(model).hexdigest()
        self._store.put_artifacts([artifact])

    def _run(self, verdict: str) -> None:
        number = len(self.runs) + 1
        run_id = f"20260101-000000-{number:06d}"
        self.runs.append(run_id)
        told = {"code_revision": "0123456789ab", "config_hash": self._config.hash(), "fingerprint": f"{number:016x}"}
        journal.begin(self._store, run_id, {**told, "config": json.dumps(self._config.plain())})
        cached = bool(self._live) and self._random.random() < 0.5
        stop_after = self._random.randrange(3, len(STEPS) - 1) if verdict == "crashed" else len(STEPS)
        for index, (step, inputs, outputs) in enumerate(STEPS[:stop_after]):
            crashed = verdict == "crashed" and index == stop_after - 1
            self._execute(run_id, step, inputs, outputs, cached and step in DATA_STEPS, crashed, verdict, told)
        if verdict != "crashed":
            version = self.pushed[-1][0] if verdict == "pushed" else ""
            metrics = journal.brief_metrics(self._figures())
            journal.finish(self._store, run_id, verdict, version, ["RMSE 9 is above gate.limits.rmse 5"], metrics)

    def _execute(
        self,
        run_id: str,
        step: str,
        inputs: dict[str, str],
        outputs: dict[str, str],
        cached: bool,
        crashed: bool,
        verdict: str,
        told: dict[str, str],
    ) -> None:
        execution = mlmd.Execution(type_id=self._type("execution", step))
        states = mlmd.Execution
        execution.last_known_state = states.RUNNING if crashed else states.CACHED if cached else states.COMPLETE
        for name, value in self._settings(step, told).items():
            execution.custom_properties[name].string_value = value
        pairs = []
        for key, source in inputs.items():
            producer, output = source.split(".")
            pairs.append((self._live[producer][output], _event(mlmd.Event.INPUT, key)))
        made = self._live.get(step, {}) if cached else {}
        for key, kind in {} if crashed else outputs.items():
            if not cached:
                made[key] = self._artifact(step, key, kind, verdict)
            pairs.append((made[key], _event(mlmd.Event.OUTPUT, key)))
        contexts = [self._context("pipeline_run", run_id), self._context("node", f"{self.paths.root.name}.{step}")]
        _, ids, _ = self._store.put_execution(execution, pairs, contexts, reuse_context_if_already_exist=True)
        for (artifact, _), number in zip(pairs, ids, strict=True):
            artifact.id = number
        if not crashed:
            self._live[step] = made

    def _artifact(self, step: str, key: str, kind: str, verdict: str) -> mlmd.Artifact:
        artifact = mlmd.Artifact(type_id=self._type("artifact", kind), state=mlmd.Artifact.LIVE)
        folder = self.paths.artifacts / step / key / f"{len(self.runs)}"
        artifact.uri = str(folder)
        if step == "TFLitePusher":
            digest = f"{self._random.getrandbits(256):064x}"
            version = f"{len(self.pushed) + 1:06d}" if verdict == "pushed" else ""
            if version:
                self.pushed.append((version, digest))
            texts = {"verdict": verdict, "version": version, "sha256": digest, "reasons": "[]"}
            for name, value in {**texts, "figures": json.dumps(self._figures())}.items():
                artifact.custom_properties[name].string_value = value
        if kind == "Examples":
            artifact.custom_properties["rows"].int_value = 14_490
        return artifact

    def _figures(self) -> dict[str, Any]:
        errors = {"rmse": 4 + self._random.random(), "mae": 1.6 + self._random.random() / 5, "bias": -0.1}
        metrics = {"rows": 4868, "file": errors, "float": errors, "baselines": {"mean": errors, "linear": errors}}
        operators = {f"OPERATOR_{n}": n for n in range(25)}
        return {"bytes": 22_664, "metrics": metrics, "operators": operators, "influence": self._influence()}

    def _influence(self) -> dict[str, Any]:
        def curve(name: str, of: str, at: list[Any]) -> dict[str, Any]:
            values = [9.5 + place / 10 for place in range(len(at))]
            return {"name": name, "of": of, "of_class": None, "at": at, "file": values, "float": values, "apart": 0.0}

        spread = {"file_spread": 0.1, "float_spread": 0.1}
        inputs = [
            {"name": "pickup", "columns": ["pickup_latitude", "pickup_longitude"], "file": 6.7, "float": 6.6, **spread},
            {"name": "company", "columns": ["company"], "file": 0.2, "float": 0.3, **spread},
        ]
        curves = [
            curve("pickup", "latitude", [41.8, 41.9, 42.0]),
            curve("start", "month", [float(month) for month in range(12)]),
            curve("company", "", ["Blue", "missing or unknown"]),
        ]
        told = {"metric": "rmse", "rows": 2000, "repeats": 3, "inputs": inputs, "rank_correlation": 1.0}
        return {
            **told,
            "largest_change": {"name": "pickup", "change": 0.1, "spread": 0.01},
            "curve_rows": 64,
            "curves": curves,
        }

    def _settings(self, step: str, told: dict[str, str]) -> dict[str, str]:
        if step != "TFLitePusher":
            return {"code": "0123456789ab", "dataset": self._config.data.model_dump_json()}
        files = [{"path": "/trips.csv", "bytes": 1_922_812, "sha256": f"{7:064x}"}]
        provenance = {**told, "config": self._config.plain(), "sources": ["/trips.csv"], "files": files}
        return {"code": "0123456789ab", "provenance": json.dumps(provenance)}

    def _type(self, what: str, name: str) -> int:
        if (what, name) not in self._types:
            put, kind = (
                (self._store.put_execution_type, mlmd.ExecutionType)
                if what == "execution"
                else (self._store.put_artifact_type, mlmd.ArtifactType)
            )
            self._types[what, name] = put(kind(name=name))
        return self._types[what, name]

    def _context(self, kind: str, name: str) -> mlmd.Context:
        if (kind, name) not in self._contexts:
            context = self._store.get_context_by_type_and_name(kind, name)
            if context is None:
                type_id = self._store.put_context_type(mlmd.ContextType(name=kind))
                context = mlmd.Context(type_id=type_id, name=name)
                (context.id,) = self._store.put_contexts([context])
            self._contexts[kind, name] = context
        return self._contexts[kind, name]


def _event(kind: int, key: str) -> mlmd.Event:
    event = mlmd.Event(type=kind)
    event.path.steps.add().key = key
    event.path.steps.add().index = 0
    return event
