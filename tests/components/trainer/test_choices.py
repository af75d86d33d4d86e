"""What `auto` stands for: the largest network whose file fits, and rates by rows; what is given stays as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from components.compression_settings import Conversion
from components.settings import Piecewise, Training
from components.trainer import choices
from components.trainer.choices import BENDING, FEW, LADDER, LARGE, MEMBERS, Facts, settle
from components.trainer.sizes import Ends, Group, parts
from transforms import piecewise

RNG = np.random.default_rng(0)
QUANTILES = np.linspace(0, 1, piecewise.PARTS + 1).astype(np.float32)
SMALLEST = LADDER[-1]


def facts(rows: int = 10_000, numbers: int = 6, budget: int = 32_000, **changes: Any) -> Facts:
    names = [f"x{place}" for place in range(numbers)]
    usual: dict[str, Any] = {
        "quantiles": dict.fromkeys(names, QUANTILES),
        "weights": lambda: {name: 1 / (1 + place) for place, name in enumerate(names)},
        "ends": Ends(front=3_000 + 80 * numbers, dense=numbers, ids={"kind": (30, 2)}),
        "conversion": Conversion(),
    }
    told = {**usual, **changes}
    places = {name: place for place, name in enumerate(told["quantiles"])}
    return Facts(rows=rows, budget=budget, places=places, **told)


def size_of(found: choices.Choices) -> tuple[Any, int, int]:
    """Units, functions of a number, bins."""
    return found.training.units, found.width, found.bent["numbers"][1]


def test_nothing_is_left_to_auto_and_every_number_bends() -> None:
    found = settle(Training(), facts())
    assert "auto" not in found.training.model_dump_json(exclude={"label_scale"})
    assert found.bent["numbers"][0] == tuple(f"x{place}" for place in range(6))


@pytest.mark.parametrize("rows", [2_000, 20_000, 200_000])
@pytest.mark.parametrize("budget", [12_000, 16_000, 24_000, 32_000, 60_000])
def test_the_network_is_the_largest_of_its_rows_that_fits_the_budget(rows: int, budget: int) -> None:
    allowed = [rung for rung in LADDER if rows >= rung.min_rows]
    wide = facts(rows, budget=10**9)
    rung = next(one for one in allowed if choices._on(one, Training(), wide, 1).estimated_bytes <= budget)
    sizes = [choices._on(rung, Training(), wide, members).estimated_bytes for members in range(1, MEMBERS + 1)]
    found = settle(Training(), facts(rows, budget=budget))
    assert size_of(found) == (rung.units, rung.width, rung.bins)
    assert found.training.members == sum(size <= budget for size in sizes)
    assert found.estimated_bytes == sizes[found.training.members - 1]


def test_how_many_are_averaged_is_as_given_and_one_where_units_are() -> None:
    assert settle(Training(), facts(budget=10**6)).training.members == MEMBERS
    assert settle(Training(members=1), facts(budget=10**6)).training.members == 1
    assert settle(Training(units=(8,)), facts(budget=10**6)).training.members == 1
    given = settle(Training(units=(8, 4), members=5), facts()).training
    assert (given.members, given.known_units) == (5, (40, 20))


def test_members_are_given_room_before_bends() -> None:
    alone, several = (settle(Training(members=members), facts(budget=20_000)) for members in (1, 3))
    assert (alone.training.members, several.training.members) == (1, 3)
    assert several.estimated_bytes <= 20_000
    assert (several.width, several.bent["numbers"][1]) < (alone.width, alone.bent["numbers"][1])


def test_the_ladder_goes_down_in_bytes() -> None:
    sizes = [choices._on(rung, Training(), facts(), 1).estimated_bytes for rung in LADDER]
    assert sizes == sorted(sizes, reverse=True)
    assert any(rung.min_rows == 0 for rung in LADDER)


def test_few_rows_have_a_small_network_however_much_room_there_is() -> None:
    found = settle(Training(), facts(rows=300, budget=10**6)).training
    assert (found.units, found.members) == ((48, 16), MEMBERS)


@pytest.mark.parametrize(("rows", "bends"), [(300, False), (BENDING - 1, False), (BENDING, True)])
def test_numbers_of_few_rows_bend_only_where_it_is_asked_for(rows: int, bends: bool) -> None:
    assert bool(settle(Training(), facts(rows)).bent) is bends
    assert (settle(Training(), facts(rows)).training.piecewise is not None) is bends
    assert settle(Training(piecewise=Piecewise(bins=4)), facts(rows)).bent["numbers"][1] == 4
    assert settle(Training(piecewise=Piecewise(width=5)), facts(rows)).width == 5


@pytest.mark.parametrize(
    ("rows", "batch", "rate", "epochs", "decay"),
    [
        (300, 256, 0.008, (8, 16, 32, 64, 128), 1.0),
        (FEW, 256, 0.008, (8, 16, 32, 64, 128), 0.3),
        (10_000, 256, 0.008, (8, 16, 32, 64, 128), 0.3),
        (LARGE - 1, 256, 0.008, (8, 16, 32, 64, 128), 3e7 / (LARGE - 1) ** 2),
        (LARGE, 512, 0.016, (4, 8, 16, 32), 0.075),
        (100_000, 512, 0.016, (4, 8, 16, 32), 0.003),
    ],
)
def test_batch_rate_epochs_and_decay_go_by_rows(rows: int, batch: int, rate: float, epochs: Any, decay: float) -> None:
    found = settle(Training(), facts(rows)).training
    assert (found.batch_size, found.learning_rate, found.epochs) == (batch, rate, epochs)
    assert found.weight_decay == pytest.approx(decay)


def test_what_is_given_wins_and_the_rest_is_chosen() -> None:
    given = Training.model_validate(
        {
            "units": (5,),
            "epochs": 3,
            "batch_size": 10,
            "learning_rate": 0.1,
            "weight_decay": 0.0,
            "piecewise": {"bins": 7, "width": 9},
        }
    )
    found = settle(given, facts())
    training = found.training
    assert (training.units, training.epochs, training.batch_size) == ((5,), (3,), 10)
    assert (training.learning_rate, training.weight_decay) == (0.1, 0)
    assert (found.width, found.bent["numbers"][1]) == (9, 7)
    partly = settle(Training(units=(5,)), facts())
    assert (partly.training.units, partly.training.batch_size) == ((5,), 256)


def test_given_units_leave_the_budget_to_the_bends() -> None:
    wide, narrow = (settle(Training(units=units), facts(budget=16_000)) for units in ((96, 32), (8, 4)))
    assert wide.estimated_bytes <= 16_000
    assert narrow.estimated_bytes <= 16_000
    assert (narrow.width, narrow.bent["numbers"][1]) > (wide.width, wide.bent["numbers"][1])


def test_without_piecewise_encoding_nothing_bends() -> None:
    found = settle(Training(piecewise=None), facts())
    assert (found.bent, found.width, found.training.piecewise) == ({}, 0, None)


@pytest.mark.parametrize(("rows", "bins"), [(LARGE, 100), (40_000, 200), (10**6, 256)])
def test_the_date_has_a_bin_for_200_rows_where_there_are_many(rows: int, bins: int) -> None:
    named = {"km": QUANTILES, "years": QUANTILES}
    seen = facts(rows, budget=10**6, quantiles=named, weights=lambda: dict.fromkeys(named, 1.0))
    found = settle(Training(), seen)
    assert found.bent["fine"] == (("years",), bins)
    assert found.bent["numbers"][0] == ("km",)
    assert found.training.piecewise is not None
    assert found.training.piecewise.fine_bins == bins
    coarse = settle(Training(piecewise=Piecewise(fine=())), seen)
    assert coarse.bent["numbers"][0] == ("km", "years")


def test_the_date_is_a_number_like_others_where_rows_are_few() -> None:
    named = {"km": QUANTILES, "years": QUANTILES}
    found = settle(Training(), facts(LARGE - 1, quantiles=named, weights=lambda: dict.fromkeys(named, 1.0)))
    assert {group: names for group, (names, _) in found.bent.items()} == {"numbers": ("km", "years")}


def test_where_500_numbers_are_too_many_to_bend_those_that_tell_most_do() -> None:
    found = settle(Training(), facts(numbers=500, budget=80_000))
    bent = found.bent["numbers"][0]
    assert found.estimated_bytes <= 80_000
    assert 20 < len(bent) < 500
    assert bent == tuple(f"x{place}" for place in range(len(bent)))
    assert size_of(found) == (SMALLEST.units, SMALLEST.width, SMALLEST.bins)
    # One more would not have fitted.
    more = {**found.bent, "numbers": ((*bent, f"x{len(bent)}"), SMALLEST.bins)}
    parts_of_more = choices._bytes(SMALLEST.units, more, SMALLEST.width, Training(), facts(numbers=500))
    assert sum(parts_of_more.values()) > 80_000


def test_where_nothing_fits_nothing_bends_and_the_estimate_says_so() -> None:
    found = settle(Training(), facts(numbers=500, budget=5_000))
    assert found.bent == {}
    assert found.estimated_bytes > 5_000


def test_the_estimate_follows_what_holds_the_weights() -> None:
    ends, bent, units = Ends(3_000, 4, {"kind": (30, 2)}, 3), {"numbers": Group(4, 9, 2)}, (32, 8)

    def hidden(quantization: str | None, kind: Any = "none") -> tuple[int, int]:
        training = Training.model_validate({"units": units, "quantization": quantization})
        found = parts(ends, bent, units, training, Conversion(quantization=kind))
        return found["hidden layers"], found["functions of 4 numbers"]

    weights = (4 * 2 + 4 + 2) * 32 + 32 * 8
    (aware, table), (floats, wide_table) = hidden({"epochs": 1}), hidden(None)  # type: ignore[arg-type]
    assert floats - aware == 3 * weights
    assert wide_table - table == 3 * 4 * 9 * 2
    assert floats - hidden(None, "float16")[0] == 2 * weights
    assert hidden(None, "float16")[1] == wide_table
    # Every unit of a converted kernel has a scale and a zero of its own.
    assert hidden(None, "int8") == (aware + 8 * 40, table)
    # The converter leaves kernels of less than 1,024 weights as they are.
    assert hidden(None, "dynamic")[0] == floats + 4 * 40


def test_a_number_of_few_values_costs_few_boundaries() -> None:
    flags = dict.fromkeys([f"x{place}" for place in range(6)], np.repeat([0, 1], [100, 157]).astype(np.float32))
    few, many = (choices._on(LADDER[2], Training(), facts(**told), 1) for told in ({"quantiles": flags}, {}))
    assert many.estimated_bytes - few.estimated_bytes == 6 * (33 - 2) * (6 + 4)


def test_what_a_number_tells_is_its_correlation_ratio_with_the_label() -> None:
    x = RNG.normal(size=(4000, 3)).astype(np.float32)
    label = (np.square(x[:, 0]) + 0.1 * x[:, 1]).astype(np.float32)
    steps = np.arange(piecewise.PARTS + 1) / piecewise.PARTS
    quantiles = [np.quantile(column, steps, method="higher").astype(np.float32) for column in x.T]
    bowl, slope, noise = choices.telling(x, label, quantiles)
    assert bowl > 0.7
    assert noise < 0.01
    edges = np.quantile(x[:, 1], np.arange(1, 16) / 16, method="higher")
    bins = np.digitize(x[:, 1], edges)
    means = np.array([label[bins == one].mean(dtype=float) for one in range(16)])[bins]
    assert slope == pytest.approx(means.var() / label.var(dtype=float), rel=1e-3)


def test_a_label_of_one_value_is_told_by_nothing() -> None:
    assert choices.telling(np.ones((5, 1), np.float32), np.ones(5, np.float32), [QUANTILES]) == [0]
