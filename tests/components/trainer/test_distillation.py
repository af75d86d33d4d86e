"""What the network learns from besides the real rows: trips made of parts of real ones, with a teacher's labels."""

from __future__ import annotations

import numpy as np
import pytest

from components.settings import Distillation
from components.tables import Columns, Table, join
from components.task.boosted import Boosted, grown_teacher
from components.task.regression_learning import RegressionLearning
from components.trainer.distillation import labelled, remix
from data.spec import Dataset, Label, Point, Time

ROWS = 400
DATASET = Dataset(
    source="trips.csv",
    label=Label(column="fare"),
    points={"a": Point(latitude="a_lat", longitude="a_lon"), "b": Point(latitude="b_lat", longitude="b_lon")},
    time=Time(column="start"),
    numeric=("seats",),
)


@pytest.fixture
def raw() -> Columns:
    """Every value tells its row: a_lat is n, a_lon n + 0.5, and so on."""
    n = np.arange(ROWS, dtype=np.float32)
    points = {"a_lat": n, "a_lon": n + 0.5, "b_lat": n, "b_lon": n + 0.5}
    return {**points, "start": n.astype(np.int64), "seats": n, "fare": n}


def test_a_remixed_trip_keeps_each_point_whole_and_takes_its_time_from_another_row(raw: Columns) -> None:
    mixed = remix(raw, DATASET, Distillation(rows=5, remix=0.2), seed=3)
    assert len(mixed["fare"]) == 5 * ROWS
    for point in "ab":
        assert np.array_equal(mixed[f"{point}_lon"], mixed[f"{point}_lat"] + 0.5)
    first = mixed["a_lat"]
    assert np.mean(mixed["start"] == first) < 0.02
    # One in five comes from another row; the standard error of 2,000 draws is 0.009.
    assert np.mean(mixed["b_lat"] != first) == pytest.approx(0.2, abs=0.04)
    assert np.mean(mixed["seats"] != first) == pytest.approx(0.2, abs=0.04)


def test_remixing_is_the_same_for_the_same_seed_only(raw: Columns) -> None:
    one, same, other = (remix(raw, DATASET, Distillation(rows=1), seed) for seed in (1, 1, 2))
    assert all(np.array_equal(one[name], same[name]) for name in one)
    assert not np.array_equal(one["b_lat"], other["b_lat"])


def table(random: np.random.Generator, rows: int) -> Table:
    """label = 3 x + 10 where the category is 1, with an odd row in fifty."""
    x = random.uniform(0, 10, (rows, 2)).astype(np.float32)
    kind = random.integers(0, 2, (rows, 1)).astype(np.int32)
    label = 3 * x[:, 0] + 10 * kind[:, 0] + 100 * (random.random(rows) < 0.02)
    return Table({"block": x, "numbers": x, "id_kind": kind}, label.astype(np.float32))


def teacher(rows: Table, categories: list[str], choices: Distillation, seed: int = 0) -> Boosted:
    return grown_teacher(RegressionLearning(), rows, categories, choices, seed)


def test_a_teacher_prices_rows_it_has_not_seen_and_its_median_keeps_clear_of_odd_ones() -> None:
    random = np.random.default_rng(0)
    train, other = table(random, 3000), table(random, 500)
    truth = 3 * other.numbers[:, 0] + 10 * other.inputs["id_kind"][:, 0]
    median = teacher(train, ["id_kind"], Distillation(median_share=1))(other)
    mean = teacher(train, ["id_kind"], Distillation(median_share=0))(other)
    both = teacher(train, ["id_kind"], Distillation(median_share=0.5))(other)
    assert np.abs(median - truth).mean() < 0.8
    assert np.mean(median - truth) == pytest.approx(0, abs=0.3)
    assert np.mean(mean - truth) == pytest.approx(2, abs=0.8), "two in a hundred rows are 100 too high"
    np.testing.assert_allclose(both, (median + mean) / 2, rtol=1e-5)


def test_a_teacher_is_the_same_for_the_same_seed() -> None:
    random = np.random.default_rng(1)
    train = table(random, 500)
    one, same, other = (teacher(train, [], Distillation(trees=20), seed)(train) for seed in (4, 4, 5))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_lessons_are_the_real_labels_then_the_teachers() -> None:
    rows = table(np.random.default_rng(2), 50)
    training_set = join(rows, labelled(rows, lambda some: np.full(len(some), 7, np.float32)))
    assert len(training_set) == 100
    assert np.array_equal(training_set.label, np.concatenate([rows.label, np.full(50, 7)]))
    assert np.array_equal(training_set.inputs["block"][:50], training_set.inputs["block"][50:])
