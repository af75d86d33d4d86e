"""The kinds of charts that the sections draw, from plain numbers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from components.plot import Axis, Plot, ends
from components.shown import number, real

FloatArray = npt.NDArray[np.float64]
SERIES = ("s1", "s2", "s3", "s4", "s5")
_ROW = 30
_DOTTED, _TOLD = 40, 250
"""Points of a line, at most, that are drawn, and that tell their numbers."""


def cut(name: str, most: int = 29) -> str:
    """A text of so many letters at most: a name that has room beside a picture."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


def bars(
    values: Sequence[tuple[str, Sequence[float], str]], label: str, unit: str, names: Sequence[str] = ()
) -> Markup:
    """Horizontal bars, one group a row.

    Args:
        values: name, one value for each series, and a text at the end of the row.
        label: what is shown.
        unit: of the x axis.
        names: of the series, for the legend; none for a single one.
    """
    most = max(0.0, ends(one for _, group, _ in values for one in group)[1]) or 1.0
    lanes = max(len(group) for _, group, _ in values)
    height = 64 + len(values) * _ROW * max(1.0, 0.62 * lanes)
    plot = Plot(
        Axis(unit, 0, most * 1.22),
        Axis("", len(values), 0, tuple((index + 0.5, cut(name)) for index, (name, _, _) in enumerate(values))),
        label,
        height=round(height),
        left=24 + 7 * max(len(cut(name)) for name, _, _ in values),
    )
    for index, (name, group, text) in enumerate(values):
        for lane, value in enumerate(group):
            top = index + 0.12 + 0.76 * lane / lanes
            title = f"{name}{', ' + names[lane] if names else ''}: {number(value)}"
            plot.box((0, value), (top, top + 0.7 / lanes), SERIES[lane], title=title)
        if text:
            plot.word(max(group), index + 0.5, text)
        else:
            for lane, value in enumerate(group):
                plot.word(value, index + 0.12 + 0.76 * (lane + 0.45) / lanes, number(value))
    return plot.svg()


def lines(
    series: Mapping[str, Sequence[tuple[float, float]]],
    x: Axis,
    y: Axis,
    label: str,
    dashed: Sequence[str] = (),
    uprights: Sequence[float] = (),
    size: tuple[int, int] = (440, 300),
) -> Markup:
    """Lines by name, at most five; the legend stands beside them in the caption's colours."""
    plot = Plot(x, y, label, *size)
    for place in uprights:
        plot.upright(place)
    for kind, (name, points) in zip(SERIES, series.items(), strict=False):
        plot.line(points, kind, dashed=name in dashed)
        for one in points if len(points) <= _TOLD else ():
            plot.dot(*one, kind, f"{name}: {number(one[0])}, {number(one[1])}", faint=len(points) > _DOTTED)
    return plot.svg()


_COLOURS = {"better": "s3", "worse": "s2"}


def changes(values: Sequence[tuple[str, float, str, str]], label: str, axis: str) -> Markup:
    """Bars to both sides of nought, each below its name.

    Args:
        values: name, change in percent, what it is of (for the title), and `better`, `worse` or another word.
        label, axis: what is shown, and along which axis.
    """
    low, high = ends((0.0, *(value for _, value, _, _ in values)), 0.1)
    plot = Plot(Axis(axis, low, high), Axis("", len(values), 0, ()), label, height=64 + 38 * len(values), right=100)
    plot.upright(0.0)
    for index, (name, value, told, word) in enumerate(values):
        plot.word(low, index + 0.25, cut(name, 48))
        plot.box((0.0, value), (index + 0.45, index + 0.85), _COLOURS.get(word, "s5"), title=f"{name}: {told}")
        plot.word(max(value, 0.0), index + 0.65, f"{value:+.1f} %, {word}" if word else f"{value:+.1f} %")
    return plot.svg()


