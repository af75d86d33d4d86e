"""Plain models that a study of dimensions learns on more and more of them, by kind of label."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from components.task.regression_learning import RIDGE
from components.task.task import Task

Matrix = npt.NDArray[Any]
Fit = Callable[[Matrix, Matrix, int], Callable[[Matrix], Matrix]]

NEIGHBOURS = 15
TREES = 100


def models_of(task: Task) -> Mapping[str, Fit]:
    """`linear`: ridge or logistic regression. `neighbours`: of the nearest `NEIGHBOURS` rows. `trees`: LightGBM.

    Each takes rows `[rows, k]`, their label and a seed, and gives a function from rows to predictions of the task.
    """
    return _REGRESSORS if task.residuals else {name: _classifier(task, make) for name, make in _CLASSIFIERS.items()}


def _trees(x: Matrix, y: Matrix, seed: int) -> Callable[[Matrix], Matrix]:
    booster = lightgbm.train({"objective": "l2", **_settings(seed)}, lightgbm.Dataset(x, y), TREES)
    return lambda rows: np.asarray(booster.predict(rows))


def _settings(seed: int) -> dict[str, Any]:
    # Threads would change the order of sums.
    return {"seed": seed, "num_threads": 1, "deterministic": True, "force_row_wise": True, "verbose": -1}


_REGRESSORS: dict[str, Fit] = {
    "linear": lambda x, y, seed: Ridge(alpha=RIDGE).fit(x, y).predict,
    "neighbours": lambda x, y, seed: KNeighborsRegressor(min(NEIGHBOURS, len(x))).fit(x, y).predict,
    "trees": _trees,
}
_CLASSIFIERS: dict[str, Callable[[int, int], Any]] = {
    "linear": lambda rows, seed: LogisticRegression(max_iter=500),
    "neighbours": lambda rows, seed: KNeighborsClassifier(min(NEIGHBOURS, rows)),
    "trees": lambda rows, seed: lightgbm.LGBMClassifier(n_estimators=TREES, n_jobs=1, **_without_threads(seed)),
}


def _without_threads(seed: int) -> dict[str, Any]:
    return {name: value for name, value in _settings(seed).items() if name != "num_threads"}


def _classifier(task: Task, make: Callable[[int, int], Any]) -> Fit:
    def fit(x: Matrix, y: Matrix, seed: int) -> Callable[[Matrix], Matrix]:
        model = make(len(x), seed).fit(x, np.asarray(y, int))

        def predict(rows: Matrix) -> Matrix:
            # Few rows may lack a class, which then has no chance.
            found = np.zeros((len(rows), len(task.classes)))
            found[:, model.classes_] = model.predict_proba(rows)
            return found if len(task.classes) > 2 or task.kind == "classes" else found[:, 1]

        return predict

    return fit
