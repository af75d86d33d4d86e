"""What the file listens to: importance of its inputs beside the float model's, and the curves behind it."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from markupsafe import Markup

from components.plot import Axis, Plot, ends
from components.shown import number, real, scale_of, with_spread
from pipeline.report.blocks import Block, Figure, Section, Table, Text
from pipeline.report.charts import SERIES, bars, cut, lines
from pipeline.report.material import Material

_SHOWN = 12
"""Inputs with bars; the table names all."""
_NAME = 24
"""Letters of a name beside them."""
_CLASS = 18
"""Of a class, along the height of a small picture."""
_MODELS = {"float": "float model", "file": "model.tflite"}
_LEGEND = tuple(zip(SERIES, _MODELS.values(), strict=False))
_WIDTH, _HEIGHT = 300, 210
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def influence(material: Material) -> Section:
    """Bars of both models side by side, and small multiples of partial dependence."""
    found = material.figures.get("influence")
    if not found:
        return Section("influence", "What it listens to", [], "no file was measured with its inputs shuffled")
    blocks: list[Block] = [Text(_moved(material, found)), _importances(material, found)]
    return Section("influence", "What it listens to", [*blocks, *_curves(material, found)])


def _moved(material: Material, found: Mapping[str, Any]) -> str:
    most = found["largest_change"]
    related = found["rank_correlation"]
    order = "undefined" if related is None else f"{number(related)} (1: the same order)"
    apart = [real(one["apart"]) for one in found["curves"]]
    far = f" The curves below lie at most {number(max(apart))} {material.unit} apart." if apart else ""
    return (
        f"How far compression moved it: rank correlation of the importances {order}; moved most: {most['name']}, by "
        f"{with_spread(most['change'], most['spread'])} {_metric_unit(material, found)}.{far}"
    )


def _importances(material: Material, found: Mapping[str, Any]) -> Figure:
    metric = material.task.metrics[found["metric"]]
    first = found["inputs"][:_SHOWN]
    # As many as the largest needs: of what is about 0, the rest is noise.
    decimals = 3 - math.floor(math.log10(scale_of([max((abs(real(one["file"])) for one in first), default=1.0)])))
    told = "; ".join(f"{one['name']} {number(one['file'])}" for one in first)
    picture = bars(
        [(cut(one["name"], _NAME), tuple(round(real(one[key]), decimals) for key in _MODELS), "") for one in first],
        f"Rise of the {metric.title} when an input is shuffled: {told}",
        f"rise of the {metric.heading(material.unit)}",
        list(_MODELS.values()),
    )
    rows = [
        (_with_columns(one), *(_unbroken(with_spread(one[key], one[f"{key}_spread"])) for key in ("file", "float")))
        for one in found["inputs"]
    ]
    repeats = found["repeats"]
    spread = f", mean ± standard deviation of {repeats} shuffles" if repeats > 1 else ", one shuffle"
    title = f"Rise of the {metric.heading(material.unit)}{spread}"
    caption = (
        f"How much the {metric.title} gets worse on {found['rows']:,} test rows when one input is shuffled among them "
        "(permutation importance). Inputs that tell the same stand in for each other, and then each looks small."
    )
    header = ("input", _MODELS["file"], _MODELS["float"])
    return Figure(picture, caption, Table(title, header, rows), beside=True, legend=_LEGEND)


def _unbroken(text: str) -> str:
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _with_columns(one: Mapping[str, Any]) -> str:
    return str(one["name"]) + (f" ({', '.join(one['columns'])})" if one["columns"] != [one["name"]] else "")


def _curves(material: Material, found: Mapping[str, Any]) -> list[Block]:
    """Small multiples on one scale, so that flat means little."""
    curves = found["curves"]
    if not curves:
        return []
    low, high = ends((real(value) for one in curves for key in _MODELS for value in one[key]), 0.06)
    pictures = Markup("").join(_multiple(material, one, low, high) for one in curves)
    rows = [
        (_named(one), _at(one, place), *(number(one[key][place]) for key in ("file", "float")))
        for one in curves
        for place in range(len(one["at"]))
    ]
    header = ("input", "value", _MODELS["file"], _MODELS["float"])
    of_class = curves[0]["of_class"]
    mean = "prediction" if of_class is None else f"probability of {of_class}, the class that the inputs move most,"
    caption = (
        f"Mean {mean} over {found['curve_rows']} test rows when one input has the same value in all of them "
        "(partial dependence), all on one scale; the float model is dashed or hollow. The other inputs stay as they "
        "are, so a value may meet rows that it never meets in the data."
    )
    picture = Markup('<div class="multiples">{}</div>').format(pictures)
    return [Figure(picture, caption, Table("Curves", header, rows), legend=_LEGEND)]


def _multiple(material: Material, curve: Mapping[str, Any], low: float, high: float) -> Markup:
    name = _named(curve)
    label = f"Partial dependence on {name}; file and float model at most {number(curve['apart'])} apart"
    up = Axis(_output(material, curve), low, high)
    if any(isinstance(one, str) for one in curve["at"]):
        return _categories(curve, name, label, up)
    at = [float(one) for one in curve["at"]]
    room = (max(at) - min(at)) * 0.03
    series = {title: [(x, real(y)) for x, y in zip(at, curve[key], strict=True)] for key, title in _MODELS.items()}
    return lines(
        series,
        Axis(name, min(at) - room, max(at) + room, _dates(at) if curve["of"] == "date" else _ticks(curve["of"])),
        up,
        label,
        dashed=[_MODELS["float"]],
        size=(_WIDTH, _HEIGHT),
    )


def _categories(curve: Mapping[str, Any], name: str, label: str, values: Axis) -> Markup:
    """Dots beside the names, hollow for the float model."""
    names = [cut(str(one), 16) for one in curve["at"]]
    plot = Plot(
        Axis(f"{name}: {values.label}", values.low, values.high),
        Axis("", len(names), 0, tuple((place + 0.5, text) for place, text in enumerate(names))),
        label,
        width=_WIDTH,
        height=max(_HEIGHT, 64 + 18 * len(names)),
        left=24 + 7 * max(map(len, names)),
    )
    for kind, (key, title) in zip(SERIES, _MODELS.items(), strict=False):
        for place, value in enumerate(curve[key]):
            told = f"{title}, {curve['at'][place]}: {number(value)}"
            plot.dot(real(value), place + 0.5, kind, told, hollow=key == "float", radius=5 if key == "float" else 3)
    return plot.svg()


def _ticks(of: str) -> tuple[tuple[float, str], ...] | None:
    if of == "hour":
        return tuple((float(hour), str(hour)) for hour in range(0, 24, 4))
    names: Sequence[str] = {"weekday": _WEEKDAYS, "month": _MONTHS}.get(of, ())
    step = 2 if len(names) > 7 else 1
    return tuple((float(place), text) for place, text in enumerate(names) if place % step == 0) or None


def _dates(at: Sequence[float]) -> tuple[tuple[float, str], ...]:
    """Three in the stretch, none so near to its ends that its text would be cut."""
    found = (min(at) + (max(at) - min(at)) * part for part in (1 / 6, 1 / 2, 5 / 6))
    return tuple((one, _date(one)) for one in found)


def _date(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d}"


def _at(curve: Mapping[str, Any], place: int) -> str:
    value = curve["at"][place]
    if curve["of"] == "date":
        return _date(value)
    names = {"weekday": _WEEKDAYS, "month": _MONTHS}.get(curve["of"])
    return names[place] if names else value if isinstance(value, str) else f"{value:.8g}"


def _named(curve: Mapping[str, Any]) -> str:
    return f"{curve['name']}, {curve['of']}" if curve["of"] else str(curve["name"])


def _output(material: Material, curve: Mapping[str, Any]) -> str:
    return f"P({cut(curve['of_class'], _CLASS)})" if curve["of_class"] is not None else material.unit


def _metric_unit(material: Material, found: Mapping[str, Any]) -> str:
    metric = material.task.metrics[found["metric"]]
    return material.unit if metric.in_label_units else metric.title
