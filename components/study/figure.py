"""The Pareto front as a picture: error over size, time of a call by the area of the mark."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from components.task import task_of
from components.task.metric import Metric

WIDTH, HEIGHT = 820, 480
LEFT, RIGHT, TOP, BOTTOM = 70, 150, 46, 56
LINE_PX = 13

_STYLE = """
svg { font: 12px system-ui, sans-serif; background: #fff; color: #1b1f24 }
text { fill: currentColor } .axis, .tick { stroke: currentColor; stroke-opacity: .35 } .tick { stroke-dasharray: 2 4 }
.whisker { stroke: currentColor; stroke-opacity: .45 } .front { fill: none; stroke: #0b6e4f; stroke-width: 2 }
circle { fill: #8d99a6; fill-opacity: .75 } circle.on { fill: #0b6e4f } circle.selected { fill: #c2410c }
.title { font-size: 14px; font-weight: 600 } .lead { stroke: currentColor; stroke-opacity: .3 }
@media (prefers-color-scheme: dark) {
  svg { background: #14181d; color: #e6e9ec } circle.on { fill: #4ade9f } .front { stroke: #4ade9f }
  circle.selected { fill: #fb923c }
}
"""


@dataclass(frozen=True)
class Scale:
    """Numbers to pixels, linearly.

    Attributes:
        low, high: numbers at the ends.
        start, end: pixels there.
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The pixel of a number; what lies outside is drawn at the edge."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """About six round numbers within."""
        rough = (self.high - self.low) / 6
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough)
        first = math.ceil(self.low / step - 1e-9)
        return [n * step for n in range(first, int(self.high / step + 1e-9) + 1)]


def pareto_svg(results: Mapping[str, Any]) -> str:
    """The picture of a study.

    Across: gzip bytes. Up: error on the test rows against the float file, with its 95 % interval. The area of a
    mark grows with the median time of a call; the line joins what no other variant beats in size and error.

    Args:
        results: `study.json`.
    """
    made = [one for one in results["variants"] if one["status"] == "ok"]
    measured = task_of(results.get("output") or {}).metrics[results["select"]["metric"]]
    metric = measured.name
    sizes = [one["gzip_bytes"] / 1000 for one in made]
    bounds = [one["difference"][metric][key] * 100 for one in made for key in ("low", "high")]
    across = _scale(sizes, LEFT, WIDTH - RIGHT, zero=True)
    up = _scale(bounds, HEIGHT - BOTTOM, TOP)
    body = [*_axes(across, up, measured, results), *_front(made, measured, across, up)]
    body += [mark for one in made for mark in _mark(one, measured, across, up)]
    body += _labels(made, metric, across, up)
    description = f"{len(made)} variants; chosen: {results['selected'] or 'none'}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="Pareto front of the compression study: {escape(description)}">\n<style>{_STYLE}</style>\n'
        + "\n".join(body)
        + "\n</svg>\n"
    )


def _scale(values: Sequence[float], start: float, end: float, zero: bool = False) -> Scale:
    low, high = min(values), max(values)
    pad = 0.08 * (high - low) or 0.5
    return Scale(0.0 if zero else low - pad, high + pad, start, end)


def _axes(across: Scale, up: Scale, metric: Metric, results: Mapping[str, Any]) -> list[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    title = f"Compression study: {metric.title} on {results['rows']['test']:,} test rows against float"
    found = [f'<text class="title" x="{LEFT}" y="24">{title}</text>']
    for value in across.ticks():
        x = across(value)
        found.append(f'<line class="tick" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{bottom}"/>')
        found.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{value:g}</text>')
    for value in up.ticks():
        y = up(value)
        found.append(f'<line class="tick" x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        found.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:+g} %</text>')
    found.append(f'<path class="axis" fill="none" d="M{LEFT} {TOP}V{bottom}H{right}"/>')
    found.append(
        f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 14}" text-anchor="middle">gzip size of the file, kB</text>'
    )
    found.append(f'<text x="{right}" y="{HEIGHT - 14}" text-anchor="end">area of a mark: time of a call</text>')
    return found


def _front(made: Sequence[Mapping[str, Any]], metric: Metric, across: Scale, up: Scale) -> list[str]:
    """Steps through the variants that none beats in size and error."""
    best, path = math.inf, ""
    loss = {one["name"]: metric.loss(one["test"][metric.name]) for one in made}
    for one in sorted(made, key=lambda one: (one["gzip_bytes"], loss[one["name"]])):
        if loss[one["name"]] < best:
            best = loss[one["name"]]
            x, y = _place(one, metric.name, across, up)
            path += f"H{x:.1f}V{y:.1f}" if path else f"M{x:.1f} {y:.1f}"
    return [f'<path class="front" d="{path}"/>']


def _mark(one: Mapping[str, Any], metric: Metric, across: Scale, up: Scale) -> list[str]:
    x, y = _place(one, metric.name, across, up)
    difference = one["difference"][metric.name]
    low, high = up(difference["low"] * 100), up(difference["high"] * 100)
    kind = "selected" if one["selected"] else "on" if one["pareto"] else "off"
    radius = min(14.0, 2.0 * math.sqrt(max(one["latency_us"]["p50"], 1.0)))
    told = (
        f"{one['name']}: {metric.title} {one['test'][metric.name]:.4g} ({difference['value']:+.2%}), "
        f"{one['gzip_bytes']:,} bytes gzip, {one['latency_us']['p50']:g} us"
    )
    return [
        f'<line class="whisker" x1="{x:.1f}" x2="{x:.1f}" y1="{low:.1f}" y2="{high:.1f}"/>',
        f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"><title>{escape(told)}</title></circle>',
    ]


def _labels(made: Sequence[Mapping[str, Any]], metric: str, across: Scale, up: Scale) -> list[str]:
    """Names in a column at the right, pushed apart so that they do not overlap, each with a line to its mark."""
    found, last = [], float(TOP - LINE_PX)
    places = sorted(((_place(one, metric, across, up), one) for one in made), key=lambda pair: pair[0][1])
    left = WIDTH - RIGHT + 24
    floor = HEIGHT - BOTTOM - LINE_PX * len(places)
    for number, ((x, y), one) in enumerate(places):
        at = max(last + LINE_PX, min(y, floor + LINE_PX * (number + 1)))
        last = at
        found.append(f'<path class="lead" fill="none" d="M{x:.1f} {y:.1f}L{left - 4} {at - 4:.1f}"/>')
        name = f"{one['name']} (chosen)" if one["selected"] else one["name"]
        found.append(f'<text x="{left}" y="{at:.1f}">{escape(name)}</text>')
    return found


def _place(one: Mapping[str, Any], metric: str, across: Scale, up: Scale) -> tuple[float, float]:
    return across(one["gzip_bytes"] / 1000), up(one["difference"][metric]["value"] * 100)
