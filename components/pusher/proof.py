"""The proof of a file, from model to figures and reasons; it waits for no blessing, so it may begin before one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from tfx.types import artifact_utils
from tfx.utils import path_utils

from components import interface_file
from components.artifacts import VERSION
from components.conversion import recipe
from components.conversion.convert import convert
from components.conversion.verification import Verification, verify_file
from components.evaluation.gate import in_label_units
from components.evaluation.importance import parts_of
from components.evaluation.slices import Slicing
from components.files import REFERENCE_DIR
from components.pusher.judgement import Judgement, judge_file, of_champion
from components.pusher.manifest import described, read_data
from components.pusher.source_rows import check_source
from components.registry.store import Store
from components.scoring.device_rows import load_stored
from components.scoring.predict import Predictor
from components.settings import Gate, Push
from components.task import task_of
from data.vocabulary import Described, ReadData

INPUTS = ("model", "champion", "examples", "report")
"""What is looked at of the pusher's inputs."""
SETTINGS = ("models_dir", "push", "gate", "slicings", "label", "provenance")
"""Likewise of its parameters."""


@dataclass(frozen=True)
class Subject:
    """What is proven, and on what; equal ones give one proof, for what lies in an artifact's folder stays as it is.

    Attributes:
        saved_model: folder.
        test: folder of the test split.
        report: folder of the ingestion's report.
        read: the data.
        champion: version that is live; empty for none.
        settings: the pusher's parameters, those in `SETTINGS`.
    """

    saved_model: str
    test: str
    report: str
    read: ReadData
    champion: str
    settings: Mapping[str, str]


@dataclass(frozen=True)
class Proof:
    """Attributes:
    model: the file's bytes.
    begun: what `predict` needs.
    verification: the file by its budgets, all but the time of a call.
    judgement: by the gate.
    source_rows: how many rows of the source gave the same inputs as `predict` reads them.
    source_reasons: why it must not ship by those.
    """

    model: bytes
    begun: Described
    verification: Verification
    judgement: Judgement
    source_rows: int
    source_reasons: list[str]


def subject(input_dict: Mapping[str, Any], exec_properties: Mapping[str, Any]) -> Subject:
    """From TFX's artifacts, those of `INPUTS`, and the pusher's parameters."""
    report = artifact_utils.get_single_instance(input_dict["report"])
    champion = artifact_utils.get_single_instance(input_dict["champion"])
    return Subject(
        saved_model=path_utils.serving_model_path(artifact_utils.get_single_uri(input_dict["model"])),
        test=artifact_utils.get_split_uri(input_dict["examples"], "test"),
        report=report.uri,
        read=read_data(json.loads(exec_properties["provenance"]), report),
        champion=champion.get_string_custom_property(VERSION),
        settings={name: exec_properties[name] for name in SETTINGS},
    )


def prove(of: Subject) -> Proof:
    """Converts, and measures the file on the test rows: by budgets, by the gate and by what it listens to; and on rows
    of the source, as `predict` reads.

    Raises:
        ConversionError: the model cannot become a file.
    """
    told = of.settings
    push, store = Push.model_validate_json(told["push"]), Store(Path(told["models_dir"]))
    slicings = TypeAdapter(list[Slicing]).validate_json(told["slicings"])
    model = convert(of.saved_model, recipe.read(of.saved_model).conversion)
    interface = interface_file.read(of.saved_model)
    begun = described(json.loads(told["provenance"]), of.report, of.read, interface)
    ranged = interface.model_copy(update={"inputs": begun.inputs})  # the Trainer knows no training ranges
    gate = in_label_units(Gate.model_validate_json(told["gate"]), interface.spread)
    stored, label = load_stored(of.test, begun.inputs, told["label"], push.max_rows)
    reference = str(Path(of.saved_model).parent / REFERENCE_DIR)
    parts = parts_of(begun.inputs, begun.config["data"]["points"])
    verification = verify_file(model, of.saved_model, reference, stored, label, ranged, push, parts)
    task = task_of(interface.output.model_dump())
    champion = of_champion(task, store, of.champion, stored)
    judgement = judge_file(task, gate, slicings, stored, label, verification.predictions, champion)
    predictor = Predictor(model, json.loads(begun.model_dump_json()))
    checked = check_source(begun.config["data"], begun.data.sources, predictor)
    return Proof(model, begun, verification, judgement, *checked)
