"""The keys by which the cache tells one step's code from another: computed from what a step imports."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ml_metadata.proto.metadata_store_pb2 import ConnectionConfig

from components.code_hash import OURS, import_closure, step_hash
from data.sources import locate
from pipeline.config import load
from pipeline.graph import create_pipeline
from pipeline.lineage.connection import open_metadata
from pipeline.lineage.questions import Lineage
from pipeline.paths import RunPaths
from pipeline.run import Run
from pipeline.run_context import RunContext
from pipeline.runners.local import compile_pipeline, launch, run_context

ROOT = Path(__file__).parents[2]
ENTRIES = {
    "TripExampleGen": "components.trip_example_gen.component.Executor",
    "StatisticsGen": "components.statistics_gen.component.Executor",
    "RowsGate": "components.data_gate.component.Executor",
    "DataGate": "components.data_gate.component.Executor",
    "Transform": "transforms.preprocessing.preprocessing_fn",
    "Trainer": "components.trainer.run_fn.run_fn",
    "Study": "components.study.component.Executor",
    "Tuner": "components.tuner.component.Executor",
    "Champion": "components.champion.Executor",
    "Evaluator": "components.evaluator.component.Executor",
    "TFLitePusher": "components.pusher.component.Executor",
}
LEARNING = {"Transform", "Trainer", "Study", "Tuner"}
GATES = {"RowsGate", "DataGate"}
CHANGES = {
    "data/batches.py": {"TripExampleGen", "TFLitePusher"},
    "data/values.py": {"TripExampleGen", *GATES, "TFLitePusher"},
    "components/data_gate/checks.py": GATES,
    "components/settings.py": {"Trainer", "Study", "Tuner", "Evaluator", "TFLitePusher"},
    "components/examples.py": {"Trainer", "Study", "Tuner", "TFLitePusher"},
    "components/conversion/recipe.py": {"Trainer", "Study", "Tuner", "TFLitePusher"},
    "components/keras2.py": {"StatisticsGen", "Trainer", "Study", "Tuner", "Evaluator", "TFLitePusher"},
    "components/trainer/network.py": {"Trainer", "Study", "Tuner"},
    "components/evaluation/gate.py": {"Evaluator", "TFLitePusher"},
    "components/registry/durable.py": {"Champion", "TFLitePusher"},
    "components/conversion/packing.py": {"Trainer", "Study", "Tuner", "TFLitePusher"},
    "components/device/kit_templates/predict.py.j2": {"TFLitePusher"},
    "components/tuner/oracle.py": {"Tuner"},
    "transforms/moments.py": LEARNING,
    "transforms/reducers/evidence.py": LEARNING,
    "transforms/clock.py": {*LEARNING, "Evaluator", "TFLitePusher"},
    "pipeline/graph.py": set(),
}
"""A file, most of them three imports deep, and the steps that run it."""


EDIT = """
import json, pathlib, sys
from components import code_hash

def keys():
    return {step: code_hash.step_hash(entry) for step, entry in entries.items()}

entries, files = json.loads(sys.argv[1]), json.loads(sys.argv[2])
before, changed = keys(), {}
for path in map(pathlib.Path, files):
    source = path.read_bytes()
    path.write_bytes(source + b"\\n# edited\\n")
    changed[str(path)] = [step for step, key in keys().items() if key != before[step]]
    path.write_bytes(source)
print(json.dumps(changed))
"""


def in_tree(tree, program, *arguments):
    """What a process prints that imports from this tree."""
    command = [sys.executable, "-c", program, *map(json.dumps, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    copy = tmp_path_factory.mktemp("tree")
    for package in OURS:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    return copy


@pytest.fixture(scope="module")
def changed(tree):
    return in_tree(tree, EDIT, ENTRIES, list(CHANGES))


@pytest.mark.parametrize(("file", "steps"), CHANGES.items(), ids=CHANGES)
def test_an_edited_file_changes_the_keys_of_the_steps_that_run_it_and_of_no_others(changed, file, steps):
    assert set(changed[file]) == steps


@pytest.mark.parametrize("optional", ["", "Study", "Tuner"])
def test_every_step_that_runs_code_of_ours_has_the_key_of_its_entry(optional, tmp_path):
    context = RunContext(
        root=str(tmp_path),
        metadata=ConnectionConfig(),
        models_dir=str(tmp_path),
        fingerprint="",
        located="",
        schema_path=None,
        baseline="",
        champion_version="",
        champion_sha256="",
        store_state="",
        provenance="{}",
        beam=(),
    )
    found = {}
    for component in create_pipeline(load(None, [f"{optional.lower()}={{}}"] if optional else []), context).components:
        properties = component.exec_properties
        code = properties.get("code") or json.loads(properties.get("custom_config") or "{}").get("code")
        ours = component.executor_spec.class_path.split(".")[0] in OURS or component.id in ("Transform", "Trainer")
        assert bool(code) == ours
        if code:
            found[component.id] = code
    expected = {
        name: step_hash(entry) for name, entry in ENTRIES.items() if name not in {"Study", "Tuner"} - {optional}
    }
    assert found == expected


def test_an_edited_schema_is_read_again_and_an_untouched_one_is_not(tmp_path):
    schema = tmp_path / "schema.pbtxt"
    config, paths = load(None, [f"schema={schema}"]), RunPaths(tmp_path)
    store, states = Lineage(open_metadata(config.metadata, paths, create=True)), []
    for number, line in enumerate(["", "", "# edited"]):
        schema.write_text(f'feature {{ name: "fare" type: FLOAT }}\n{line}')
        ready = compile_pipeline(
            create_pipeline(config, run_context(Run(config, paths, locate(config.data)), ())), str(number)
        )
        (node,) = (one.pipeline_node for one in ready.nodes if one.pipeline_node.node_info.id == "Schema")
        launch(ready, node)
        states.append(store.node_runs(str(number))["Schema"].state)
    assert states == ["ran", "cached", "ran"]


def test_what_only_a_type_checker_imports_is_in_no_closure_and_what_a_function_imports_is(tree):
    checked = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from data import rows\n"
    late = "def late():\n    from . import values\n    import data.splits.nothing\n"
    (tree / "data" / "made_up.py").write_text(checked + late)
    program = (
        "import json; from components.code_hash import import_closure; "
        "print(json.dumps(sorted(import_closure('data.made_up.late'))))"
    )
    found = in_tree(tree, program)
    assert {"data", "data.made_up", "data.splits", "data.values"} <= set(found)
    assert "data.rows" not in found


def test_an_entry_that_is_not_ours_is_refused():
    with pytest.raises(ModuleNotFoundError, match="is in none of the packages components, "):
        import_closure("tfx.components.Trainer")
