"""A study goes on past a variant that fails, hands over what it measured, and its page and table hold every variant."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from rich.console import Console

from components import progress
from components.conversion import recipe
from components.conversion.convert import convert
from components.files import INTERFACE_FILE
from components.registry.store import sha256
from components.settings import Push
from components.study.bench import Runner, StudyError
from components.study.figure import pareto_svg
from components.study.measure import Bench, Rows
from components.study.settings import Study, Variant
from pipeline.commands.search_views import markdown, study_table
from pipeline.pulse import Pace
from tests.conftest import tiny_formula, tiny_interface

GRID = {
    "qat": Variant.model_validate({"quantization": {"epochs": 1}}),
    "clustered": Variant.model_validate({"clustering": {"epochs": 1}}),
}


class Shelf:
    """Sources whose models are made already; those of clustering cannot be."""

    def __init__(self, saved: Path) -> None:
        self._saved = saved

    def get(self, variant: Variant, conversion: Any) -> Path:
        if variant.clustering:
            raise ValueError("too few weights to cluster")
        return self._saved

    def forget_others(self, used: Any) -> None:
        assert set(used) == {self._saved}


def rows(count: int, seed: int) -> Rows:
    chance = np.random.default_rng(seed)
    columns: dict[str, Any] = {}
    for one in tiny_interface()["inputs"]:
        whole = one["dtype"] == "int32"
        columns[one["name"]] = (
            chance.integers(0, 3, count, dtype=np.int32) if whole else chance.uniform(0, 2, count).astype(np.float32)
        )
    return Rows(columns, (tiny_formula(columns) + chance.normal(0, 0.1, count)).astype(np.float32))


@pytest.fixture
def saved(save_tiny: Any, tmp_path: Path) -> Path:
    path: Path = save_tiny(tmp_path / "saved")
    (path / recipe.EXTRA).mkdir()
    (path / recipe.EXTRA / INTERFACE_FILE).write_text(json.dumps({**tiny_interface(), "zeros": 0.25}))
    return path


def runner(saved: Path, grid: dict[str, Variant], push: Push) -> Runner:
    study = Study(resamples=100, latency_rounds=1)
    return Runner(study, grid, Shelf(saved), Bench({}, rows(40, 0), rows(80, 1), 100), push)  # type: ignore[arg-type]


def test_a_failed_variant_is_reported_and_the_others_are_measured(saved: Path) -> None:
    told: list[tuple[str, float, float]] = []
    with progress.reporting(lambda *one: told.append(one)):
        outcome = runner(saved, {"float": Variant(), **GRID}, Push(min_sparsity=0.0)).run()
    found = {one["name"]: one for one in outcome.results["variants"]}
    assert {name: one["status"] for name, one in found.items()} == {"float": "ok", "qat": "ok", "clustered": "failed"}
    assert found["clustered"]["reason"] == "ValueError: too few weights to cluster"
    assert found["qat"]["difference"]["mae"]["value"] == 0
    assert found["qat"]["sparsity"] == 0.25
    assert [one[0] for one in told] == ["float", "qat", "clustered", "latency of all files"]
    assert told[-1][1] == told[-1][2]
    drawn = io.StringIO()
    Console(width=200, file=drawn).print(study_table(outcome.results, "here"))
    assert "clustered failed: ValueError: too few weights to cluster" in drawn.getvalue()
    assert "| clustered | failed: ValueError: too few weights to cluster |" in markdown(outcome.results)
    assert len(ElementTree.fromstring(pareto_svg(outcome.results)).findall(".//{*}circle")) == 2


def test_the_recipe_handed_over_gives_the_bytes_that_were_measured(saved: Path) -> None:
    outcome = runner(saved, {"float": Variant()}, Push(min_sparsity=0.0)).run()
    assert (outcome.selected, outcome.how.refused) == ("float", None)
    assert outcome.how.sha256 == sha256(convert(str(outcome.source), outcome.how.conversion))


def test_where_the_policy_leaves_nothing_the_recipe_says_why(saved: Path) -> None:
    outcome = runner(saved, {"float": Variant()}, Push(min_sparsity=0.9)).run()
    assert outcome.selected is None
    assert outcome.how.refused is not None
    assert "no variant keeps the budgets" in outcome.how.refused


def test_without_the_reference_there_is_no_study(saved: Path) -> None:
    broken = {"float": GRID["clustered"]}
    with pytest.raises(StudyError, match="the float reference of the study could not be made: too few weights"):
        runner(saved, broken, Push()).run()


def test_the_time_left_follows_from_what_is_behind() -> None:
    now = iter([0.0, 30.0])
    assert Pace(lambda: next(now))("qat", 25, 100) == "━━━━━───────────────  25%  1:30 left  qat"
    assert "time left unknown" in Pace()("float", 0, 100)
