"""What a table's file is measured against where its label is no number: the same boosters as classifiers, logistic
regression, and the shares of the training rows.

Each booster has 400 rounds of trees at a rate of 0.05 and its library's defaults otherwise; with several classes a
round has a tree for each. Inputs are those of `rivals`.
"""

import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt
import rivals
from rivals import HISTOGRAMS, MANY, Errors, Rows
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from components.task import task_of

Shares = npt.NDArray[np.float64]
Rival = Callable[[Rows, npt.NDArray[np.float64], int], Any]
"""Learns from rows whose labels are places among so many classes, and gives shares `[rows, classes]` for inputs."""
METRICS = ("log_loss", "roc_auc", "accuracy")


def with_lightgbm(train: Rows, x: npt.NDArray[np.float64], classes: int) -> Any:
    """LightGBM."""
    kind = {"objective": "binary"} if classes == 2 else {"objective": "multiclass", "num_class": classes}
    return rivals.lightgbm_of(train, **kind).predict(x)


def with_xgboost(train: Rows, x: npt.NDArray[np.float64], classes: int) -> Any:
    """XGBoost."""
    trees = rivals.xgboost_of(train, objective="multi:softprob", num_class=classes)
    return trees.predict(rivals.xgboost_rows(train, x))


def with_sklearn(train: Rows, x: npt.NDArray[np.float64], classes: int) -> Any:
    """scikit-learn's histogram boosting."""
    categories = [0 < size <= MANY for size in train.sizes]
    model = HistGradientBoostingClassifier(categorical_features=categories, **HISTOGRAMS)
    return spread(model.fit(train.x, train.label), x, classes)


def logistic(train: Rows, x: npt.NDArray[np.float64], classes: int) -> Any:
    """Logistic regression on standardized numbers, gaps filled and flagged, categories one-hot."""
    wide = rivals.widened(train)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a thousand steps are what it is given
        fitted = model.fit(wide(train.x), train.label)
    return spread(fitted, wide(x), classes)


def shares(train: Rows, x: npt.NDArray[np.float64], classes: int) -> Any:
    """The shares of the training rows."""
    return np.tile(np.bincount(train.label.astype(int), minlength=classes) / len(train.label), (len(x), 1))


def spread(model: Any, x: npt.NDArray[np.float64], classes: int) -> Shares:
    """scikit-learn gives no column to a class that the training rows lack."""
    found = np.zeros((len(x), classes))
    found[:, model.classes_.astype(int)] = model.predict_proba(x)
    return found


BOOSTERS: dict[str, Rival] = {"LightGBM": with_lightgbm, "XGBoost": with_xgboost, "HistGB": with_sklearn}
PLAIN: dict[str, Rival] = {"logistic": logistic, "shares": shares}


def measure(train: Rows, test: Rows, classes: Sequence[str]) -> dict[str, Errors]:
    """Metrics and seconds of every rival by name; of yes or no, decisions are taken at a half."""
    binary = len(classes) == 2
    task = task_of({"kind": "binary" if binary else "classes", "classes": classes})
    found = {}
    for name, rival in {**BOOSTERS, **PLAIN}.items():
        start = time.perf_counter()
        told = np.asarray(rival(train, test.x, len(classes)), np.float64)
        predicted = told[:, 1] if binary and told.ndim == 2 else told
        found[name] = {**task.measure(predicted, test.label, METRICS), "seconds": time.perf_counter() - start}
    return found
