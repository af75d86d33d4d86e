"""Study: makes the variants of a grid from the trained float model and hands the chosen one on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact_utils, standard_artifacts
from tfx.utils import path_utils

from components import interface_file
from components.artifacts import CompressionStudy
from components.compression_settings import Conversion
from components.conversion import recipe
from components.files import PARETO_FILE, REFERENCE_DIR, STUDY_FILE
from components.scoring.device_rows import load_raw
from components.settings import Push, Training
from components.step import Step, spec
from components.study.bench import Outcome, Runner
from components.study.figure import pareto_svg
from components.study.measure import Bench, Rows
from components.study.settings import Study as StudySettings
from components.study.sources import Sources
from components.trainer.context import TrainingContext
from transforms.features import Plan


class Executor(base_executor.BaseExecutor):
    """Runs the study; a variant that fails is a result, not an error."""

    def Do(self, input_dict: Any, output_dict: Any, exec_properties: dict[str, Any]) -> None:
        """Writes `study.json`, `pareto.svg` and every file, and the chosen variant as a model of its own."""
        settings = StudySettings.model_validate_json(exec_properties["settings"])
        training = Training.model_validate_json(exec_properties["training"])
        conversion = Conversion.model_validate_json(exec_properties["conversion"])
        files = {
            split: [f"{artifact_utils.get_split_uri(input_dict['examples'], split)}/*"]
            for split in ("train", "validation")
        }
        graph = artifact_utils.get_single_uri(input_dict["transform_graph"])
        plan = Plan.model_validate_json(exec_properties["plan"])
        push = Push.model_validate_json(exec_properties["push"])
        context = TrainingContext.open(
            plan, graph, files["train"], files["validation"], training.max_rows, push.max_bytes
        )
        trained = artifact_utils.get_single_uri(input_dict["float_model"])
        reference = Path(path_utils.serving_model_path(trained)).parent / REFERENCE_DIR
        interface = interface_file.read(path_utils.serving_model_path(trained))
        rows = {
            split: Rows(
                *load_raw(
                    artifact_utils.get_split_uri(input_dict["examples"], split),
                    interface.inputs,
                    exec_properties["label"],
                    push.max_rows,
                )
            )
            for split in ("validation", "test")
        }
        work = Path(exec_properties["work_dir"])
        runner = Runner(
            study=settings,
            variants=settings.variants(training, conversion),
            sources=Sources(context, training, reference, work, exec_properties["code"]),
            bench=Bench(interface.output, rows["validation"], rows["test"], settings.resamples),
            push=push,
        )
        outcome = runner.run()
        _write(outcome, Path(artifact_utils.get_single_uri(output_dict["study"])))
        _hand_over(outcome, reference, Path(artifact_utils.get_single_uri(output_dict["model"])))
        study = artifact_utils.get_single_instance(output_dict["study"])
        study.set_string_custom_property("selected", outcome.selected or "")
        study.set_string_custom_property("why", outcome.results["why"])
        study.set_string_custom_property("sha256", outcome.how.sha256 or "")
        study.set_int_custom_property("variants", len(outcome.results["variants"]))
        study.set_int_custom_property("failed", sum(one["status"] == "failed" for one in outcome.results["variants"]))


def _write(outcome: Outcome, folder: Path) -> None:
    (folder / "variants").mkdir(parents=True, exist_ok=True)
    for name, model in outcome.models.items():
        (folder / "variants" / f"{name}.tflite").write_bytes(model)
    (folder / STUDY_FILE).write_text(json.dumps(outcome.results, indent=1))
    (folder / PARETO_FILE).write_text(pareto_svg(outcome.results))


def _hand_over(outcome: Outcome, reference: Path, model_dir: Path) -> None:
    """The chosen variant's SavedModel as the Trainer would leave it, with the recipe of the file that was measured."""
    serving = Path(path_utils.serving_model_dir(str(model_dir)))
    shutil.copytree(outcome.source, serving)
    shutil.copytree(reference, serving.parent / REFERENCE_DIR)
    recipe.write(serving, outcome.how)


class Study(Step, base_component.BaseComponent):
    """Measures the variants of a grid and selects one.

    Args:
        float_model, transform_graph, examples: what the variants are made of.
        settings, training, conversion, plan, push: as JSON.
        label: column of the label.
        work_dir: where finished variants are kept for a study that is started again.
        code: fingerprint of the modules that do the work.
    """

    SPEC_CLASS = spec(
        dict.fromkeys(("settings", "training", "conversion", "plan", "push", "label", "work_dir", "code"), str),
        outputs={"model": standard_artifacts.Model, "study": CompressionStudy},
        inputs={
            "float_model": standard_artifacts.Model,
            "transform_graph": standard_artifacts.TransformGraph,
            "examples": standard_artifacts.Examples,
        },
    )
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)
