"""Boosted trees by which a file is measured: what a rival costs, and what is left of it in a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from components.tables import Table
from components.task import boosted, regression_learning
from components.task.boosted import Boosted, grown_rival
from components.task.classification_learning import BinaryLearning, ClassesLearning
from components.task.learning import Learning
from components.task.regression_learning import RegressionLearning
from components.task.settings import Decision


def table(rows: int, classes: int = 0) -> Table:
    """A number and a category, whose sum is the label, or its remainder the class."""
    random = np.random.default_rng(0)
    x = random.uniform(0, 10, (rows, 1)).astype(np.float32)
    kind = random.integers(0, 3, (rows, 1)).astype(np.int32)
    label = x[:, 0] + kind[:, 0]
    return Table({"numbers": x, "id_kind": kind}, label // 2 % classes if classes else label)


@pytest.mark.parametrize(
    ("learning", "classes", "trees", "rate"),
    [
        (RegressionLearning(), 0, 450, 0.05),  # 300 of the median, 150 of the mean
        (BinaryLearning(("no", "yes"), Decision()), 2, 300, 0.05),
        (ClassesLearning("abc", Decision()), 3, 300, 0.05),
        (ClassesLearning([str(one) for one in range(40)], Decision()), 40, 37 * 40, 5 * 40 / 1500),
    ],
)
def test_a_rival_has_as_many_trees_as_are_cheap_and_gives_the_same_from_its_file(
    tmp_path: Path, learning: Learning, classes: int, trees: int, rate: float
) -> None:
    rows = table(400, classes)
    rival = grown_rival(learning, rows, ["id_kind"], seed=3)
    rival.save(str(tmp_path))
    found = Boosted.load(str(tmp_path))
    told = found.told()
    assert (told.name, told.trees, told.learning_rate, told.rows) == ("booster", trees, pytest.approx(rate), 400)
    assert told == rival.told()
    assert np.array_equal(found(rows), rival(rows))
    again = grown_rival(learning, rows, ["id_kind"], seed=3)
    assert np.array_equal(again(rows), rival(rows))


def test_a_rival_learns_from_rows_spread_over_a_large_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boosted, "RIVAL_ROWS", 100)
    rows = table(1000)
    ordered = np.argsort(rows.label)  # the first hundred alone would know small labels only
    rows = Table({name: column[ordered] for name, column in rows.inputs.items()}, rows.label[ordered])
    rival = grown_rival(RegressionLearning(), rows, ["id_kind"], seed=0)
    assert rival.told().rows == 100
    assert np.abs(rival(rows) - rows.label).mean() < 2


def test_trees_grown_and_asked_side_by_side_are_those_of_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = table(6000)
    beside = grown_rival(RegressionLearning(), rows, ["id_kind"], seed=1)
    for module in (boosted, regression_learning):
        monkeypatch.setattr(module, "side_by_side", lambda work, given: [work(one) for one in given])
    monkeypatch.setattr(boosted, "_FEW_ROWS", len(rows))
    after = grown_rival(RegressionLearning(), rows, ["id_kind"], seed=1)
    assert [one.model_to_string() for _, one in beside.parts] == [one.model_to_string() for _, one in after.parts]
    monkeypatch.undo()
    found = beside(rows)
    monkeypatch.setattr(boosted, "_FEW_ROWS", len(rows))
    assert np.array_equal(found, after(rows))
