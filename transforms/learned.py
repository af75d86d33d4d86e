"""`learned.json`: what the Transform step has learned, an asset of the transform graph. The one place to read it.

Keys, all of them always there:

- `kind`: of the reducer, `none` included. `whiten`, `components`: as configured. `rows`: training rows.
- `features`: names of the block's n columns, in order. `categories`: names of the categorical columns.
- `kept`: columns of the block in use behind the reducer; n for `none`.

A reducer has these too, and without one they are empty, since nobody then multiplies each column with each other:

- `merit`: figure of merit of the reducer: `name` in words, `value` with the components kept, `by_component` with the
  first 1, 2, ... components (a scree's cumulative curve; for PCA, SVD, PLS and LDA beyond `kept`).
- `explained_variance_ratio`: by component, what it adds to the share of the block's variance that a linear model on the
  components recovers; for PCA the scree, all n. `label_r2_by_component`: the share of the label's variance that one on
  the first 1, 2, ... components explains.
- `loadings`: by component a list of n weights of unit length, one a feature; for NMF the parts.
- `sample`: null, or `rows` and `seed` of the sample that the reducer learned from.
- `correlation`: n lists of n, of the scaled block; 0 where a column does not vary.
- `notes`: what a reader should know. `problems`: what keeps the block from being used, each with its remedy.

And of every block:

- `columns`: by feature `mean`, `std`, `minimum`, `maximum` (before filling and scaling), `known` (training rows that
  are not missing), `scaling` (its kind, or `fixed`), `centre`, `spread`; `quantiles`, 257 rising numbers from minimum
  to maximum with equally many training rows between.
- `buckets`: by name `feature` and `boundaries`, the learned ones included.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from data.errors import DataError
from transforms.features import LEARNED_FILE, NO_NUMBER, Plan
from transforms.known import Known
from transforms.reducers.evidence import Evidence, Found, Moments, explained
from transforms.settings import ROUNDING, SAMPLED, Fixed

Matrix = npt.NDArray[np.float64]


def read(transform_savedmodel_dir: str) -> dict[str, Any]:
    """The contents of `learned.json` of a saved transform graph.

    Raises:
        DataError: the training rows do not suit the reducer; the message names features and remedies.
    """
    path = Path(transform_savedmodel_dir) / "assets" / LEARNED_FILE
    learned: dict[str, Any] = json.loads(path.read_text())
    if learned["problems"]:
        raise DataError("; ".join(learned["problems"]))
    return learned


def used(known: Mapping[str, Any]) -> list[int]:
    """Columns of the block in use: the components kept, or without a reducer the columns that vary.

    Where none does, but there are categories to learn from, the first one stands for all.

    Raises:
        DataError: there is nothing to learn from.
    """
    places = [place for place, name in enumerate(known["features"]) if varies(known["columns"][name])]
    if not places and known["kind"] == "none" and known.get("categories"):
        return [0]
    if not places:
        raise DataError(
            f"each of the features {', '.join(known['features'])} has one value in all training rows, so there is "
            "nothing to learn from; name other columns"
        )
    return places if known["kind"] == "none" else list(range(known["kept"]))


def unused(known: Mapping[str, Any]) -> dict[str, str]:
    """Why, by feature that is left out; flags of values that are never missing are nothing to speak of."""
    columns = {name: known["columns"][name] for name in known["features"] if not name.endswith("_missing")}
    return {
        name: one.get("left_out")
        or (f"is {one['minimum']:g} in all training rows" if one["known"] else "is missing in all training rows")
        for name, one in columns.items()
        if not varies(one) and name != NO_NUMBER
    }


def without_room(known: Mapping[str, Any]) -> list[str]:
    """Numeric columns that are no inputs of the file, see `components.trainer.room`."""
    columns = known["columns"].items()
    return [name for name, one in columns if "left_out" in one and not name.endswith("_missing")]


def varies(column: Mapping[str, Any]) -> bool:
    """Whether a feature has two values that are more than rounding apart, and was not left out for another reason."""
    low, high = column["minimum"], column["maximum"]
    return bool("left_out" not in column and column["known"] and high - low > ROUNDING * max(abs(low), abs(high)))


def problems(plan: Plan, columns: Mapping[str, Any], evidence: Evidence) -> list[str]:
    """What in the training rows keeps the reducer from its work, each with feature and remedy."""
    kind, found = plan.features.reducer.kind, []
    for name, column in columns.items():
        lowest = (column["minimum"] - column["centre"]) / column["spread"]
        if kind == "nmf" and lowest < -1e-6:
            found.append(
                f"feature {name} goes down to {lowest:g} after scaling, and nmf takes no negative values; "
                f"set features.scaling_of.{name} to min_max"
            )
    if kind == "lda" and int((evidence.moments.class_shares > 0).sum()) < 2:
        found.append(
            f"all training rows have the label {evidence.moments.label_mean:g}, which is one class, and lda separates "
            f"classes; check {plan.dataset.label.column}, or set features.reducer.kind to pca"
        )
    return found


def describe(plan: Plan, known: Known) -> dict[str, Any]:
    """The contents of `learned.json` of a block without a reducer."""
    reducer, names = plan.features.reducer, plan.block_names()
    lists = ("explained_variance_ratio", "label_r2_by_component", "loadings", "correlation", "notes", "problems")
    return {
        "kind": reducer.kind,
        "whiten": reducer.whiten,
        "components": reducer.components,
        "rows": known.rows,
        "features": names,
        "categories": list(plan.dataset.categorical),
        "kept": len(names),
        "merit": None,
        "sample": None,
        **{name: [] for name in lists},
        "columns": {name: _column(plan, known, place) for place, name in enumerate(names)},
        "buckets": {
            name: {"feature": plan.features.buckets[name].feature, "boundaries": edges.tolist()}
            for name, edges in known.boundaries.items()
        },
    }


def _column(plan: Plan, known: Known, place: int) -> dict[str, Any]:
    mean, std, low, high, rows = (float(values[place]) for values in known.statistics)
    scaling = plan.scalings()[place]
    return {
        "mean": mean,
        "std": std,
        "minimum": low,
        "maximum": high,
        "known": int(rows),
        "scaling": "fixed" if isinstance(scaling, Fixed) else scaling,
        "centre": float(known.scale.centre[place]),
        "spread": float(known.scale.spread[place]),
        "quantiles": [low, *known.quantiles[place].tolist(), high],
    }


def with_reducer(plan: Plan, contents: Mapping[str, Any], evidence: Evidence, found: Found) -> dict[str, Any]:
    """The same with what the reducer has found."""
    moments, reducer = evidence.moments, plan.features.reducer
    block, label = explained(moments, found.directions)
    shown = found.directions.T if found.basis is None else found.basis
    return {
        **contents,
        "rows": moments.rows,
        "kept": found.kept,
        "merit": {"name": found.figure, "value": found.value, "by_component": found.by_component.tolist()},
        "explained_variance_ratio": np.diff(block, prepend=0.0).tolist(),
        "label_r2_by_component": label.tolist(),
        "loadings": (shown / np.maximum(np.linalg.norm(shown, axis=1, keepdims=True), 1e-30)).tolist(),
        "sample": {"rows": len(evidence.block), "seed": reducer.seed} if reducer.kind in SAMPLED else None,
        "correlation": correlation(moments).tolist(),
        "notes": list(found.notes),
        "problems": problems(plan, contents["columns"], evidence),
    }


def correlation(moments: Moments) -> Matrix:
    """Of the block's columns with each other `[n, n]`; 0 where one does not vary."""
    spread = np.sqrt(np.clip(np.diag(moments.covariance), 0, None))
    inverse = np.where(spread > 1e-6, 1 / np.where(spread > 1e-6, spread, 1.0), 0.0)
    return np.asarray(moments.covariance * np.outer(inverse, inverse))
