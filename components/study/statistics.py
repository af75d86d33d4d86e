"""What is counted from measurements: the paired bootstrap, the Pareto front and the choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from components.settings import Push
from components.shown import number
from components.study.settings import FLOAT, Selection
from components.task.metric import Metric
from components.task.task import Task

FloatArray = npt.NDArray[np.float32]
Measured = Mapping[str, Any]
INTERVAL = (2.5, 97.5)


def paired_bootstrap(
    task: Task, predicted: FloatArray, reference: FloatArray, label: FloatArray, resamples: int, seed: int = 0
) -> dict[str, dict[str, float]]:
    """How far the task's brief metrics lie above the reference's, as a share of it, with a 95 % percentile interval.

    Rows are drawn with replacement, the same ones for both models (B. Efron, R. Tibshirani, 1993, chapter 13), so what
    makes a row hard for both does not widen the interval.

    Args:
        task: of the label.
        predicted, reference, label: of the same rows.
        resamples: how many.
        seed: of the drawing; the same for every variant, so that they compare.

    Returns:
        By name of metric, `value`, `low` and `high`.
    """
    rows = len(label)
    metrics = [task.metrics[name] for name in task.brief]
    columns = [metric.mean_of(one, label) for metric in metrics if metric.mean_of for one in (predicted, reference)]
    of_rows = np.stack(columns, axis=1)  # [rows, two for each metric]
    chance = np.random.default_rng(seed)
    means = np.empty((resamples + 1, of_rows.shape[1]))
    means[0] = of_rows.mean(axis=0)
    for resample in range(1, resamples + 1):
        counts = np.bincount(chance.integers(0, rows, rows), minlength=rows)
        means[resample] = counts @ of_rows / rows
    found = {}
    for place, metric in enumerate(metrics):
        one, other = (metric.from_mean(means[:, 2 * place + model]) for model in (0, 1))
        excess = _excess(one, other)
        low, high = np.percentile(excess[1:], INTERVAL)
        found[metric.name] = {"value": float(excess[0]), "low": float(low), "high": float(high)}
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
    if push.min_sparsity is not None and one["sparsity"] < push.min_sparsity:
        found.append(f"{one['sparsity']:.1%} zeros, below push.min_sparsity {push.min_sparsity:.1%}")
    if push.max_latency_us is not None and one["latency_us"]["p95"] > push.max_latency_us:
        found.append(f"{one['latency_us']['p95']:g} us (p95), above push.max_latency_us {push.max_latency_us:g}")
    return found


def choose(metric: Metric, measured: Mapping[str, Measured], select: Selection, push: Push) -> tuple[str | None, str]:
    """The variant to go on with, and why; None where there is none.

    Args:
        metric: that counts.
        measured: what could be made, by name; `float` among it.
        select: the policy.
        push: budgets that the file must keep anyway.
    """
    value = {name: one["validation"][metric.name] for name, one in measured.items()}
    loss = {name: metric.loss(one) for name, one in value.items()}
    allowed = {name: one for name, one in measured.items() if not obstacles(one, push)}
    if select.max_bytes is not None:
        allowed = {name: one for name, one in allowed.items() if one["bytes"] <= select.max_bytes}
    near = allowed
    if select.policy != "most_accurate":
        within = 1 + select.within
        near = {name: one for name, one in allowed.items() if metric.keeps_up(value[name], value[FLOAT], within)}
    if not near:
        return None, _nothing(metric, measured, allowed, select)
    keys = {
        "smallest": lambda name: (near[name][select.size], loss[name]),
        "most_accurate": lambda name: (loss[name], near[name][select.size]),
        "fastest": lambda name: (near[name]["latency_us"]["p50"], loss[name]),
    }
    best = min(near, key=keys[select.policy])
    what = {
        "smallest": f"smallest ({select.size})",
        "most_accurate": f"most accurate of at most {select.max_bytes or push.max_bytes:,} bytes",
        "fastest": "fastest",
    }[select.policy]
    told = "" if select.policy == "most_accurate" else f" with {metric.title} within {select.within:.1%} of float"
    return best, f"{what}{told} on the validation rows, of {len(near)} such variants"


def _nothing(
    metric: Metric, measured: Mapping[str, Measured], allowed: Mapping[str, Measured], select: Selection
) -> str:
    if not allowed:
        small = min(measured, key=lambda name: int(measured[name]["bytes"]))
        return (
            f"study: no variant keeps the budgets of push and study.select.max_bytes; the smallest is {small} with "
            f"{measured[small]['bytes']:,} bytes and {measured[small]['sparsity']:.1%} zeros"
        )
    value = {name: one["validation"][metric.name] for name, one in measured.items()}
    best = min(allowed, key=lambda name: metric.loss(value[name]))
    return (
        f"study: no variant within the budgets keeps {metric.title} within {select.within:.1%} "
        f"(study.select.within) of the float model's {number(value[FLOAT])} on the validation rows; the nearest is "
        f"{best} with {number(value[best])}"
    )
