"""The search: trials one after another, each kept as soon as it has ended, and the choice among them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import keras_tuner
import numpy as np
from absl import logging
from keras_tuner import errors
from keras_tuner.engine import base_tuner

from components import progress
from components.shown import shown
from components.trainer.hyperparameters import changes
from components.tuner.choice import Choice
from components.tuner.kept import Kept
from components.tuner.oracle import OBJECTIVE, LocalSearch
from components.tuner.settings import Tuner as TunerSettings
from components.tuner.trials import GivenUpError, Judge, OutOfTimeError, Trial

MANY = 100_000
"""Trials where no number of them is given."""


def _never() -> bool:
    return False


@dataclass
class Watch:
    """How much of the time is behind; what kept trials took counts.

    Attributes:
        limit_s: seconds there are.
        clock: seconds that only go up.
    """

    limit_s: float
    clock: Callable[[], float] = time.monotonic
    _kept_s: float = 0.0
    _kept_back_s: float = 0.0
    _start: float = field(init=False)

    def __post_init__(self) -> None:
        self._start = self.clock()

    def take(self, seconds: float) -> None:
        """A kept trial took so long."""
        self._kept_s += seconds

    @property
    def spent_s(self) -> float:
        """Seconds behind."""
        return self._kept_s + self.clock() - self._start

    def keep_back(self, seconds: float) -> None:
        """So many at the end are for something else, but at most half of all."""
        self._kept_back_s = min(seconds, self.limit_s / 2)

    def over(self) -> bool:
        """Whether none are left."""
        return self.spent_s + self._kept_back_s >= self.limit_s


class FileTuner(base_tuner.BaseTuner):
    """KerasTuner's loop around trials that end in a file.

    A search that was killed is run again with what it has kept, which gives the same trials in the same order.

    Args:
        judge: runs the trials.
        fresh: runs the best one and the configuration once more, for other rows.
        settings: of the search.
        found: the space.
        kept: folder of the trials that have ended.
        folder: of KerasTuner's own files.
        watch: of the time.
    """

    def __init__(
        self,
        judge: Judge,
        fresh: Judge,
        settings: TunerSettings,
        found: keras_tuner.HyperParameters,
        kept: Path,
        folder: str,
        watch: Watch | None = None,
    ) -> None:
        self.judge, self.fresh, self.space = judge, fresh, found
        self.watch = watch or Watch(settings.minutes * 60)
        self.trials: dict[str, Trial] = {}
        self._kept, self._confirmed = Kept(kept), Kept(kept / "confirmed")
        self._again: tuple[Trial, Trial] | None = None
        oracle = LocalSearch(
            found,
            lambda values: judge.fits(self._changed(values)),
            self.watch.over,
            lambda: self._values_of(self.best()),
            settings.max_trials or MANY,
            settings.seed,
        )
        super().__init__(oracle, directory=folder, project_name="trials", overwrite=True)

    def search(self, *told: Any, **more: Any) -> None:
        """Until the time or the space has ended."""
        try:
            super().search(*told, verbose=0, **more)
        except OutOfTimeError:
            logging.info("the time was up in the middle of a trial")
        self._confirm()

    def run_trial(self, trial: Any, **_: Any) -> dict[str, float]:
        """KerasTuner's call for one trial."""
        changed = self._changed(trial.hyperparameters.values)
        self._report(int(trial.trial_id))
        first = not self.trials
        found = self._kept.take(changed)
        if found is None:
            found = self._kept.keep(self._run(self.judge, changed, self.best(), _never if first else self.watch.over))
        else:
            self.watch.take(found.seconds)
        if first:
            self.watch.keep_back(2 * found.seconds * len(self.fresh.parts) / len(self.judge.parts))
        self.trials[trial.trial_id] = found
        if found.status != "ok":
            raise errors.FailedTrialError(found.reason)
        return {OBJECTIVE: found.loss}

    def _try_run_and_update_trial(self, trial: Any, *told: Any, **more: Any) -> None:
        try:
            self._run_and_update_trial(trial, *told, **more)
            trial.status = "COMPLETED"
        except errors.FailedTrialError as error:  # all other errors end the search
            trial.status, trial.message = "FAILED", str(error)

    def _run(self, judge: Judge, changed: Mapping[str, Any], best: Trial | None, over: Callable[[], bool]) -> Trial:
        start, cycles = time.monotonic(), list[list[float]]()
        figures: Mapping[str, Any] = {}
        status, reason, predicted = "ok", "", np.empty(0, np.float32)
        try:
            figures, predicted = judge.figures(changed, best, over, cycles)
        except GivenUpError as error:
            status, reason = "given up", str(error)
        except OutOfTimeError:
            raise
        except Exception as error:  # one trial must not take the others along; its reason is reported
            if not self.trials:
                raise
            logging.exception("trial with %s failed", changed)
            status, reason = "failed", f"{type(error).__name__}: {error}"
        return Trial(changed, status, reason, time.monotonic() - start, figures, cycles, predicted)

    def _report(self, number: int) -> None:
        best, metric = self.best(), self.judge.task.primary
        text = f"trial {number}"
        if best is not None:
            value, usual = (one.figures["metrics"][metric.name] for one in (best, self.usual))
            text += f", best {metric.title} so far {shown(value)} (as configured {shown(usual)})"
        progress.report(text, self.watch.spent_s, self.watch.limit_s)

    @property
    def usual(self) -> Trial:
        """The first trial: the configuration as it stands."""
        return next(iter(self.trials.values()))

    def best(self) -> Trial | None:
        """The lowest error of those that may ship, else the first; None before there is one."""
        allowed = [one for one in self.trials.values() if one.may_ship]
        return min(allowed, key=lambda one: one.loss) if allowed else next(iter(self.trials.values()), None)

    def _changed(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return changes({**self.space.get_config(), "values": values})

    def _values_of(self, trial: Trial | None) -> dict[str, Any]:
        changed = {} if trial is None else {name: json.dumps(value) for name, value in trial.changed.items()}
        return {one.name: changed.get(one.name, one.default) for one in self.space.space}

    def chosen(self) -> tuple[Trial, str]:
        """The trial to go on with, and why."""
        return self._choice().made()

    def _choice(self) -> Choice:
        """What is known so far; the rows are those of either judge."""
        trials = list(self.trials.values())
        return Choice(trials, self.judge.task.primary, self.judge.label, self.fresh.label, self._again)

    def _confirm(self) -> None:
        """Measures the candidate and the configuration on rows that the search was not judged by."""
        candidate = self._choice().candidate
        if candidate is None:
            return
        spent, limit = self.watch.spent_s, self.watch.limit_s
        progress.report("the best trial once more, on other rows", min(spent, limit), limit)
        usual, found = (
            self._confirmed.take(changed) or self._confirmed.keep(self._run(self.fresh, changed, None, _never))
            for changed in (self.usual.changed, candidate.changed)
        )
        self._again = usual, found

    def get_best_hyperparameters(self, num_trials: int = 1) -> list[keras_tuner.HyperParameters]:
        """The chosen trial's, as TFX asks for them."""
        found = self.space.copy()
        found.values = self._values_of(self.chosen()[0])
        return [found]
