"""Which trial comes next: the configuration itself, then steps from the best so far, so that time goes where it pays.

KerasTuner's Gaussian process wants three random trials for each of a dozen choices before it guesses; ten minutes end
before that, and random ones are nearly all worse than a default that was chosen with care (docs/decisions/0085).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import keras_tuner
import numpy as np

from components.tuner.space import FIRST_MOVES

OBJECTIVE = "loss"
TRIES = 200
"""Draws without a new trial after which the search has ended."""
MOST_STEPS = 3
"""Choices that one trial changes at once."""

Values = dict[str, Any]


class LocalSearch(keras_tuner.Oracle):
    """Steps from the best trial so far: a list of likely ones first, then one to three at random.

    The same results give the same trials, so a search that was killed is repeated from what it has kept.

    Args:
        found: the space.
        fits: whether a trial of such values can keep the budget of bytes.
        over: whether the time is up.
        best: values of the best trial so far.
        max_trials: so many at most; None sets no limit.
        seed: of the draws.
    """

    def __init__(
        self,
        found: keras_tuner.HyperParameters,
        fits: Callable[[Values], bool],
        over: Callable[[], bool],
        best: Callable[[], Values],
        max_trials: int | None,
        seed: int,
    ) -> None:
        super().__init__(
            objective=keras_tuner.Objective(OBJECTIVE, "min"),
            max_trials=max_trials,
            hyperparameters=found,
            max_consecutive_failed_trials=1_000_000,  # one that is given up counts as failed, and is no fault
        )
        self._fits, self._over, self._best = fits, over, best
        self._random = np.random.default_rng(seed)
        self._moves = list(FIRST_MOVES)
        self._values: Mapping[str, list[Any]] = {one.name: list(one.values) for one in found.space}

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """KerasTuner's question for the next trial."""
        usual = {one.name: one.default for one in self.hyperparameters.space}
        if not self.trials:
            return {"status": "RUNNING", "values": usual}
        values = None if self._over() else self._next()
        return {"status": "STOPPED" if values is None else "RUNNING", "values": values}

    def _next(self) -> Values | None:
        best = self._best()
        while self._moves:
            name, step = self._moves.pop(0)
            values = self._stepped(best, {name: step})
            if values is not None and self._new(values):
                return values
        for _ in range(TRIES):
            names = self._random.permutation(sorted(self._values))[: 1 + self._random.integers(MOST_STEPS)]
            values = self._stepped(best, {str(name): int(self._random.choice([-2, -1, -1, 1, 1, 2])) for name in names})
            if values is not None and self._new(values):
                return values
        return None

    def _stepped(self, best: Values, steps: Mapping[str, int]) -> Values | None:
        """The best trial's values moved along; None where there is no such place."""
        values = dict(best)
        for name, step in steps.items():
            listed = self._values.get(name, [])
            place = listed.index(values[name]) + step if listed else -1
            if not 0 <= place < len(listed):
                return None
            values[name] = listed[place]
        return values

    def _new(self, values: Values) -> bool:
        return self._compute_values_hash(values) not in self._tried_so_far and self._fits(values)
