"""What a published file says of itself: `model.json` without what the store adds (version, checksums, seal)."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from datetime import datetime, timezone
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from tfx.types import artifact_utils

from components.artifacts import FILES, FINGERPRINT, SOURCES, SPANS, VERSION
from components.files import SUMMARY_FILE
from components.pusher.cells import read_cells
from components.pusher.lineage import lineage
from data.checks import findings
from data.vocabulary import Described, Input, Interface, ReadData, Unsealed

LIBRARIES = ("tensorflow", "tfx", "tensorflow-model-optimization", "tensorflow-transform", "ai-edge-litert")


def described(told: Mapping[str, Any], report: str, read: ReadData, interface: Interface) -> Described:
    """What `predict` needs, so that the file is tried with the very words that ship.

    Args:
        told: the run's `provenance`.
        report: folder of the ingestion's report.
        read: the data.
        interface: of the file.
    """
    summary = json.loads((Path(report) / SUMMARY_FILE).read_text())
    ranges = summary["ranges"]
    inputs = [{**dict(one), "training_range": ranges.get(one.source_column)} for one in interface.inputs]
    return Described(
        pipeline=told["config"]["name"],
        inputs=[Input.model_validate(one) for one in inputs],
        output=interface.output,
        config=told["config"],
        data=read,
        warnings=findings.of_columns(summary.get("columns", {}), told["config"]["data_gate"]["allow_leaks"]).warnings,
    )


def complete(
    begun: Described,
    input_dict: Any,
    exec_properties: Mapping[str, Any],
    run_id: str,
    figures: Mapping[str, Any],
    max_rows: int | None,
) -> Unsealed:
    """The whole of it.

    Args:
        begun: of `described`.
        input_dict, exec_properties: of the pusher.
        run_id: of the pipeline run.
        figures: what was measured, with `gate` and `warnings`.
        max_rows: training rows whose places are kept.
    """
    told = json.loads(exec_properties["provenance"])
    train = artifact_utils.get_split_uri(input_dict["examples"], "train")
    points = told["config"]["data"]["points"]
    champion = artifact_utils.get_single_instance(input_dict["champion"]).get_string_custom_property(VERSION)
    whole = {
        **dict(begun),
        "places": read_cells(train, begun.inputs, exec_properties["label"], points, max_rows),
        **figures,
        "gate": {"blessed": True, "reasons": [], **figures["gate"]},
        "warnings": [*begun.warnings, *figures["warnings"]],
        "champion": champion or None,
        "config_hash": told["config_hash"],
        "code_revision": told["code_revision"],
        "run": {
            "id": run_id,
            "finished": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "mlmd_ids": {key: [one.id for one in artifacts] for key, artifacts in input_dict.items()},
        },
        "lineage": lineage(json.loads(exec_properties["steps"]), input_dict),
        "libraries": {"python": platform.python_version()} | {name: installed_version(name) for name in LIBRARIES},
    }
    return Unsealed.model_validate(whole)


def read_data(told: Mapping[str, Any], report: Any) -> ReadData:
    """What was read, as the runner told it beforehand, or else as ingestion found it."""
    if told["fingerprint"]:
        return ReadData.model_validate({name: told[name] for name in (FINGERPRINT, SOURCES, FILES, SPANS)})
    lists = {name: json.loads(report.get_string_custom_property(name)) for name in (SOURCES, FILES, SPANS)}
    return ReadData.model_validate({FINGERPRINT: report.get_string_custom_property(FINGERPRINT), **lists})
