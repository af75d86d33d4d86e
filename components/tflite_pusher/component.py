"""TFLitePusher: publishes a blessed model as a proven model.tflite, or says why not."""

from __future__ import annotations

import json
import platform
from datetime import datetime, timezone
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from tfx.components.evaluator import constants as evaluator_constants
from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact_utils, channel_utils, standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter
from tfx.utils import path_utils

from components import recipe
from components.artifacts import FILES, FINGERPRINT, SOURCES, SPANS, IngestReport
from components.champion import VERSION
from components.evaluator.component import METRICS, REASONS
from components.files import PREDICTIONS_FILE, SUMMARY_FILE
from components.settings import Push
from components.tflite_pusher import remote
from components.tflite_pusher.cells import read_cells
from components.tflite_pusher.conversion import ConversionError, convert
from components.tflite_pusher.examples import load_raw
from components.tflite_pusher.kit import write_kit
from components.tflite_pusher.lineage import lineage
from components.tflite_pusher.retention import discard_old
from components.tflite_pusher.rows_file import write_rows
from components.tflite_pusher.soundness import MANIFEST_VERSION
from components.tflite_pusher.store import Store, sha256
from components.tflite_pusher.verification import Proof, prove
from components.trainer.export import INTERFACE_FILE, REFERENCE_DIR

LIBRARIES = ("tensorflow", "tfx", "tensorflow-model-optimization", "tensorflow-transform", "ai-edge-litert")


class Executor(base_executor.BaseExecutor):
    """Check, convert, prove, publish; every outcome is recorded on the artifact, none raises."""

    def Do(self, input_dict: Any, output_dict: Any, exec_properties: dict[str, Any]) -> None:
        """Sets `verdict` (`pushed`, `unchanged` or `refused`), `version`, `sha256`, `reasons`, `figures`."""
        pushed = artifact_utils.get_single_instance(output_dict["pushed_model"])
        store = Store(Path(exec_properties["models_dir"]))
        blessing = artifact_utils.get_single_instance(input_dict["blessing"])
        judged = json.loads(blessing.get_string_custom_property(METRICS))
        if not blessing.get_int_custom_property(evaluator_constants.ARTIFACT_PROPERTY_BLESSED_KEY):
            reasons = json.loads(blessing.get_string_custom_property(REASONS))
            _record(pushed, "refused", reasons=reasons, figures={"evaluation": judged})
            return
        model_uri = artifact_utils.get_single_uri(input_dict["model"])
        saved_model = path_utils.serving_model_path(model_uri)
        interface = json.loads((Path(saved_model) / "assets.extra" / INTERFACE_FILE).read_text())
        how = recipe.read(saved_model)
        try:
            model = convert(saved_model, how.conversion)
        except ConversionError as error:
            _record(pushed, "refused", reasons=[str(error)], figures={"evaluation": judged})
            return
        eval_dir = artifact_utils.get_split_uri(input_dict["examples"], "eval")
        reference = str(Path(saved_model).parent / REFERENCE_DIR)
        push = Push.model_validate_json(exec_properties["push"])
        columns, label = load_raw(eval_dir, interface, exec_properties["label"], push.max_rows)
        if push.store and not exec_properties["store_state"]:
            # No runner has looked: what is live, withdrawn or numbered there counts here too.
            remote.pull(push.store, store.root)
        proof = prove(model, saved_model, reference, columns, label, interface, push)
        shown = {one["source_column"]: columns[one["name"]] for one in interface["inputs"]}
        write_rows(Path(pushed.uri) / PREDICTIONS_FILE, shown, label, proof.predictions)
        figures = {**proof.figures, "evaluation": judged}
        reasons = [
            *_other_than_measured(how, model),
            *proof.reasons,
            *_withdrawn(store, model, bool(exec_properties["force"])),
        ]
        digest = sha256(model)
        if reasons:
            aside = store.refuse(model, {"reasons": reasons, "figures": figures})
            _record(pushed, "refused", sha256=digest, reasons=reasons, figures=figures, kept=str(aside))
            return
        live = store.current()
        # A live version whose files were damaged since is replaced by the same bytes, whole.
        if live and store.digest(live) == digest and not store.problems(live):
            _record(pushed, "unchanged", version=live, sha256=digest, figures=figures)
            return
        manifest = self._manifest(input_dict, exec_properties, interface, push.max_rows, proof, judged)
        kit = write_kit(manifest["inputs"], manifest["output"])
        version = store.publish(model, manifest, proof.vectors, Path(model_uri), kit)
        removed = discard_old(store, push.keep_versions)
        if push.store:
            remote.push(store.root, push.store, version, removed)
        _record(pushed, "pushed", version=version, sha256=digest, figures=figures)

    def _manifest(
        self,
        input_dict: Any,
        exec_properties: dict[str, Any],
        interface: dict[str, Any],
        max_rows: int | None,
        proof: Proof,
        judged: Any,
    ) -> dict[str, Any]:
        told = json.loads(exec_properties["provenance"])
        report = artifact_utils.get_single_instance(input_dict["report"])
        ranges = json.loads((Path(report.uri) / SUMMARY_FILE).read_text())["ranges"]
        train = artifact_utils.get_split_uri(input_dict["examples"], "train")
        points = told["config"]["data"]["points"]
        champion = artifact_utils.get_single_instance(input_dict["champion"]).get_string_custom_property(VERSION)
        context = self._context
        return {
            "manifest_version": MANIFEST_VERSION,
            "pipeline": told["config"]["name"],
            "inputs": [{**one, "training_range": ranges.get(one["source_column"])} for one in interface["inputs"]],
            "output": interface["output"],
            "places": read_cells(train, interface, exec_properties["label"], points, max_rows),
            **proof.figures,
            "gate": {"blessed": True, "reasons": [], **judged},
            "champion": champion or None,
            "data": _data(told, report),
            "config": told["config"],
            "config_hash": told["config_hash"],
            "code_revision": told["code_revision"],
            "run": {
                "id": context.pipeline_run_id,
                "finished": datetime.now(timezone.utc).isoformat(timespec="seconds"),
                "mlmd_ids": {key: [one.id for one in artifacts] for key, artifacts in input_dict.items()},
            },
            "lineage": lineage(json.loads(exec_properties["steps"]), input_dict),
            "libraries": {"python": platform.python_version()} | {name: installed_version(name) for name in LIBRARIES},
        }


