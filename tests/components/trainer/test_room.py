"""Which numbers are left out where a file has no room for all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from components.tables import Table
from components.trainer import room
from components.trainer.sizes import Ends
from data.errors import DataError
from data.spec import Dataset
from transforms import learned
from transforms.features import Features, Plan

ROWS = 400
CHANCE = np.random.default_rng(0)


def told(count: int, budget: int, **features: Any) -> Any:
    """What is known of so many numbers, of which the last tells the label, after room was made."""
    names = [f"x{number}" for number in range(count)]
    dataset = Dataset.model_validate({"source": "-", "label": {"column": "y"}, "numeric": names})
    plan = Plan(dataset=dataset, features=Features.model_validate(features))
    numbers = CHANCE.normal(size=(ROWS, count)).astype(np.float32)
    quantiles = np.quantile(numbers, np.linspace(0, 1, 257), axis=0).T
    columns = {
        name: {"minimum": -3.0, "maximum": 3.0, "known": ROWS, "quantiles": own.tolist()}
        for name, own in zip(names, quantiles, strict=True)
    }
    flags = {f"{name}_missing": {"minimum": 0.0, "maximum": 0.0, "known": ROWS, "quantiles": [0.0]} for name in names}
    known = {"kind": "none", "kept": count, "features": [*names, *flags], "columns": {**columns, **flags}}
    rows = Table({"numbers": np.concatenate([numbers, 0 * numbers], axis=1)}, numbers[:, -1])
    ends = Ends(front=2_000 + 80 * count, dense=count, ids={})
    return room.narrowed(plan, known, ends, lambda: rows, budget)


def test_a_table_that_fits_keeps_every_number() -> None:
    assert learned.without_room(told(50, 32_000)) == []


def test_of_five_hundred_numbers_the_most_telling_ones_stay_and_the_others_are_named_with_the_budget() -> None:
    known = told(500, 32_000)
    gone = learned.without_room(known)
    stay = [known["features"][place] for place in learned.used(known)]
    assert 10 < len(stay) < 200
    assert sorted([*stay, *gone]) == sorted(f"x{number}" for number in range(500))
    assert "x499" in stay
    assert learned.unused(known)[gone[0]] == "tells little of the label, and push.max_bytes 32,000 has no room for it"


def test_a_number_that_a_bucket_is_made_of_stays_and_so_does_the_best_one_however_small_the_file() -> None:
    known = told(100, 1_000, buckets={"steps": {"feature": "x3", "quantiles": 4}})
    assert [known["features"][place] for place in learned.used(known)] == ["x3", "x99"]


def test_what_cannot_fit_is_refused_before_training_with_its_largest_part_and_a_remedy() -> None:
    parts = {"inputs and features": 4_000, "embedding of id_shop": 14_000, "hidden layers": 1_500}
    room.refuse(parts, 18_600, "none")  # an estimate is a little too large
    with pytest.raises(DataError) as refused:
        room.refuse(parts, 16_000, "none")
    assert str(refused.value) == (
        "push.max_bytes is 16,000, and the smallest file of this network would have about 19,500 bytes: embedding of "
        "id_shop 14,000, inputs and features 4,000, hidden layers 1,500. Raise push.max_bytes to 20,000, or set "
        "features.categories.max_size or embedding lower"
    )


def test_columns_behind_a_reducer_cannot_be_left_out_and_the_refusal_says_so() -> None:
    with pytest.raises(
        DataError, match=r"inputs and features 90,000.*set features.reducer.kind to none, so that columns"
    ):
        room.refuse({"inputs and features": 90_000, "hidden layers": 1_000}, 32_000, "pca")