def legend(series: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The colours of `lines` and `bars`, by the names of the series."""
    return tuple(zip(SERIES, series, strict=False))


def density(
    x: FloatArray, y: FloatArray, span: tuple[float, float], label: str, axes: tuple[str, str], cells: int = 44
) -> tuple[Markup, float]:
    """How many rows lie where, as logarithmic shades, and the diagonal of agreement; with the most rows of a cell."""
    counts, edges, _ = np.histogram2d(x, y, bins=cells, range=[span, span])
    plot = Plot(Axis(axes[0], *span), Axis(axes[1], *span), label, height=400)
    most = np.log1p(counts.max()) or 1.0
    for column, row in np.argwhere(counts > 0):
        count = counts[column, row]
        plot.box(
            (edges[column], edges[column + 1]),
            (edges[row], edges[row + 1]),
            "s1",
            0.15 + 0.85 * float(np.log1p(count) / most),
            f"{count:,.0f} {'row' if count == 1 else 'rows'}: {axes[0]} {number(edges[column])} to "
            f"{number(edges[column + 1])}, {axes[1]} {number(edges[row])} to {number(edges[row + 1])}",
        )
    plot.line([(end, end) for end in span], "s2", dashed=True)
    return plot.svg(), float(counts.max())


def spread(bins: Sequence[tuple[float, Sequence[float]]], x: Axis, y_label: str, label: str) -> Markup:
    """Median and middle parts along x; a bin has its place and the 10th, 25th, 50th, 75th and 90th percentile."""
    plot = Plot(x, Axis(y_label, *ends((one for _, quantiles in bins for one in quantiles), 0.08)), label)
    plot.level(0, dashed=False)
    plot.band([(place, q[0], q[4]) for place, q in bins], "s1", 0.15)
    plot.band([(place, q[1], q[3]) for place, q in bins], "s1", 0.3)
    plot.line([(place, q[2]) for place, q in bins], "s1")
    for place, q in bins:
        plot.dot(
            place, q[2], "s1", f"{number(place)}: median {number(q[2])}, middle half {number(q[1])} to {number(q[3])}"
        )
    return plot.svg()


def shades(
    values: FloatArray, rows: Sequence[str], columns: Sequence[str], label: str, axes: tuple[str, str], most: float
) -> Markup:
    """A table of numbers as colours: one hue below zero, another above, full at `most`.

    Args:
        values: float64 `[rows, columns]`; NaN stays empty.
        rows, columns: their names.
        label: what is shown.
        axes: labels of columns and of rows.
        most: size that gets the full colour.
    """
    height = 64 + 22 * len(rows)
    plot = Plot(
        Axis(axes[0], 0, len(columns), tuple((index + 0.5, name) for index, name in enumerate(columns))),
        Axis(axes[1], len(rows), 0, tuple((index + 0.5, name) for index, name in enumerate(rows))),
        label,
        width=max(440, 190 + 30 * len(columns)),
        height=height,
        left=min(200, 34 + 7 * max(map(len, rows))),
    )
    for row, column in np.argwhere(np.isfinite(values)):
        value = values[row, column]
        title = f"{rows[row]}, {columns[column]}: {number(value)}"
        kind = "s1 cell" if value < 0 else "s2 cell"
        plot.box((column, column + 1), (row, row + 1), kind, min(1.0, abs(value) / (most or 1.0)), title)
    return plot.svg()


def scatter(marks: Sequence[tuple[float, float, str, str, bool]], x: Axis, y: Axis, label: str) -> Markup:
    """Named dots: x, y, name, kind, and whether it is hollow."""
    plot = Plot(x, y, label)
    for across, up, name, kind, hollow in marks:
        plot.dot(across, up, kind, f"{name}: {number(across)}, {number(up)}", hollow)
    return plot.svg()


def tradeoff(marks: Sequence[tuple[Any, Any, str, bool, bool]], size: str, error: str, label: str) -> Markup:
    """Files by size and error: bytes, error, name, whether it is the chosen one, and whether it is on the front."""
    sizes, errors = [real(one[0]) / 1000 for one in marks], [real(one[1]) for one in marks]
    dots = [
        (across, up, name, "s2" if chosen else "s1", not front)
        for across, up, (_, _, name, chosen, front) in zip(sizes, errors, marks, strict=True)
    ]
    return scatter(dots, Axis(size, 0, ends(sizes)[1] * 1.1), Axis(error, *ends(errors, 0.15)), label)


def ramp(low: str, high: str, both_ways: bool = False, hue: str = "s1") -> Markup:
    """What shades stand for: one hue from pale to full, or two with nothing between them."""
    steps = 20
    parts = []
    for index in range(steps):
        share = (index + 1) / steps
        kind, opacity = (hue, 0.15 + 0.85 * share)
        if both_ways:
            kind, opacity = ("s1" if share <= 0.5 else "s2", abs(2 * (index + 0.5) / steps - 1))
        parts.append(f'<rect class="fill {kind}" x="{index * 6}" width="6" height="10" fill-opacity="{opacity:.2f}"/>')
    bar = Markup(f'<svg aria-hidden="true" viewBox="0 0 {steps * 6} 10">{"".join(parts)}</svg>')
    return Markup("{}{}{}").format(low, bar, high)


def sketch(counts: Sequence[float], label: str) -> Markup:
    """A small histogram for a cell of a table."""
    counts = [max(one, 0.0) if np.isfinite(one) else 0.0 for one in counts if one is not None]
    most = max(counts, default=0) or 1
    step = 120 / max(len(counts), 1)
    parts = [
        f'<rect class="fill s1" x="{index * step:.1f}" y="{28 - 27 * count / most:.1f}" '
        f'width="{max(step - 1, 0.8):.1f}" height="{27 * count / most:.1f}"/>'
        for index, count in enumerate(counts)
    ]
    told = Markup.escape(label)
    return Markup(f'<svg role="img" aria-label="{told}" class="sketch" viewBox="0 0 120 28">{"".join(parts)}</svg>')