def _other_than_measured(how: recipe.Recipe, model: bytes) -> list[str]:
    reasons = [] if how.refused is None else [how.refused]
    if how.sha256 is not None and sha256(model) != how.sha256:
        reasons.append(
            f"the conversion gave sha256 {sha256(model)[:12]}, but the study measured {how.sha256[:12]} as variant "
            f"{how.variant}; the file is not the one that was chosen, run `farelite study` again"
        )
    return reasons


def _data(told: dict[str, Any], report: Any) -> dict[str, Any]:
    """What was read, as the runner told it beforehand, or else as ingestion found it."""
    if told["fingerprint"]:
        return {name: told[name] for name in (FINGERPRINT, SOURCES, FILES, SPANS)}
    lists = {name: json.loads(report.get_string_custom_property(name)) for name in (SOURCES, FILES, SPANS)}
    return {FINGERPRINT: report.get_string_custom_property(FINGERPRINT), **lists}


def _withdrawn(store: Store, model: bytes, force: bool) -> list[str]:
    if force or sha256(model) not in store.withdrawn():
        return []
    return [
        f"these very bytes (sha256 {sha256(model)[:12]}) were withdrawn by a rollback; "
        "`farelite run --force` pushes them all the same"
    ]


def _record(
    artifact: Any,
    verdict: str,
    version: str = "",
    sha256: str = "",
    reasons: list[str] | None = None,
    figures: Any = None,
    kept: str = "",
) -> None:
    texts = {
        "verdict": verdict,
        "version": version,
        "sha256": sha256,
        "kept": kept,
        "reasons": json.dumps(reasons or []),
        "figures": json.dumps(figures or {}),
    }
    for name, text in texts.items():
        artifact.set_string_custom_property(name, text)
    artifact.set_int_custom_property("pushed", int(verdict == "pushed"))


class TFLitePusherSpec(ComponentSpec):
    """Inputs, outputs and parameters."""

    PARAMETERS = {
        "models_dir": ExecutionParameter(type=str),
        "push": ExecutionParameter(type=str),
        "label": ExecutionParameter(type=str),
        "provenance": ExecutionParameter(type=str),
        "steps": ExecutionParameter(type=str),
        "store_state": ExecutionParameter(type=str),
        "force": ExecutionParameter(type=int),
        "code": ExecutionParameter(type=str),
    }
    INPUTS = {
        "model": ChannelParameter(type=standard_artifacts.Model),
        "blessing": ChannelParameter(type=standard_artifacts.ModelBlessing),
        "champion": ChannelParameter(type=standard_artifacts.Model),
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "report": ChannelParameter(type=IngestReport),
        "schema": ChannelParameter(type=standard_artifacts.Schema),
        "transform_graph": ChannelParameter(type=standard_artifacts.TransformGraph),
        "evaluation": ChannelParameter(type=standard_artifacts.ModelEvaluation),
    }
    OUTPUTS = {"pushed_model": ChannelParameter(type=standard_artifacts.PushedModel)}


class TFLitePusher(base_component.BaseComponent):
    """Pushes to a local store, and from there to `push.store`.

    Args:
        channels: the inputs of `TFLitePusherSpec`, by name.
        models_dir: the store.
        push: JSON of `components.settings.Push`.
        label: column of the label.
        provenance: JSON with `config`, `config_hash`, `code_revision`, `fingerprint`, `sources`, `files`,
            `spans`.
        steps: JSON of all steps and what they read of each other, this one last.
        store_state: what is live and withdrawn, so that the cache notices a rollback; empty where the runner could
            not look, and the step does.
        force: 1 pushes withdrawn bytes too.
        code: fingerprint of the modules that do the work.
    """

    SPEC_CLASS = TFLitePusherSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        channels: dict[str, Any],
        models_dir: str,
        push: str,
        label: str,
        provenance: str,
        steps: str,
        store_state: str,
        force: int,
        code: str,
    ) -> None:
        super().__init__(
            TFLitePusherSpec(
                **channels,
                models_dir=models_dir,
                push=push,
                label=label,
                provenance=provenance,
                steps=steps,
                store_state=store_state,
                force=force,
                code=code,
                pushed_model=channel_utils.as_channel([standard_artifacts.PushedModel()]),
            )
        )
