"""The order of trials: the configuration first, then steps from the best so far, none of them twice or too large."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.settings import Piecewise, SettledTraining, Training
from components.trainer.hyperparameters import SIZE, changes, tuned
from components.tuner.oracle import LocalSearch
from components.tuner.space import FIRST_MOVES, space

SETTLED = SettledTraining(
    units=(64, 16),
    piecewise=Piecewise(bins=32, width=4),
    epochs=(8, 16),
    batch_size=256,
    learning_rate=0.008,
    weight_decay=0.3,
)
SPACE = space(Training(), SETTLED, ["linear", "log"])


def usual() -> dict[str, Any]:
    return {one.name: one.default for one in SPACE.space}


def search(
    folder: Path,
    loss: Callable[[dict[str, Any]], float],
    fits: Callable[[dict[str, Any]], bool] = lambda _: True,
    trials: int = 30,
) -> list[dict[str, Any]]:
    """Values of the trials of a search whose losses are computed."""
    seen: list[dict[str, Any]] = []
    best = lambda: min(seen, key=loss)  # noqa: E731
    oracle = LocalSearch(SPACE, fits, lambda: len(seen) >= trials, best, 1000, seed=3)
    oracle._set_project_dir(str(folder), "oracle")
    oracle.verbose = 0
    while (trial := oracle.create_trial("one")).status == "RUNNING":
        seen.append(dict(trial.hyperparameters.values))
        oracle.update_trial(trial.trial_id, {"loss": loss(seen[-1])})
        trial.status = "COMPLETED"
        oracle.end_trial(trial)
    return seen


def distance(values: dict[str, Any]) -> float:
    """Places away from a target three steps off."""
    target = {**usual(), "training.dropout": "0.1", "training.units": "[96, 24]", "training.loss.delta": '"0.1 sd"'}
    listed = {one.name: list(one.values) for one in SPACE.space}
    return float(sum(abs(listed[name].index(values[name]) - listed[name].index(target[name])) for name in target))


def test_the_first_trial_is_the_configuration_and_changes_nothing(tmp_path: Path) -> None:
    (first,) = search(tmp_path, distance, trials=1)
    assert changes({**SPACE.get_config(), "values": first}) == {}


def test_every_listed_step_names_a_choice_and_has_a_place_to_go() -> None:
    listed = {one.name: (list(one.values), one.default) for one in SPACE.space}
    for name, step in FIRST_MOVES:
        values, default = listed[name]
        assert 0 <= values.index(default) + step < len(values), name


def test_a_search_closes_in_on_the_best_values_and_tries_none_twice(tmp_path: Path) -> None:
    seen = search(tmp_path, distance, trials=60)
    assert len({json.dumps(one, sort_keys=True) for one in seen}) == len(seen) == 60
    assert min(map(distance, seen)) <= 1 < distance(usual())


def test_the_same_results_give_the_same_trials(tmp_path: Path) -> None:
    assert search(tmp_path / "a", distance) == search(tmp_path / "b", distance)


def test_what_does_not_fit_is_never_tried(tmp_path: Path) -> None:
    small = lambda values: json.loads(values["training.units"])[0] <= 64  # noqa: E731
    assert all(map(small, search(tmp_path, distance, small)))


def test_a_search_with_nothing_left_ends(tmp_path: Path) -> None:
    assert search(tmp_path, distance, lambda values: False) == [usual()]


def test_values_are_texts_of_the_configuration_which_takes_them() -> None:
    for one in SPACE.space:
        for text in one.values:
            assert one.name.startswith("training.")
            found = tuned(Training(), {one.name: json.loads(text)})
            *parents, leaf = one.name.split(".")[1:]
            block = found.model_dump(mode="json")
            for parent in parents:
                block = block[parent]
            expected = json.loads(text)
            assert expected.items() <= block[leaf].items() if isinstance(expected, dict) else block[leaf] == expected


@pytest.mark.parametrize("key", SIZE)
def test_a_changed_size_is_told_whole_since_auto_would_choose_the_rest_anew(key: str) -> None:
    listed = next(one for one in SPACE.space if one.name == key)
    other = next(text for text in listed.values if text != listed.default)
    found = changes({**SPACE.get_config(), "values": {**usual(), key: other}})
    assert set(found) == set(SIZE)
    assert found[key] == json.loads(other)
    settled = tuned(Training(), found)
    assert "auto" not in (settled.units, settled.piecewise and settled.piecewise.bins)
