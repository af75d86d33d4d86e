"""Curves of `farelite dimensions`: error and distances by number of dimensions, and what each input costs."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from components.plot import Axis, Plot, ends
from components.shown import number, real, shown
from components.task import task_of
from components.task.metric import Metric
from pipeline.report.blocks import Block, Figure, Table, Text
from pipeline.report.charts import bars, lines

Step = Mapping[str, Any]
_MODELS = {"linear": "linear", "neighbours": "nearest rows", "trees": "boosted trees"}
_COLOURS = "blue is linear, orange the nearest rows, green boosted trees"


def blocks(measured: Mapping[str, Any]) -> list[Block]:
    """Everything that was measured of one run; the contents of `dimensions/RUN.json` in."""
    rows, unit = measured["rows"], str(measured["unit"])
    models = measured["models"]
    metric = task_of(measured.get("label") or {}).primary
    told = (
        f"Plain models on so many dimensions, {metric.title} on {rows['validation']:,} validation rows: ridge or "
        f"logistic "
        f"regression, the mean of the {models['neighbours']} nearest rows, and {models['trees']} boosted trees, "
        f"learned from {rows['used']:,} training rows, and from {rows['few']:,} of them."
    )
    features, components = measured["features"], measured["components"]
    found: list[Block] = [Text(told)]
    if not features:
        return found
    many, few = f"{rows['used']:,} training rows", f"{rows['few']:,} training rows"
    found.append(_errors(metric, features, "errors", unit, f"features, from {many}"))
    found.append(_errors(metric, features, "errors_of_few", unit, f"features, from {few}"))
    if components:
        found.append(_errors(metric, components, "errors", unit, f"components, from {many}"))
    found.append(_contrast(features, components))
    found.append(_costs(measured))
    return found


def _places(count: int, label: str) -> Axis:
    """Whole numbers from 1 on, about a dozen of them written out."""
    ticks = tuple((float(one), str(one)) for one in range(1, count + 1, 1 + count // 13))
    return Axis(label, 0.5, count + 0.5, ticks)


def _errors(metric: Metric, steps: Sequence[Step], key: str, unit: str, what: str) -> Figure:
    series = {
        title: [(float(place), real(one[key][name][metric.name])) for place, one in enumerate(steps, start=1)]
        for name, title in _MODELS.items()
    }
    values = [y for points in series.values() for _, y in points]
    kind = what.split(",")[0]
    best = {title: min(points, key=lambda point: (math.isnan(point[1]), point[1])) for title, points in series.items()}
    lowest = "; ".join(f"{title} {number(y)} with {x:.0f}" for title, (x, y) in best.items())
    picture = lines(
        series,
        _places(len(steps), f"number of {kind}"),
        Axis(f"{metric.title} on validation ({unit})", *ends(values, 0.08)),
        f"Error by number of {what}; lowest: {lowest}",
    )
    named = [one.get("name", f"component {place}") for place, one in enumerate(steps, start=1)]
    rows = [
        (str(place), name, *(shown(one[key][model][metric.name]) for model in _MODELS))
        for place, (name, one) in enumerate(zip(named, steps, strict=True), start=1)
    ]
    numbers = Table(f"{metric.title} by number of {what}", ("number", "adds", *_MODELS.values()), rows)
    return Figure(picture, f"Error by number of {what}: {_COLOURS}. Lowest: {lowest}.", numbers)


def _contrast(features: Sequence[Step], components: Sequence[Step]) -> Figure:
    """On a logarithmic axis: from thousands with one dimension down to a few."""
    series = {
        "features": [real(one["contrast"]) for one in features],
        "components": [real(one["contrast"]) for one in components],
        "independent numbers": [real(one["contrast_if_independent"]) for one in features],
    }
    top = math.ceil(max(1.0, ends(map(_log10, (one for values in series.values() for one in values)))[1]))
    powers = range(0, top + 1, 1 + top // 8)
    plot = Plot(
        _places(len(features), "number of dimensions"),
        Axis("farthest over nearest", 0, powers[-1], tuple((float(one), number(10.0**one)) for one in powers)),
        f"How many times as far as the nearest place the farthest one lies: {series['features'][-1]:.1f} with all "
        f"{len(features)} features, {series['independent numbers'][-1]:.1f} if they were independent",
        left=78,
    )
    for power in powers[1:]:
        plot.level(float(power))
    for kind, (name, values) in zip(("s1", "s2", "s5"), series.items(), strict=True):
        points = [(float(place), _log10(value)) for place, value in enumerate(values, start=1)]
        plot.line(points, kind, dashed=kind == "s5")
        for (x, y), value in zip(points, values, strict=True):
            plot.dot(x, y, kind, f"{x:.0f} {name}: {value:,.1f}")
    caption = (
        "How many times as far as the nearest other place the farthest one lies, the median over rows: blue for "
        "features, orange for components, grey dashed for independent normal numbers, the worst case. Near 1, a "
        "nearest row says nothing."
    )
    return Figure(plot.svg(), caption, _contrasts(series))


def _log10(value: float) -> float:
    """NaN for what has no finite one."""
    return math.log10(value) if 0 < value < math.inf else math.nan


def _contrasts(series: Mapping[str, Sequence[float]]) -> Table:
    width = max(map(len, series.values()))

    def cells(place: int) -> Iterable[str]:
        return (f"{values[place]:,.1f}" if place < len(values) else "" for values in series.values())

    rows = [(str(place + 1), *cells(place)) for place in range(width)]
    return Table("Farthest over nearest", ("dimensions", *series), rows)


def _costs(measured: Mapping[str, Any]) -> Figure:
    inputs, told = measured["inputs"], measured["parameters"]
    total = told["inputs"] + told["rest"]
    shown = [one for one in inputs if one["parameters"] and one["kind"] != "component"]
    together = [one for one in inputs if one["kind"] == "component"]
    bundle = [(f"{len(together)} components", (float(sum(one["parameters"] for one in together)),), "")]
    values = [*(bundle if together else []), *((one["name"], (float(one["parameters"]),), "") for one in shown)]
    values.append(("no input", (float(told["rest"]),), ""))
    picture = bars(values, f"Parameters of the network by input, {total:,} in all", "parameters")
    saved = f" The reducer saves {told['saved_by_reducer']:,}." if told["saved_by_reducer"] else ""
    rows = [
        (one["name"], one["kind"], *(f"{one[key]:,}" for key in ("width", "parameters", "constants"))) for one in inputs
    ]
    header = ("input", "kind", "columns", "parameters", "learned constants")
    caption = f"Parameters that the network has because of each input, {total:,} in all.{saved}"
    return Figure(picture, caption, Table("What each input costs", header, rows))
