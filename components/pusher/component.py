"""TFLitePusher: publishes a blessed model as a model.tflite that is proven and judged itself, or says why not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tfx.components.evaluator import constants as evaluator_constants
from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact_utils, standard_artifacts
from tfx.utils import path_utils

from components import beside
from components.artifacts import METRICS, REASONS, IngestReport
from components.conversion import recipe
from components.conversion.convert import ConversionError
from components.conversion.verification import timed
from components.device.kit import write_kit
from components.device.packages import write_packages
from components.files import PREDICTIONS_FILE, SLICES_FILE
from components.pusher.manifest import complete
from components.pusher.proof import prove, subject
from components.pusher.rows_file import write_rows
from components.registry import remote
from components.registry.retention import discard_old
from components.registry.store import Store, sha256
from components.settings import Push
from components.step import Step, spec
from data.vocabulary import Interface, Unsealed


class Executor(base_executor.BaseExecutor):
    """Check, convert, prove, publish; every outcome is recorded on the artifact, none raises."""

    def Do(self, input_dict: Any, output_dict: Any, exec_properties: dict[str, Any]) -> None:
        """Sets `verdict` (`pushed`, `unchanged` or `refused`), `version`, `sha256`, `reasons`, `figures`.

        A model that the Evaluator has refused is converted and measured like any other, and then refused: its figures
        are wanted just then.
        """
        pushed = artifact_utils.get_single_instance(output_dict["pushed_model"])
        store = Store(Path(exec_properties["models_dir"]))
        push = Push.model_validate_json(exec_properties["push"])
        evaluated, reasons = _evaluator_said(artifact_utils.get_single_instance(input_dict["blessing"]))
        model_uri = artifact_utils.get_single_uri(input_dict["model"])
        saved_model = path_utils.serving_model_path(model_uri)
        if push.store and not exec_properties["store_state"]:
            # No runner has looked: what is live, withdrawn or numbered there counts here too.
            remote.pull(push.store, store.root)
        try:
            proof = beside.done(prove, subject(input_dict, exec_properties))
        except ConversionError as error:
            _record(pushed, "refused", reasons=[*reasons, str(error)], figures={"evaluation": evaluated})
            return
        model, begun, judgement = proof.model, proof.begun, proof.judgement
        verification = timed(proof.verification, model, push)
        reasons += [
            *recipe.read(saved_model).other_than_measured(sha256(model)),
            *judgement.reasons,
            *verification.reasons,
            *proof.source_reasons,
            *_withdrawn(store, model, bool(exec_properties["force"])),
        ]
        shown = {one.source_column: verification.columns[one.name] for one in begun.inputs}
        write_rows(Path(pushed.uri) / PREDICTIONS_FILE, shown, verification.label, verification.predictions)
        (Path(pushed.uri) / SLICES_FILE).write_text(json.dumps(judgement.slices, indent=1))
        gate = {**judgement.figures, "source_rows": proof.source_rows}
        measured = {**verification.figures.model_dump(), "gate": gate, "warnings": judgement.warnings}
        figures = {**measured, "evaluation": evaluated, "output": begun.output.model_dump(mode="json")}
        told: dict[str, Any] = {"sha256": sha256(model), "figures": figures}
        if reasons:
            aside = store.refuse(model, {"reasons": reasons, "figures": figures})
            _record(pushed, "refused", reasons=reasons, kept=str(aside), **told)
            return
        live = store.current()
        # A live version whose files were damaged since is replaced by the same bytes, whole.
        if live and store.digest(live) == told["sha256"] and not store.problems(live):
            _record(pushed, "unchanged", version=live, **told)
            return
        run_id = self._context.pipeline_run_id
        whole = complete(begun, input_dict, exec_properties, run_id, measured, push.max_rows)
        version = _publish(store, model, whole, verification.vectors, Path(model_uri), push)
        _record(pushed, "pushed", version=version, **told)


def _publish(store: Store, model: bytes, manifest: Unsealed, vectors: Any, source: Path, push: Push) -> str:
    """Here, and from here to the remote store; gives the version."""
    interface = Interface(inputs=manifest.inputs, output=manifest.output)
    kit = {**write_kit(interface), **write_packages(interface, manifest.targets["micro"], model, vectors)}
    version = store.publish(model, json.loads(manifest.model_dump_json()), vectors, source, kit)
    removed = discard_old(store, push.keep_versions)
    if push.store:
        remote.push(store.root, push.store, version, removed)
    return version


def _evaluator_said(blessing: Any) -> tuple[dict[str, Any], list[str]]:
    """What the Evaluator measured, and why it refuses; no reasons where it has blessed."""
    blessed = blessing.get_int_custom_property(evaluator_constants.ARTIFACT_PROPERTY_BLESSED_KEY)
    reasons = [] if blessed else json.loads(blessing.get_string_custom_property(REASONS))
    return json.loads(blessing.get_string_custom_property(METRICS)), reasons


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


class TFLitePusher(Step, base_component.BaseComponent):
    """Pushes to a local store, and from there to `push.store`.

    Args:
        model, examples, transform_graph: what is converted, and measured on.
        blessing, evaluation, champion, report, schema: what is known of model, rivals and data.
        models_dir: the store.
        push: JSON of `components.settings.Push`.
        gate, slicings: as of the Evaluator.
        label: column of the label.
        provenance: JSON with `config`, `config_hash`, `code_revision`, `fingerprint`, `sources`, `files`,
            `spans`.
        steps: JSON of all steps and what they read of each other, this one last.
        store_state: what is live and withdrawn, so that the cache notices a rollback; empty where the runner could
            not look, and the step does.
        force: 1 pushes withdrawn bytes too.
        code: fingerprint of the modules that do the work.
    """

    SPEC_CLASS = spec(
        {
            **dict.fromkeys(("models_dir", "push", "gate", "slicings", "label"), str),
            **dict.fromkeys(("provenance", "steps", "store_state", "code"), str),
            "force": int,
        },
        outputs={"pushed_model": standard_artifacts.PushedModel},
        inputs={
            "model": standard_artifacts.Model,
            "blessing": standard_artifacts.ModelBlessing,
            "champion": standard_artifacts.Model,
            "examples": standard_artifacts.Examples,
            "report": IngestReport,
            "schema": standard_artifacts.Schema,
            "transform_graph": standard_artifacts.TransformGraph,
            "evaluation": standard_artifacts.ModelEvaluation,
        },
    )
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)
