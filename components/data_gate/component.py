"""DataGate: stops the run before anything learns from data that is not what was agreed, and says what is odd."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tensorflow_data_validation as tfdv
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2
from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact_utils, standard_artifacts

from components import column_names
from components.artifacts import REJECTS_FILE, STATISTICS_FILE, SUMMARY_FILE, GateRecord, IngestReport
from components.data_gate.checks import (
    check_anomalies,
    check_counts,
    check_distances,
    check_ids,
    check_repeats,
)
from components.data_gate.distances import Statistics
from components.data_gate.settings import DataGate as Settings
from components.step import Step, spec
from data.checks import findings
from data.checks.findings import Findings
from data.checks.oddities import Oddities
from data.errors import DataError
from data.spec import Dataset
from data.tensor_names import columns_of

FINGERPRINT, WARNINGS = "fingerprint", "warnings"


class DataStopped(DataError):
    """The data gate refuses the data. `reasons` lists each ground, one sentence each."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class Executor(base_executor.BaseExecutor):
    """Gathers what the checks find, raises on what blocks and records the rest."""

    def Do(self, input_dict: Any, output_dict: Any, exec_properties: dict[str, Any]) -> None:
        """Raises `DataStopped` with every reason there is; the record holds the warnings and, for later, statistics."""
        dataset = Dataset.model_validate_json(exec_properties["dataset"])
        report = Path(artifact_utils.get_single_uri(input_dict["report"]))
        record = artifact_utils.get_single_instance(output_dict["record"])
        if "statistics" in input_dict:
            found = _check_contents(dataset, input_dict, exec_properties)
        else:
            summary = json.loads((report / SUMMARY_FILE).read_text())
            shares = dataset.split.expected_shares()
            found = check_counts(summary, dataset.max_rejected_fraction, str(report / REJECTS_FILE), shares)
            settings = Settings.model_validate_json(exec_properties["settings"])
            found.add(check_repeats(summary, settings.warn_repeated_above))
            found.add(findings.of_columns(summary["columns"], settings.allow_leaks))
            oddities = Oddities(**summary["oddities"])
            odd = oddities.sentences(summary["reasons"], summary["read"], dataset.label.column)
            # Where the run stops nobody sees a warning, and odd texts are often the cause.
            (found.reasons if found.reasons else found.warnings).extend(odd)
        if found.reasons:
            raise DataStopped(found.reasons)
        record.set_string_custom_property(FINGERPRINT, exec_properties["fingerprint"])
        record.set_string_custom_property(WARNINGS, json.dumps(found.warnings))
        if "statistics" in input_dict:
            (_, train), *_ = _by_split(input_dict["statistics"][0])
            Path(record.uri, STATISTICS_FILE).write_bytes(train.SerializeToString())


def _check_contents(dataset: Dataset, input_dict: Any, exec_properties: dict[str, Any]) -> Findings:
    settings = Settings.model_validate_json(exec_properties["settings"])
    anomalies = artifact_utils.get_single_instance(input_dict["anomalies"])
    found, columns = Findings(), columns_of(dataset.columns())
    for split in artifact_utils.decode_split_names(anomalies.split_names):
        path = Path(artifact_utils.get_split_uri([anomalies], split)) / "SchemaDiff.pb"
        seen = anomalies_pb2.Anomalies.FromString(path.read_bytes())
        seen = column_names.in_anomalies(seen, columns)
        found.add(check_anomalies(seen, split, bool(exec_properties["inferred"])))
    schema = column_names.in_schema(_schema(artifact_utils.get_single_uri(input_dict["schema"])), columns)
    time = [dataset.time.column] if dataset.time else []
    by_split = _by_split(input_dict["statistics"][0])
    (_, train), *others = [(name, column_names.in_statistics(one, columns)) for name, one in by_split]
    found.add(check_ids(train, dataset.categorical))
    for split, statistics in others:
        skip = time if dataset.split.by == "time" else []
        told = (f"{split} differs from train", "data_gate.skew")
        found.add(check_distances(statistics, train, schema, settings.skew, told, skip))
    if exec_properties["baseline"]:
        before = Statistics.FromString(Path(exec_properties["baseline"]).read_bytes())
        before = column_names.in_statistics(before, columns)
        told = ("train has drifted from the last data that passed", "data_gate.drift")
        found.add(check_distances(train, before, schema, settings.drift, told, time))
    return found


def _schema(uri: str) -> schema_pb2.Schema:
    (path,) = Path(uri).glob("*.pbtxt")
    return text_format.Parse(path.read_text(), schema_pb2.Schema())


def _by_split(statistics: Any) -> Iterator[tuple[str, Statistics]]:
    """Statistics by name of split, `train` first."""
    names = artifact_utils.decode_split_names(statistics.split_names)
    for name in sorted(names, key=lambda one: one != "train"):
        folder = Path(artifact_utils.get_split_uri([statistics], name))
        yield name, tfdv.load_stats_binary(str(folder / STATISTICS_FILE))


class DataGate(Step, base_component.BaseComponent):
    """Stops the run when rows are missing or an anomaly blocks; whatever learns must run after it.

    Args:
        report: an `IngestReport`.
        dataset: JSON of a `data.spec.Dataset`.
        settings: JSON of a `components.settings.DataGate`.
        fingerprint: of the source's files.
        code: fingerprint of the modules that do the work.
        statistics, schema, anomalies: without them only the counts of rows are judged.
        baseline: file of the statistics of the last data that passed; empty where there are none.
        inferred: 1 for a schema made from the training rows.
    """

    SPEC_CLASS = spec(
        {**dict.fromkeys(("dataset", "settings", "fingerprint", "baseline", "code"), str), "inferred": int},
        outputs={"record": GateRecord},
        inputs={
            "report": IngestReport,
            "statistics": standard_artifacts.ExampleStatistics,
            "schema": standard_artifacts.Schema,
            "anomalies": standard_artifacts.ExampleAnomalies,
        },
        optional=("statistics", "schema", "anomalies"),
    )
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)
