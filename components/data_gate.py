"""DataGate: stops the run before anything learns from data that is not what was agreed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact_utils, standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.artifacts import REJECTS_FILE, SUMMARY_FILE, IngestReport
from data.errors import DataError


class DataStopped(DataError):
    """The data gate refuses the data. `reasons` lists each ground, one sentence each."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


def rejected_too_many(summary: dict[str, Any], limit: float, rejects_path: str) -> list[str]:
    """Reasons to stop that lie in the counts of ingestion; empty when there are none."""
    read, accepted, rejected = summary["read"], summary["accepted"], summary["rejected"]
    reasons = []
    top = ", ".join(f"{reason} ({count:,})" for reason, count in list(summary["reasons"].items())[:3])
    if read == 0:
        return ["the source holds no rows"]
    if accepted == 0:
        return [f"all {read:,} rows were rejected: {top}; the rejects are in {rejects_path}"]
    if rejected / read > limit:
        reasons.append(
            f"{rejected:,} of {read:,} rows ({rejected / read:.1%}) were rejected, more than "
            f"data.max_rejected_fraction {limit:.1%}: {top}; the rejects are in {rejects_path}"
        )
    empty = [name for name, count in summary["splits"].items() if count == 0]
    if empty:
        reasons.append(f"no rows in {', '.join(empty)} ({accepted:,} accepted in all); change data.split")
    return reasons


def blocking(anomalies: anomalies_pb2.Anomalies, split: str) -> list[str]:
    """Anomalies of severity ERROR as sentences: split, feature, what was expected and seen."""
    error = anomalies_pb2.AnomalyInfo.ERROR
    return [
        f"{split}: {feature}: {info.short_description}: {info.description}"
        for feature, info in sorted(anomalies.anomaly_info.items())
        if info.severity == error
    ]


class Executor(base_executor.BaseExecutor):
    """Reads anomalies and counts, raises on what blocks."""

    def Do(self, input_dict: Any, output_dict: Any, exec_properties: dict[str, Any]) -> None:
        """Raises `DataStopped` with every reason there is."""
        report = Path(artifact_utils.get_single_uri(input_dict["report"]))
        summary = json.loads((report / SUMMARY_FILE).read_text())
        reasons = rejected_too_many(summary, exec_properties["max_rejected_fraction"], str(report / REJECTS_FILE))
        for found in input_dict.get("anomalies", []):
            for split in artifact_utils.decode_split_names(found.split_names):
                path = Path(artifact_utils.get_split_uri([found], split)) / "SchemaDiff.pb"
                reasons += blocking(anomalies_pb2.Anomalies.FromString(path.read_bytes()), split)
        if reasons:
            raise DataStopped(reasons)


class DataGateSpec(ComponentSpec):
    """Inputs and parameters; there is no output: passing is enough."""

    PARAMETERS = {
        "max_rejected_fraction": ExecutionParameter(type=float),
        "code": ExecutionParameter(type=str),
    }
    INPUTS = {
        "report": ChannelParameter(type=IngestReport),
        "anomalies": ChannelParameter(type=standard_artifacts.ExampleAnomalies, optional=True),
    }
    OUTPUTS: dict[str, Any] = {}


class DataGate(base_component.BaseComponent):
    """Stops the run when too many rows were rejected or an anomaly blocks; whatever learns must run after it.

    Args:
        report: an `IngestReport`.
        max_rejected_fraction: of the rows read.
        code: fingerprint of the module that does the work.
        anomalies: of ExampleValidator; without it only the counts of rows are judged.
    """

    SPEC_CLASS = DataGateSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(self, report: Any, max_rejected_fraction: float, code: str, anomalies: Any = None) -> None:
        super().__init__(
            DataGateSpec(report=report, anomalies=anomalies, max_rejected_fraction=max_rejected_fraction, code=code)
        )
