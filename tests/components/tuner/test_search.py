"""What a search keeps, reports and chooses, with files whose errors are computed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components import progress
from components.settings import Training
from components.task import task_of
from components.trainer.hyperparameters import tuned
from components.tuner.results import patch, results
from components.tuner.search import FileTuner, Watch
from components.tuner.settings import Tuner as TunerSettings
from components.tuner.space import space
from components.tuner.trials import GivenUpError, OutOfTimeError, Trial
from pipeline.config import load
from tests.components.tuner.test_oracle import SETTLED

LABEL = np.random.default_rng(0).normal(size=400).astype(np.float32)
DIABETES = Path(__file__).parents[3] / "benchmarks" / "tables" / "diabetes.yaml"
NOISE = np.random.default_rng(1).normal(size=400).astype(np.float32)


class Sums:
    """Files that miss the label by an amount computed from the choices."""

    def __init__(self, error: Callable[[Training], float], size: Callable[[Training], int] = lambda _: 9000) -> None:
        self.label, self.parts, self.measured = LABEL, [None], list[Mapping[str, Any]]()
        self.task = task_of({})
        self._error, self._size = error, size

    def fits(self, changed: Mapping[str, Any]) -> bool:
        return True

    def figures(
        self, changed: Mapping[str, Any], best: Trial | None, over: Callable[[], bool], cycles: Any
    ) -> tuple[dict[str, Any], Any]:
        self.measured.append(changed)
        training = tuned(Training(), changed)
        off = self._error(training)
        predicted = (LABEL + off * NOISE).astype(np.float32)
        size = self._size(training)
        told = {
            "metrics": {"rmse": float(np.sqrt(np.mean((predicted - LABEL) ** 2))), "mae": off, "bias": 0.0},
            "bytes": size,
            "obstacles": [f"{size} bytes"] if size > 10_000 else [],
        }
        return told, predicted


def run(sums: Any, folder: Path, trials: int = 25, watch: Watch | None = None) -> FileTuner:
    settings = TunerSettings(max_trials=trials)
    found = space(Training(), SETTLED, None)
    tuner = FileTuner(sums, settings, found, folder / "kept", str(folder / "own"), watch)
    tuner.search()
    return tuner


def dropout_helps(training: Training) -> float:
    return 1.0 - training.dropout


def test_the_best_file_is_chosen_and_its_patch_loads_as_a_configuration(tmp_path: Path) -> None:
    tuner = run(Sums(dropout_helps), tmp_path)
    found = results(tuner)
    (chosen,) = [one for one in found["trials"] if one["chosen"]]
    assert chosen["metrics"]["rmse"] == min(one["metrics"]["rmse"] for one in found["trials"])
    assert found["patch"]["training.dropout"] > 0
    sets = [f"{key}={json.dumps(one)}" for key, one in found["patch"].items()]
    assert load(DIABETES, sets).training.dropout == found["patch"]["training.dropout"]
    assert f"dropout: {found['patch']['training.dropout']}" in patch(found)
    (best,) = tuner.get_best_hyperparameters()
    assert json.loads(best.values["training.dropout"]) == found["patch"]["training.dropout"]


@pytest.mark.parametrize(
    ("gain", "trials", "chosen"), [(0.02, 3, False), (0.2, 3, True), (0.2, 25, False), (0.5, 25, True)]
)
def test_a_gain_that_chance_explains_keeps_the_configuration(
    gain: float, trials: int, chosen: bool, tmp_path: Path
) -> None:
    """On 400 rows, errors of two files that are drawn apart differ by about 0.14 by chance in mean squares; the best of
    many by twice as much and more."""

    class Chance(Sums):
        def figures(self, changed: Any, best: Any, over: Any, cycles: Any) -> Any:
            told, _ = super().figures(changed, best, over, cycles)
            chance = np.roll(NOISE, len(self.measured))
            off = chance * np.sqrt(1 - gain * bool(changed)) * np.sqrt(1 / np.mean(chance**2))
            told["metrics"]["rmse"] = float(np.sqrt(np.mean(off**2)))
            return told, (LABEL + off).astype(np.float32)

    tuner = run(Chance(dropout_helps), tmp_path, trials)
    assert tuner.best() is not tuner.usual
    assert (tuner.chosen()[0] is not tuner.usual) == chosen


def test_a_file_over_a_budget_is_reported_and_never_chosen(tmp_path: Path) -> None:
    over = lambda training: 9000 if training.dropout == 0 else 11_000  # noqa: E731
    found = results(run(Sums(dropout_helps, over), tmp_path))
    assert any(one["obstacles"] == ["11000 bytes"] for one in found["trials"])
    assert found["patch"] == {}
    assert "none of" in found["why"]


def test_the_first_trial_that_fails_ends_the_search_and_a_later_one_is_a_line(tmp_path: Path) -> None:
    def never(training: Training) -> float:
        raise ValueError("no such file")

    with pytest.raises(ValueError, match="no such file"):
        run(Sums(never), tmp_path / "first")

    def large_fails(training: Training) -> float:
        if training.units != "auto":
            raise ValueError("no such file")
        return dropout_helps(training)

    found = results(run(Sums(large_fails), tmp_path / "later"))
    failed = [one for one in found["trials"] if one["status"] == "failed"]
    assert {one["reason"] for one in failed} == {"ValueError: no such file"}
    assert found["patch"]["training.dropout"] > 0


def test_a_trial_that_is_given_up_is_a_line_with_its_reason(tmp_path: Path) -> None:
    def gives_up(training: Training) -> float:
        if training.units != "auto":
            raise GivenUpError("loss 9 after 8 epochs, of the best 1")
        return dropout_helps(training)

    found = results(run(Sums(gives_up), tmp_path))
    (reason,) = {one["reason"] for one in found["trials"] if one["status"] == "given up"}
    assert reason == "loss 9 after 8 epochs, of the best 1"


def test_a_search_that_was_stopped_goes_on_and_ends_as_one_that_was_left_alone(tmp_path: Path) -> None:
    class Killed(Sums):
        def figures(self, changed: Any, best: Any, over: Any, cycles: Any) -> Any:
            if len(self.measured) == 7:
                raise KeyboardInterrupt
            return super().figures(changed, best, over, cycles)

    killed = Killed(dropout_helps)
    with pytest.raises(KeyboardInterrupt):
        run(killed, tmp_path / "one")
    (tmp_path / "one" / "kept" / ".0123.npz.1.part").write_bytes(b"half")  # what another kill has left
    again = Sums(dropout_helps)
    resumed, alone = run(again, tmp_path / "one"), run(Sums(dropout_helps), tmp_path / "two")
    assert len(again.measured) == 25 - 7
    timeless = lambda tuner: [{**one, "seconds": 0} for one in results(tuner)["trials"]]  # noqa: E731
    assert timeless(resumed) == timeless(alone)


def test_what_kept_trials_took_counts_and_the_time_left_is_told(tmp_path: Path) -> None:
    clock = iter(range(0, 10_000, 10))
    watch = Watch(300, clock=lambda: float(next(clock)))
    told: list[tuple[str, float, float]] = []
    with progress.reporting(lambda *one: told.append(one)):
        run(Sums(dropout_helps), tmp_path, trials=1000, watch=watch)
    assert told[0][0] == "trial 0"
    assert told[3][0].startswith("trial 3, best RMSE so far ")
    assert "as configured" in told[3][0]
    assert all(spent < total == 300 for _, spent, total in told)
    later = Watch(300, clock=lambda: 0.0)
    later.take(250)
    assert (later.spent_s, later.over()) == (250, False)
    later.take(50)
    assert later.over()


def test_a_trial_that_the_end_of_the_time_cuts_off_is_no_result_and_is_made_when_there_is_more(tmp_path: Path) -> None:
    class Slow(Sums):
        def figures(self, changed: Any, best: Any, over: Any, cycles: Any) -> Any:
            if len(self.measured) == 3:
                raise OutOfTimeError
            return super().figures(changed, best, over, cycles)

    assert len(run(Slow(dropout_helps), tmp_path).trials) == 3
    again = Sums(dropout_helps)
    assert len(run(again, tmp_path).trials) == 25
    assert len(again.measured) == 25 - 3
