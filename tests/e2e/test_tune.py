"""A search end to end: the Trainer takes what was found, and the report, the patch and the lineage tell it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from pipeline.config import load
from tests.e2e.command import farelite
from tests.e2e.lean import LEAN, sets

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
CONFIG = """
name: sums
data:
  source: sums.csv
  label: {column: y}
  numeric: [a, b]
tuner: {max_trials: 2, folds: 2, few_rows: 0, stop_above: 99}
"""
# The first step of a search is to more units.
SMALL = (
    "training.units=[1]",
    "training.piecewise={bins: 3, width: 2}",
    "training.learning_rate=0.02",
    "training.epochs=12",
)


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("tuned")
    a, b = np.random.default_rng(0).normal(size=(2, 3000))
    rows = "\n".join(f"{x:.4f},{y:.4f},{3 * x * y + x:.4f}" for x, y in zip(a, b, strict=True))
    (folder / "sums.csv").write_text(f"a,b,y\n{rows}\n")
    (folder / "sums.yaml").write_text(CONFIG)
    lean = [one for one in LEAN if "distillation" not in one and "pruning" not in one]
    command = ("tune", "--json", "--config", "sums.yaml", "--runs-dir", "runs", "--minutes", "60")
    done = farelite(*command, *sets(*lean, *SMALL), cwd=folder)
    assert done.returncode == 0, done.stderr
    return {"folder": folder, "said": done.stderr, **json.loads(done.stdout)}


def test_the_trainer_takes_the_choices_of_the_chosen_trial(tuned: dict[str, Any]) -> None:
    trials = tuned["tuning"]["trials"]
    assert [one["status"] for one in trials] == ["ok", "ok"]
    assert trials[1]["changed"]["training.units"] != [1]
    (chosen,) = (one for one in trials if one["chosen"])
    assert chosen["changed"] == tuned["tuning"]["patch"] != {}
    (history,) = (tuned["folder"] / "runs" / "sums" / "artifacts" / "Trainer" / "model_run").glob("*/history.json")
    trained = json.loads(history.read_text())["choices"]["training"]
    assert trained["units"] == chosen["changed"]["training.units"]


def test_the_patch_is_of_the_configuration_and_every_trial_is_shown(tuned: dict[str, Any]) -> None:
    folder = tuned["folder"]
    patch = (folder / tuned["patch"]).read_text()
    overrides = [f"{key}={json.dumps(one)}" for key, one in tuned["tuning"]["patch"].items()]
    (folder / "patched.yaml").write_text(CONFIG + patch)
    patched, by_options = (load(folder / "patched.yaml"), load(folder / "sums.yaml", overrides))
    assert patched.training == by_options.training
    page = (folder / tuned["report"]).read_text()
    assert "2 trials in " in page
    assert "Trials, by errors on held-out rows" in page
    assert "2 trials in " in tuned["said"]


def test_lineage_leads_from_the_version_to_the_search(tuned: dict[str, Any]) -> None:
    done = farelite("lineage", tuned["version"], cwd=tuned["folder"])
    assert done.returncode == 0, done.stderr
    assert "Tuner" in done.stdout + done.stderr
