"""The choices of a search for better choices."""

from __future__ import annotations

from pydantic import Field

from data.settings import Settings


class Tuner(Settings):
    """A search around what `training` says, judged by the error of each trial's converted file on validation rows.

    Attributes:
        minutes: of searching, those of an earlier search that was killed or had fewer included. The first trial, which
            is the configuration as it stands, is finished whatever it takes; a later one is given up when they end.
            What the last part of them is for is told at `folds`.
        max_trials: so many at most; null sets no limit.
        folds: `train` and `validation` together are dealt out into so many parts. Trials learn from all of them but
            the first, and are judged by that one; the best is confirmed by the others in turn.
        few_rows: where a part has fewer rows, trials are judged by each part in turn, and the best is confirmed by
            parts that are dealt out anew.
        stop_above: a trial is given up when its loss after the first cycle of the float phase is so many times that of
            the best one; after the second the square root of it is enough, after the third the cube root, and so on.
            After a fold, it is given up when it is worse by more than one standard error on the same rows.
        seed: of the search, and of the folds.
    """

    minutes: float = Field(default=10.0, gt=0)
    max_trials: int | None = Field(default=None, ge=1)
    folds: int = Field(default=3, ge=2)
    few_rows: int = Field(default=5000, ge=0)
    stop_above: float = Field(default=1.15, gt=1)
    seed: int = 0
