"""What is counted from measurements: the paired bootstrap, the Pareto front and the choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from components.settings import Push
from components.study.settings import FLOAT, Selection

FloatArray = npt.NDArray[np.float32]
Measured = Mapping[str, Any]
INTERVAL = (2.5, 97.5)


def paired_bootstrap(
    predicted: FloatArray, reference: FloatArray, label: FloatArray, resamples: int, seed: int = 0
) -> dict[str, dict[str, float]]:
    """How far RMSE and MAE lie above the reference's, as a share of it, with a 95 % percentile interval.

    Rows are drawn with replacement, the same ones for both models (B. Efron, R. Tibshirani, 1993, chapter 13), so what
    makes a row hard for both does not widen the interval.

    Args:
        predicted, reference, label: float32 `[rows]`, of the same rows.
        resamples: how many.
        seed: of the drawing; the same for every variant, so that they compare.

    Returns:
        `rmse` and `mae`, each with `value`, `low` and `high`.
    """
    rows = len(label)
    errors = np.stack([np.abs(one.astype(np.float64) - label) for one in (predicted, reference)], axis=1)
    powers = np.concatenate([np.square(errors), errors], axis=1)  # [rows, 4]
    chance = np.random.default_rng(seed)
    sums = np.empty((resamples, 4))
    for resample in range(resamples):
        counts = np.bincount(chance.integers(0, rows, rows), minlength=rows)
        sums[resample] = counts @ powers
    found = {}
    for name, drawn, whole in (
        ("rmse", np.sqrt(sums[:, :2]), np.sqrt(powers[:, :2].sum(axis=0))),
        ("mae", sums[:, 2:], powers[:, 2:].sum(axis=0)),
    ):
        low, high = np.percentile(_excess(drawn[:, 0], drawn[:, 1]), INTERVAL)
        found[name] = {"value": float(_excess(whole[0], whole[1])), "low": float(low), "high": float(high)}
    return found


def _excess(error: Any, reference: Any) -> Any:
    """Share by which an error lies above the reference's; 0 where both are without error."""
    return np.where(reference > 0, error / np.where(reference > 0, reference, 1.0) - 1, np.where(error > 0, np.inf, 0))


def pareto(points: Mapping[str, Sequence[float]]) -> set[str]:
    """Names of the points that no other equals in everything and beats in something; less is better."""
    return {
        name
        for name, one in points.items()
        if not any(
            all(a <= b for a, b in zip(other, one, strict=True)) and any(a < b for a, b in zip(other, one, strict=True))
            for other in points.values()
        )
    }


def obstacles(one: Measured, push: Push) -> list[str]:
    """Budgets of the pusher that a variant breaks, so that it need not be chosen to be refused."""
    found = []
    if one["bytes"] > push.max_bytes:
        found.append(f"{one['bytes']:,} bytes, above push.max_bytes {push.max_bytes:,}")
    if one["sparsity"] < push.min_sparsity:
        found.append(f"{one['sparsity']:.1%} zeros, below push.min_sparsity {push.min_sparsity:.1%}")
    if push.max_latency_us is not None and one["latency_us"]["p95"] > push.max_latency_us:
        found.append(f"{one['latency_us']['p95']:g} us (p95), above push.max_latency_us {push.max_latency_us:g}")
    return found


def choose(measured: Mapping[str, Measured], select: Selection, push: Push) -> tuple[str | None, str]:
    """The variant to go on with, and why; None where there is none.

    Args:
        measured: what could be made, by name; `float` among it.
        select: the policy.
        push: budgets that the file must keep anyway.
    """
    metric = select.metric
    allowed = {name: one for name, one in measured.items() if not obstacles(one, push)}
    limit = measured[FLOAT]["validation"][metric] * (1 + select.within)
    if select.max_bytes is not None:
        allowed = {name: one for name, one in allowed.items() if one["bytes"] <= select.max_bytes}
    near = allowed
    if select.policy != "most_accurate":
        near = {name: one for name, one in allowed.items() if one["validation"][metric] <= limit}
    if not near:
        return None, _nothing(measured, allowed, select, limit)
    keys = {
        "smallest": lambda one: (one[select.size], one["validation"][metric]),
        "most_accurate": lambda one: (one["validation"][metric], one[select.size]),
        "fastest": lambda one: (one["latency_us"]["p50"], one["validation"][metric]),
    }
    best = min(near, key=lambda name: keys[select.policy](near[name]))
    what = {
        "smallest": f"smallest ({select.size})",
        "most_accurate": f"most accurate of at most {select.max_bytes or push.max_bytes:,} bytes",
        "fastest": "fastest",
    }[select.policy]
    within = "" if select.policy == "most_accurate" else f" with {metric.upper()} within {select.within:.1%} of float"
    return best, f"{what}{within} on the validation rows, of {len(near)} such variants"


def _nothing(measured: Mapping[str, Measured], allowed: Mapping[str, Measured], select: Selection, limit: float) -> str:
    if not allowed:
        small = min(measured, key=lambda name: int(measured[name]["bytes"]))
        return (
            f"study: no variant keeps the budgets of push and study.select.max_bytes; the smallest is {small} with "
            f"{measured[small]['bytes']:,} bytes and {measured[small]['sparsity']:.1%} zeros"
        )
    metric = select.metric
    best = min(allowed, key=lambda name: float(allowed[name]["validation"][metric]))
    return (
        f"study: no variant within the budgets has a {metric.upper()} of at most {limit:.4g} on the validation rows "
        f"(study.select.within {select.within:g}); the nearest is {best} with {allowed[best]['validation'][metric]:.4g}"
    )
