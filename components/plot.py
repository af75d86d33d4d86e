"""A plot of two axes as static SVG: no script, colours from the page or a style of its own, sharp in print."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from components.shown import number

_TOP, _BOTTOM, _RIGHT = 14, 46, 14
ALONE = """
svg { font: 12px system-ui, sans-serif; --card: #fff; --ink: #1b1f24; --soft: #57606a; --line: #8c959f;
  --s1: #8d99a6; --s2: #c2410c; --s3: #0b6e4f; background: var(--card) }
@media (prefers-color-scheme: dark) {
  svg { --card: #14181d; --ink: #e6e9ec; --soft: #9aa7b4; --line: #6e7681; --s2: #fb923c; --s3: #4ade9f }
}
text { fill: var(--ink) } .axis { fill: var(--soft) } .frame, .rule { fill: none; stroke: var(--soft) }
.grid { fill: none; stroke: var(--line); stroke-opacity: .5 } .line { fill: none; stroke-width: 2 }
.fill.s1 { fill: var(--s1) } .line.s1 { stroke: var(--s1) } .fill.s2 { fill: var(--s2) } .fill.s3 { fill: var(--s3) }
.line.s3 { stroke: var(--s3) }
"""
"""Style of a picture in a file of its own."""


@dataclass(frozen=True)
class Axis:
    """One axis.

    Attributes:
        label: what it shows, with its unit.
        low, high: its ends, in data units; 0 and 1 where one of them is no finite number.
        ticks: places with their texts; None puts round numbers.
    """

    label: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...] | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.high - self.low):
            object.__setattr__(self, "low", 0.0)
            object.__setattr__(self, "high", 1.0)

    def marks(self) -> Sequence[tuple[float, str]]:
        """Places and texts of the ticks."""
        if self.ticks is not None:
            return self.ticks
        return [(one, _exactly(one)) for one in round_steps(self.low, self.high)]


def round_steps(low: float, high: float, about: int = 5) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten within the ends, about so many."""
    if not high > low:
        return [low]
    rough = (high - low) / about
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first = math.ceil(low / step - 1e-9)
    return [count * step for count in range(first, math.floor(high / step + 1e-9) + 1)]


def _exactly(value: float) -> str:
    """All digits of a round number: with four of them 2007.5 would stand beside 2008 as a second 2008."""
    size = abs(value)
    return number(value) if size >= 1e15 else f"{value:,.12g}" if size >= 10_000 else f"{value:.12g}"


def ends(values: Iterable[float], room: float = 0.0) -> tuple[float, float]:
    """The lowest and the highest of the finite numbers, with such a share of room around; 0 and 1 without any."""
    finite = [one for one in values if math.isfinite(one)]
    if not finite:
        return 0.0, 1.0
    low, high = min(finite), max(finite)
    around = (high - low) * room or (0.1 if room else 0.0)
    return low - around, high + around


class Plot:
    """Collects marks and gives the SVG.

    Args:
        x, y: axes.
        label: what the picture shows, for those who cannot see it.
        width, height: in units of the view box; the page scales it.
        left, right: room for the texts of the y axis, at least, and beside the plot.
    """

    def __init__(
        self, x: Axis, y: Axis, label: str, width: int = 440, height: int = 300, left: int = 58, right: int = _RIGHT
    ) -> None:
        self.x, self.y, self._label = x, y, label
        if not y.label and not y.marks():
            left = 12
        if y.ticks is None:
            left = max(left, 32 + 7 * max(len(text) for _, text in y.marks()))
        self.width, self.height, self._left, self._right = width, height, left, width - right
        self._parts: list[str] = []

    def sx(self, value: float) -> float:
        """Place of a value on the x axis, held within the plot."""
        return _within(value, self.x, self._left, self._right)

    def sy(self, value: float) -> float:
        """Likewise on the y axis."""
        return _within(value, self.y, self.height - _BOTTOM, _TOP)

    def line(self, points: Sequence[tuple[float, float]], kind: str, dashed: bool = False) -> None:
        """A line through points; a NaN makes a gap. `kind` is `s1` to `s5`."""
        path, pen = [], "M"
        for x, y in points:
            if math.isfinite(x) and math.isfinite(y):
                path.append(f"{pen}{self.sx(x):.1f} {self.sy(y):.1f}")
                pen = "L"
            else:
                pen = "M"
        extra = ' stroke-dasharray="5 4"' if dashed else ""
        self._parts.append(f'<path class="line {kind}" d="{"".join(path)}"{extra}/>')

    def band(self, points: Sequence[tuple[float, float, float]], kind: str, opacity: float) -> None:
        """The area between two lines: x, low, high."""
        sound = [one for one in points if all(map(math.isfinite, one))]
        upper = [f"{self.sx(x):.1f} {self.sy(high):.1f}" for x, _, high in sound]
        lower = [f"{self.sx(x):.1f} {self.sy(low):.1f}" for x, low, _ in reversed(sound)]
        if sound:
            corners = "L".join([*upper, *lower])
            self._parts.append(f'<path class="fill {kind}" fill-opacity="{opacity:.2f}" d="M{corners}Z"/>')

    def box(
        self, x: tuple[float, float], y: tuple[float, float], kind: str, opacity: float = 1.0, title: str = ""
    ) -> None:
        """A rectangle between two corners, none for a NaN; the title is shown under the pointer."""
        if any(map(math.isnan, (*x, *y))):
            return
        left, right = sorted((self.sx(x[0]), self.sx(x[1])))
        top, bottom = sorted((self.sy(y[0]), self.sy(y[1])))
        told = f"<title>{escape(title)}</title>" if title else ""
        self._parts.append(
            f'<rect class="fill {kind}" x="{left:.1f}" y="{top:.1f}" width="{max(right - left, 0.5):.1f}" '
            f'height="{max(bottom - top, 0.5):.1f}" fill-opacity="{opacity:.3f}">{told}</rect>'
        )

    def dot(
        self,
        x: float,
        y: float,
        kind: str,
        title: str = "",
        hollow: bool = False,
        radius: float = 4,
        faint: bool = False,
    ) -> None:
        """A round mark, none for a NaN; a faint one is seen only where the pointer or the keyboard is."""
        if not (math.isfinite(x) and math.isfinite(y)):
            return
        told = f"<title>{escape(title)}</title>" if title else ""
        style = f"ring {kind}" if hollow else f"fill {kind} faint" if faint else f"fill {kind}"
        self._parts.append(
            f'<circle class="{style}" cx="{self.sx(x):.1f}" cy="{self.sy(y):.1f}" r="{radius:g}">{told}</circle>'
        )

    def level(self, y: float, dashed: bool = True) -> None:
        """A thin line across at a value of y."""
        extra = ' stroke-dasharray="3 3"' if dashed else ""
        self._parts.append(f'<path class="rule" d="M{self._left} {self.sy(y):.1f}H{self._right}"{extra}/>')

    def upright(self, x: float) -> None:
        """A thin line down at a value of x."""
        self._parts.append(
            f'<path class="rule" d="M{self.sx(x):.1f} {_TOP}V{self.height - _BOTTOM}" stroke-dasharray="3 3"/>'
        )

    def word(self, x: float, y: float, text: str) -> None:
        """A text right of a place; at the axis for a NaN."""
        x = self.x.low if math.isnan(x) else x
        self._parts.append(f'<text x="{self.sx(x) + 5:.1f}" y="{self.sy(y) + 4:.1f}">{escape(text)}</text>')

    def beside(self, points: Sequence[tuple[float, float, str]], apart: int = 13) -> None:
        """Texts in a column right of the plot, pushed apart, each with a line to its place."""
        last, left = float(_TOP - apart), self._right + 24
        floor = self.height - _BOTTOM - apart * len(points)
        for count, (x, y, text) in enumerate(sorted(points, key=lambda one: self.sy(one[1])), start=1):
            last = max(last + apart, min(self.sy(y), floor + apart * count))
            self._parts.append(f'<path class="grid" d="M{self.sx(x):.1f} {self.sy(y):.1f}L{left - 4} {last - 4:.1f}"/>')
            self._parts.append(f'<text x="{left}" y="{last:.1f}">{escape(text)}</text>')

    def svg(self, style: str = "") -> Markup:
        """The picture; for a file of its own with a style, such as `ALONE`."""
        own = f"<style>{style}</style>" if style else ""
        space = 'xmlns="http://www.w3.org/2000/svg" ' if style else ""
        return Markup(
            f'<svg {space}role="img" aria-label="{escape(self._label)}" '
            f'viewBox="0 0 {self.width} {self.height}" style="aspect-ratio:{self.width}/{self.height}">'
            f"{own}{self._axes()}{''.join(self._parts)}</svg>"
        )

    def _axes(self) -> str:
        right, floor = self._right, self.height - _BOTTOM
        parts = [f'<path class="frame" d="M{self._left} {_TOP}V{floor}H{right}"/>']
        for value, text in self.x.marks():
            place = self.sx(value)
            parts.append(f'<path class="frame" d="M{place:.1f} {floor}v4"/>')
            parts.append(f'<text x="{place:.1f}" y="{floor + 18}" text-anchor="middle">{escape(text)}</text>')
        for value, text in self.y.marks():
            place = self.sy(value)
            if self.y.ticks is None:
                parts.append(f'<path class="grid" d="M{self._left} {place:.1f}H{right}"/>')
            parts.append(f'<text x="{self._left - 6}" y="{place + 4:.1f}" text-anchor="end">{escape(text)}</text>')
        middle = (self._left + right) / 2
        parts.append(
            f'<text class="axis" x="{middle:.0f}" y="{self.height - 8}" text-anchor="middle">'
            f"{escape(self.x.label)}</text>"
        )
        if self.y.label:
            upright = f'transform="rotate(-90 13 {(_TOP + floor) / 2:.0f})"'
            parts.append(
                f'<text class="axis" x="13" y="{(_TOP + floor) / 2:.0f}" text-anchor="middle" {upright}>'
                f"{escape(self.y.label)}</text>"
            )
        return "".join(parts)


def _within(value: float, axis: Axis, start: float, end: float) -> float:
    share = (value - axis.low) / (axis.high - axis.low) if axis.high != axis.low else 0.5
    return start + min(max(share, 0.0), 1.0) * (end - start)
