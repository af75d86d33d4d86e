"""The Pareto front as a picture: error over size, time of a call by the area of the mark."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from components.plot import ALONE, Axis, Plot, ends
from components.task import task_of


def pareto_svg(results: Mapping[str, Any]) -> str:
    """The picture of a study.

    Across: gzip bytes. Up: error on the test rows against the float file, with its 95 % interval. The area of a
    mark grows with the median time of a call; the line joins what no other variant beats in size and error.

    Args:
        results: `study.json`.
    """
    metric = task_of(results.get("output") or {}).metrics[results["select"]["metric"]]
    made = [one for one in results["variants"] if one["status"] == "ok"]
    across = {one["name"]: one["gzip_bytes"] / 1000 for one in made}
    off = {
        one["name"]: {key: 100 * one["difference"][metric.name][key] for key in ("low", "value", "high")}
        for one in made
    }
    title = f"{metric.title} on {results['rows']['test']:,} test rows against float (%)"
    told = f"Pareto front of the compression study: {len(made)} variants; chosen: {results['selected'] or 'none'}"
    plot = Plot(
        Axis("gzip size of the file (kB); area of a mark: time of a call", 0, 1.08 * max(across.values())),
        Axis(title, *ends((one[key] for one in off.values() for key in ("low", "high")), 0.08)),
        told,
        width=820,
        height=480,
        right=150,
    )
    losses = {one["name"]: metric.loss(one["test"][metric.name]) for one in made}
    plot.line(_front([(across[name], losses[name], off[name]["value"]) for name in across]), "s3")
    for one in made:
        name, kind = one["name"], "s2" if one["selected"] else "s3" if one["pareto"] else "s1"
        plot.line([(across[name], off[name][key]) for key in ("low", "high")], "s1")
        said = (
            f"{name}: {metric.title} {one['test'][metric.name]:.4g} ({off[name]['value']:+.2f} %), "
            f"{one['gzip_bytes']:,} bytes gzip, {one['latency_us']['p50']:g} us"
        )
        radius = min(14.0, 2.0 * math.sqrt(max(one["latency_us"]["p50"], 1.0)))
        plot.dot(across[name], off[name]["value"], kind, said, radius=round(radius, 1))
    names = {one["name"]: f"{one['name']} (chosen)" if one["selected"] else one["name"] for one in made}
    plot.beside([(across[name], off[name]["value"], text) for name, text in names.items()])
    return str(plot.svg(ALONE)) + "\n"


def _front(marks: list[tuple[float, float, float]]) -> list[tuple[float, float]]:
    """Steps through the marks (size, loss, height) that none beats in size and loss."""
    best = math.inf
    found: list[tuple[float, float]] = []
    for x, loss, y in sorted(marks):
        if loss < best:
            best = loss
            found += [(x, found[-1][1])] if found else []
            found.append((x, y))
    return found
