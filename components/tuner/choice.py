"""Which trial the search ends with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components.shown import shown
from components.task.metric import Metric
from components.tuner.trials import FloatArray, Trial


@dataclass(frozen=True)
class Choice:
    """Among trials that were measured on the same rows, the first of which is the configuration as it stands.

    The best of many seems better than it is: it is the luckiest, too. So a trial that was found on some rows has to be
    better once more on rows that the search has not been judged by, beside the configuration trained anew for them; by
    one standard error each time (the rule of L. Breiman et al., "Classification and Regression Trees", 1984).

    Attributes:
        trials: in the order of the search.
        metric: the primary one.
        label: of the rows that trials were judged by.
        fresh: of other rows.
        again: the configuration and the candidate on those, once they are measured.
    """

    trials: Sequence[Trial]
    metric: Metric
    label: FloatArray
    fresh: FloatArray
    again: tuple[Trial, Trial] | None = None

    @property
    def usual(self) -> Trial:
        """The configuration as it stands."""
        return self.trials[0]

    @property
    def allowed(self) -> list[Trial]:
        """Those that may ship, from the lowest error on."""
        return sorted((one for one in self.trials if one.may_ship), key=lambda one: one.loss)

    @property
    def candidate(self) -> Trial | None:
        """What has to be better once more; None where the configuration stands without it, or cannot stand."""
        if not self.usual.may_ship:
            return None
        better = (one for one in self.allowed if one is not self.usual and self._better(one, self.usual, self.label))
        return next(better, None)

    def made(self) -> tuple[Trial, str]:
        """The trial to go on with, and why."""
        of, title = f"of {len(self.allowed)} files", self.metric.title
        if not self.allowed:
            return self.usual, "no trial keeps the budgets of push"
        if not self.usual.may_ship:
            return self.allowed[0], f"lowest {title} {of} within the budgets of push"
        candidate, limit = self.candidate, "by more than a standard error"
        if candidate is None:
            return self.usual, f"none {of} is better than the configuration's {limit} on the same rows"
        if self.again is None:
            return self.usual, f"the best {of} could not be measured on other rows"
        before, after = self.again
        if not all(one.may_ship for one in self.again):
            return self.usual, f"the best {of} is over a budget of push, or failed, on other rows"
        told = f"{title} {shown(self._error(after))} against {shown(self._error(before))}"
        if self._better(after, before, self.fresh):
            return candidate, f"lowest {title} {of}, and better again {limit} on rows that did not choose it: {told}"
        return self.usual, f"the best {of} is not better {limit} on rows that did not choose it: {told}"

    def _better(self, one: Trial, other: Trial, label: FloatArray) -> bool:
        return self.metric.surpasses(one.predicted, other.predicted, label)

    def _error(self, trial: Trial) -> float:
        return float(trial.figures["metrics"][self.metric.name])
