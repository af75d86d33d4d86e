"""The search: trials one after another, each kept as soon as it has ended, and the choice among them."""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
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
from components.tuner.oracle import OBJECTIVE, LocalSearch
from components.tuner.settings import Tuner as TunerSettings
from components.tuner.trials import GivenUpError, Judge, OutOfTimeError, Trial

MANY = 100_000
"""Trials where no number of them is given."""


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

    def over(self) -> bool:
        """Whether none are left."""
        return self.spent_s >= self.limit_s


class FileTuner(base_tuner.BaseTuner):
    """KerasTuner's loop around trials that end in a file.

    A search that was killed is run again with what it has kept, which gives the same trials in the same order.

    Args:
        judge: runs the trials.
        settings: of the search.
        found: the space.
        kept: folder of the trials that have ended.
        folder: of KerasTuner's own files.
        watch: of the time.
    """

    def __init__(
        self,
        judge: Judge,
        settings: TunerSettings,
        found: keras_tuner.HyperParameters,
        kept: Path,
        folder: str,
        watch: Watch | None = None,
    ) -> None:
        self.judge, self.space = judge, found
        self.watch = watch or Watch(settings.minutes * 60)
        self.trials: dict[str, Trial] = {}
        self._kept = kept
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

    def run_trial(self, trial: Any, **_: Any) -> dict[str, float]:
        """KerasTuner's call for one trial."""
        changed = self._changed(trial.hyperparameters.values)
        self._report(int(trial.trial_id))
        found = self._take(changed) or self._keep(self._run(changed))
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

    def _run(self, changed: Mapping[str, Any]) -> Trial:
        first, start, cycles = not self.trials, time.monotonic(), list[list[float]]()
        figures: Mapping[str, Any] = {}
        status, reason, predicted = "ok", "", np.empty(0, np.float32)
        try:
            never = (lambda: False) if first else self.watch.over
            figures, predicted = self.judge.figures(changed, self.best(), never, cycles)
        except GivenUpError as error:
            status, reason = "given up", str(error)
        except OutOfTimeError:
            raise
        except Exception as error:  # one trial must not take the others along; its reason is reported
            if first:
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
        """The trial to go on with, and why.

        The best of many seems better than it is, so the configuration stands unless another's gain on the same rows is
        above what chance gives the best of so many that are no better: sqrt(2 log n) standard errors, which bounds the
        largest of n standard normal draws in the mean (S. Boucheron et al., "Concentration Inequalities", 2013,
        theorem 2.5), and one at least (the rule of L. Breiman et al., "Classification and Regression Trees", 1984).
        """
        usual, metric, label = self.usual, self.judge.task.primary, self.judge.label
        allowed = sorted((one for one in self.trials.values() if one.may_ship), key=lambda one: one.loss)
        if not allowed:
            return usual, "no trial keeps the budgets of push"
        if not usual.may_ship:
            return allowed[0], f"lowest {metric.title} of {len(allowed)} files within the budgets of push"
        tried = len(self.trials) - 1
        errors = max(1.0, math.sqrt(2 * math.log(max(1, tried))))
        told = f"by more than the {errors:.2g} standard errors on the same rows that chance gives the best of {tried}"
        for one in allowed:
            if one is not usual and metric.surpasses(one.predicted, usual.predicted, label, errors):
                return one, f"lowest {metric.title} of {len(allowed)} files, better than the configuration's {told}"
        return usual, f"none of {len(allowed)} files is better than the configuration's {told}"

    def get_best_hyperparameters(self, num_trials: int = 1) -> list[keras_tuner.HyperParameters]:
        """The chosen trial's, as TFX asks for them."""
        found = self.space.copy()
        found.values = self._values_of(self.chosen()[0])
        return [found]

    def _place(self, changed: Mapping[str, Any]) -> Path:
        told = json.dumps(changed, sort_keys=True).encode()
        return self._kept / f"{hashlib.sha256(told).hexdigest()[:16]}.npz"

    def _take(self, changed: Mapping[str, Any]) -> Trial | None:
        place = self._place(changed)
        if not place.exists():
            return None
        with np.load(place) as arrays:
            found = Trial(**json.loads(str(arrays["told"])), predicted=arrays["predicted"])
        self.watch.take(found.seconds)
        return found

    def _keep(self, trial: Trial) -> Trial:
        place = self._place(trial.changed)
        place.parent.mkdir(parents=True, exist_ok=True)
        told = asdict(trial)
        predicted = told.pop("predicted")
        part = place.with_name(f".{place.name}.{os.getpid()}.part")
        with part.open("wb") as stream:
            np.savez_compressed(stream, told=np.array(json.dumps(told)), predicted=predicted)
        part.replace(place)
        return trial
