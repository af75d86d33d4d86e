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


def run(sums: Any, folder: Path, trials: int = 25, watch: Watch | None = None, fresh: Any | None = None) -> FileTuner:
    settings = TunerSettings(max_trials=trials)
    found = space(Training(), SETTLED, ["linear"])
    tuner = FileTuner(sums, fresh or Sums(dropout_helps), settings, found, folder / "kept", str(folder / "own"), watch)
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


class Lucky(Sums):
    """Files of one error, but each trial by another draw; every changed one gains so much, too."""

    def __init__(self, gain: float, first: int = 1) -> None:
        super().__init__(dropout_helps)
        self._gain, self._draw = gain, first

    def figures(self, changed: Any, best: Any, over: Any, cycles: Any) -> Any:
        told, _ = super().figures(changed, best, over, cycles)
        chance, self._draw = np.roll(NOISE, self._draw), self._draw + 1
        off = chance * np.sqrt(1 - self._gain * bool(changed)) * np.sqrt(1 / np.mean(chance**2))
        told["metrics"]["rmse"] = float(np.sqrt(np.mean(off**2)))
        return told, (LABEL + off).astype(np.float32)


@pytest.mark.parametrize(
    ("here", "elsewhere", "why"),
    [
        (0.001, 0.5, "none of 25 files is better than the configuration's by more than a standard error"),
        (0.3, 0.001, "the best of 25 files is not better by more than a standard error on rows that did not choose it"),
        (0.3, 0.3, "and better again by more than a standard error on rows that did not choose it: RMSE 0.83"),
    ],
)
def test_a_gain_counts_that_shows_again_on_rows_that_did_not_choose_the_trial(
    here: float, elsewhere: float, why: str, tmp_path: Path
) -> None:
    fresh = Lucky(elsewhere, first=200)
    tuner = run(Lucky(here), tmp_path, fresh=fresh)
    trial, told = tuner.chosen()
    assert why in told
    assert (trial is not tuner.usual) == (min(here, elsewhere) > 0.1)
    assert len(fresh.measured) == (2 if here > 0.1 else 0)


def test_what_was_confirmed_before_a_kill_is_not_measured_again(tmp_path: Path) -> None:
    class Killed(Sums):
        def figures(self, changed: Any, best: Any, over: Any, cycles: Any) -> Any:
            if self.measured:
                raise KeyboardInterrupt
            return super().figures(changed, best, over, cycles)

    with pytest.raises(KeyboardInterrupt):
        run(Sums(dropout_helps), tmp_path, fresh=Killed(dropout_helps))
    again, fresh = Sums(dropout_helps), Sums(dropout_helps)
    tuner = run(again, tmp_path, fresh=fresh)
    assert again.measured == []
    assert fresh.measured == [tuner.chosen()[0].changed]


def test_a_best_trial_that_fails_on_other_rows_leaves_the_configuration(tmp_path: Path) -> None:
    def fails(training: Training) -> float:
        if training.dropout:
            raise ValueError("no such file")
        return 1.0

    tuner = run(Sums(dropout_helps), tmp_path, fresh=Sums(fails))
    assert tuner.chosen() == (tuner.usual, "the best of 25 files is over a budget of push, or failed, on other rows")


def test_time_is_kept_back_to_confirm_the_best_trial_but_at_most_half() -> None:
    watch = Watch(300, clock=lambda: 0.0)
    watch.keep_back(100)
    watch.take(199)
    assert not watch.over()
    watch.take(1)
    assert watch.over()
    watch.keep_back(1000)
    assert (watch.over(), watch.spent_s) == (True, 200)
    short = Watch(300, clock=lambda: 0.0)
    short.keep_back(1000)
    short.take(149)
    assert not short.over()


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
    assert all(spent <= total == 300 for _, spent, total in told)
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
