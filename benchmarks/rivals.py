"""What a table's file is measured against: three libraries of boosted trees as they come, a linear model and the mean.

Each booster has 400 trees at a rate of 0.05, once for squared and once for absolute error, and its library's defaults
otherwise. It sees every input that the file has, unscaled: numbers with their gaps, points with the distances between
them, parts of the time, and categories as categories.
"""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import lightgbm
import numpy as np
import numpy.typing as npt
import pandas as pd
import xgboost
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from data.spec import Dataset
from transforms import distance

TREES = 400
RATE = 0.05
THREADS = 2
LOSSES = ("L2", "L1")
LIGHTGBM = {"L2": "regression", "L1": "regression_l1"}
XGBOOST = {"L2": "reg:squarederror", "L1": "reg:absoluteerror"}
SKLEARN = {"L2": "squared_error", "L1": "absolute_error"}
HISTOGRAMS: dict[str, Any] = {"learning_rate": RATE, "max_iter": TREES, "early_stopping": False, "random_state": 0}
MANY = 255
"""scikit-learn's trees take no category with more values; such a column enters them as a number."""


@dataclass(frozen=True)
class Rows:
    """What a rival learns from or is scored on.

    Attributes:
        x: float64 `[rows, n]`, NaN where a number is missing; a category is a whole number.
        sizes: of each column, the number of values of a category; 0 for a number.
        label: float64 `[rows]`.
    """

    x: npt.NDArray[np.float64]
    sizes: tuple[int, ...]
    label: npt.NDArray[np.float64]


Errors = dict[str, float]
Rival = Callable[[Rows, npt.NDArray[np.float64]], npt.NDArray[np.float64]]
"""Learns from rows and predicts for other inputs."""


def parts(dataset: Dataset, table: pd.DataFrame, test: npt.NDArray[np.bool_]) -> tuple[Rows, Rows]:
    """Rows to learn from and to be scored on.

    Args:
        dataset: roles of the columns.
        table: accepted rows; time in seconds of the wall clock.
        test: `[rows]`, those to be scored on. A value of a category that stands only there is 0, as unknown.
    """
    columns: dict[str, Any] = {name: table[name] for name in (*dataset.coordinates(), *dataset.numeric)}
    for start, end in itertools.pairwise(dataset.points.values()):
        places = [table[name].to_numpy() for p in (start, end) for name in (p.latitude, p.longitude)]
        for name in ("euclidean_deg", "haversine_km", "manhattan_km", "east_km", "north_km"):
            columns[f"{start.latitude} {end.latitude} {name}"] = np.asarray(distance.DISTANCES[name](*places))
    if dataset.time:
        when = pd.to_datetime(table[dataset.time.column], unit="s").dt
        columns |= {"hour": when.hour, "weekday": when.dayofweek, "month": when.month}
        columns["seconds"] = table[dataset.time.column]
    sizes = [0] * len(columns)
    for name in dataset.categorical:
        known = {value: number for number, value in enumerate(sorted(set(table[name][~test])), start=1)}
        columns[name] = table[name].map(known).fillna(0)
        sizes.append(len(known) + 1)
    x = np.stack([np.asarray(column, np.float64) for column in columns.values()], axis=1)
    label = table[dataset.label.column].to_numpy(np.float64)
    return Rows(x[~test], tuple(sizes), label[~test]), Rows(x[test], tuple(sizes), label[test])


def of_numbers(x: npt.NDArray[np.float64], label: npt.NDArray[np.float64]) -> Rows:
    """Rows without a category."""
    return Rows(x, (0,) * x.shape[1], label)


def lightgbm_of(train: Rows, **settings: Any) -> lightgbm.Booster:
    """LightGBM's trees."""
    told = {"learning_rate": RATE, "seed": 0, "verbose": -1, "num_threads": THREADS, **settings}
    categories = [place for place, size in enumerate(train.sizes) if size]
    return lightgbm.train(told, lightgbm.Dataset(train.x, train.label, categorical_feature=categories), TREES)


def xgboost_of(train: Rows, **settings: Any) -> xgboost.Booster:
    """XGBoost's trees."""
    told = {"eta": RATE, "seed": 0, "tree_method": "hist", "nthread": THREADS, **settings}
    return xgboost.train(told, xgboost_rows(train, train.x, train.label), TREES)


def xgboost_rows(train: Rows, *data: Any) -> xgboost.DMatrix:
    """Inputs, and a label where they are to be learned, with the kinds of columns that training rows have."""
    types = ["c" if size else "q" for size in train.sizes]
    return xgboost.DMatrix(*data, feature_types=types, enable_categorical=True)


def with_lightgbm(train: Rows, x: npt.NDArray[np.float64], loss: str) -> Any:
    """LightGBM."""
    return lightgbm_of(train, objective=LIGHTGBM[loss]).predict(x)


def with_xgboost(train: Rows, x: npt.NDArray[np.float64], loss: str) -> Any:
    """XGBoost."""
    return xgboost_of(train, objective=XGBOOST[loss]).predict(xgboost_rows(train, x))


def with_sklearn(train: Rows, x: npt.NDArray[np.float64], loss: str) -> Any:
    """scikit-learn's histogram boosting."""
    categories = [0 < size <= MANY for size in train.sizes]
    model = HistGradientBoostingRegressor(loss=SKLEARN[loss], categorical_features=categories, **HISTOGRAMS)
    return model.fit(train.x, train.label).predict(x)


def linear(train: Rows, x: npt.NDArray[np.float64]) -> Any:
    """Ridge regression on standardized numbers, gaps filled by the mean and flagged, categories one-hot."""
    wide = widened(train)
    model = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 3, 7)))
    return model.fit(wide(train.x), train.label).predict(wide(x))


def widened(train: Rows) -> Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]:
    """Makes inputs such as linear models take: gaps filled by the mean and flagged, categories one-hot."""
    mean = np.nan_to_num(np.nanmean(train.x, axis=0))

    def wide(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        pieces = []
        for place, size in enumerate(train.sizes):
            column = rows[:, place]
            if size:
                pieces.append(np.eye(size)[column.astype(int)])
            else:
                gap = np.isnan(column)
                pieces.append(np.stack([np.where(gap, mean[place], column), gap], axis=1))
        return np.concatenate(pieces, axis=1)

    return wide


def mean(train: Rows, x: npt.NDArray[np.float64]) -> Any:
    """The mean label."""
    return np.full(len(x), train.label.mean())


BOOSTERS: dict[str, Rival] = {
    f"{name} {loss}": partial(rival, loss=loss)
    for name, rival in (("LightGBM", with_lightgbm), ("XGBoost", with_xgboost), ("HistGB", with_sklearn))
    for loss in LOSSES
}
PLAIN: dict[str, Rival] = {"linear": linear, "mean": mean}


def measure(train: Rows, test: Rows) -> dict[str, Errors]:
    """RMSE, MAE and seconds of every rival by name."""
    found = {}
    for name, rival in {**BOOSTERS, **PLAIN}.items():
        start = time.perf_counter()
        off = np.asarray(rival(train, test.x)) - test.label
        errors = {"rmse": float(np.sqrt(np.mean(off**2))), "mae": float(np.abs(off).mean())}
        found[name] = {**errors, "seconds": time.perf_counter() - start}
    return found
