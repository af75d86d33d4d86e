"""Agreement of the one-pass reducers with scikit-learn, on digits, iris and the configured trips.

Shown are the largest principal angle between the subspaces, directions in float32, and how far the variance of whitened
training rows is from 1.

    make prove-reducers            about half a minute
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
from scipy.linalg import subspace_angles
from sklearn.cross_decomposition import PLSRegression
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA, TruncatedSVD

from data.loading import load as load_rows
from pipeline.config import load
from transforms import in_memory, reducers
from transforms.features import BLOCK, LABEL
from transforms.moments import MomentsFn
from transforms.projection import project
from transforms.reducers.evidence import Evidence
from transforms.settings import Reducer

MAX_ANGLE, MAX_VARIANCE = 1e-4, 0.01
PARTS = 7


def main() -> None:
    """Prints Markdown; ends with 1 if a figure is beyond its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, default=None)
    options = parser.parse_args()
    digits, iris = load_digits(), load_iris()
    tables = {
        "digits": (digits.data, digits.target.astype(float)),
        "iris": (iris.data, iris.target.astype(float)),
        "trips": trips(options.config),
    }
    print("| data | rows x features | reducer | components | largest angle (rad) | whitened variance off 1 |")
    print("|---|---|---|---|---|---|")
    worst = [0.0, 0.0]
    for name, (rows, label) in tables.items():
        for kind in ("pca", "svd", "pls"):
            for count in sorted({1, 2, min(3, rows.shape[1]), min(10, rows.shape[1] - 1)}):
                angle, off = compare(kind, count, rows, label)
                worst = [max(worst[0], angle), max(worst[1], off)]
                print(f"| {name} | {len(rows):,} x {rows.shape[1]} | {kind} | {count} | {angle:.1e} | {off:.1e} |")
    print(f"\nlargest angle {worst[0]:.1e} rad (limit {MAX_ANGLE:g}), variance {worst[1]:.1e} (limit {MAX_VARIANCE:g})")
    raise SystemExit(int(worst[0] > MAX_ANGLE or worst[1] > MAX_VARIANCE))


def trips(config_file: Path | None) -> tuple[Any, Any]:
    """The scaled block of the training rows, and their label."""
    config = load(config_file)
    features = config.features.model_copy(update={"reducer": Reducer(kind="none")})
    plan = config.model_copy(update={"features": features}).plan()
    part = load_rows(config.data).part("train")
    columns = {name: np.asarray(part[name].to_numpy()) for name in config.data.columns()}
    with tempfile.TemporaryDirectory() as folder:
        found = in_memory.apply(in_memory.learn(plan, columns, Path(folder)), plan.dataset, columns)
    return found[BLOCK].astype(np.float64), found[LABEL][:, 0].astype(np.float64)


def compare(kind: str, count: int, rows: Any, label: Any) -> tuple[float, float]:
    """Largest principal angle, and the largest distance of a whitened component's variance from 1."""
    function = MomentsFn(rows.shape[1])
    pieces = zip(np.array_split(rows, PARTS), np.array_split(label[:, None], PARTS), strict=True)
    sums = [function.add_input(function.create_accumulator(), piece) for piece in pieces]
    moments = function.extract_output(function.merge_accumulators(sums))
    found = reducers.learn(Evidence(moments, rows[:0], label[:0]), Reducer(kind=kind, components=count))
    expected = {
        "pca": lambda: PCA(count, svd_solver="full").fit(rows).components_.T,
        "svd": lambda: TruncatedSVD(count, algorithm="arpack").fit(rows).components_.T,
        "pls": lambda: PLSRegression(count, scale=False).fit(rows, label).x_rotations_,
    }[kind]()
    matrix = found.matrix(count, whiten=True).astype(np.float32)
    centre = None if found.centre is None else found.centre.astype(np.float32)
    scores = project(rows.astype(np.float32), centre, matrix).numpy().astype(np.float64)
    off = np.abs(scores.var(axis=0)[: found.kept] - 1).max()
    return float(subspace_angles(matrix[:, : found.kept].astype(np.float64), expected).max()), float(off)


if __name__ == "__main__":
    main()
