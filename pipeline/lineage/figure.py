"""The answer as a picture: one box a step, rows from the source files down to the file. SVG without script.

A line is left out where a longer way says the same: the pusher reads the examples too, but it comes after them anyway.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from pipeline.lineage.records import Answer, Step

_WIDTH, _HEIGHT, _GAP_X, _GAP_Y, _MARGIN, _BEND = 190, 52, 26, 46, 14, 10
_Edge = tuple[str, str]
_SWEEPS = 6

STYLE = """
.lineage text { font: 12px system-ui, sans-serif; fill: var(--ink, #1b1f24); }
.lineage .small { font-size: 11px; fill: var(--soft, #57606a); }
.lineage rect { fill: var(--card, #ffffff); stroke: var(--line, #8c959f); }
.lineage .end rect { stroke: var(--accent, #0a58ca); stroke-width: 2; }
.lineage path { fill: none; stroke: var(--line, #8c959f); }
"""
_ALONE = """
@media (prefers-color-scheme: dark) {
  svg { --ink: #e6edf3; --soft: #9aa7b4; --card: #161b22; --line: #6e7681; --accent: #6cb6ff; background: #0d1117; }
}
"""


@dataclass(frozen=True)
class _Box:
    key: str
    title: str
    note: str
    end: bool = False


def lineage_svg(answer: Answer, alone: bool = True) -> str:
    """The picture, with colours of its own where it is a file of its own, else with the page's."""
    boxes, all_edges = _graph(answer)
    edges = _reduced(all_edges)
    rows, links = _with_bends(_ranked(boxes, edges), edges)
    places, width = _placed(_ordered(rows, links), boxes)
    height = len(rows) * (_HEIGHT + _GAP_Y) - _GAP_Y + 2 * _MARGIN
    drawn = [_edge(places[start], places[end], start in boxes) for start, end in links]
    drawn += [_box(box, *places[key]) for key, box in boxes.items()]
    label = escape(f"Lineage of {answer.pipeline} {answer.version}: {_told(boxes, all_edges)}")
    style = f"<style>{STYLE}{_ALONE}</style>" if alone else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="lineage" role="img" aria-label="{label}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}">'
        f"{style}{''.join(drawn)}</svg>"
    )


def _told(boxes: dict[str, _Box], edges: Iterable[_Edge]) -> str:
    return "; ".join(f"{boxes[start].title} to {boxes[end].title}" for start, end in edges)


def _graph(answer: Answer) -> tuple[dict[str, _Box], list[_Edge]]:
    boxes = {}
    edges = []
    for step in answer.chain.steps.values():
        boxes[f"step {step.id}"] = _Box(f"step {step.id}", step.name, _note(answer, step))
        edges += [(f"step {maker}", f"step {step.id}") for maker in answer.chain.before(step)]
        if step.name == "TripExampleGen" and answer.files:
            names = f"{len(answer.files):,} file{'s' if len(answer.files) > 1 else ''}"
            boxes["source"] = _Box("source", "source", f"{names}, {answer.fingerprint}", True)
            edges.append(("source", f"step {step.id}"))
        if step.name == "TFLitePusher":
            boxes["file"] = _Box("file", f"model.tflite {answer.version}", f"sha256 {answer.sha256[:12]}", True)
            edges.append((f"step {step.id}", "file"))
    return boxes, edges


def _note(answer: Answer, step: Step) -> str:
    if answer.asked == "manifest":
        return step.started[:16].replace("T", " ")
    cached = ", from the cache" if step.run != answer.run else ""
    return f"#{step.id}, {step.seconds:.1f} s{cached}"


def _reduced(edges: list[_Edge]) -> list[_Edge]:
    """Without the edges that a longer way implies (transitive reduction)."""
    after: dict[str, set[str]] = {}
    for start, end in edges:
        after.setdefault(start, set()).add(end)

    def reachable(start: str) -> set[str]:
        found: set[str] = set()
        waiting = list(after.get(start, ()))
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += after.get(one, ())
        return found

    implied = {(start, far) for start, near in after.items() for one in near for far in reachable(one)}
    return [edge for edge in edges if edge not in implied]


def _ranked(boxes: dict[str, _Box], edges: list[_Edge]) -> dict[str, int]:
    """Row by box: below all it comes after; what comes after nothing stands right above the first that needs it."""
    rank = dict.fromkeys(boxes, 0)
    for _ in boxes:
        for start, end in edges:
            rank[end] = max(rank[end], rank[start] + 1)
    for box in boxes:
        needed = [rank[end] for start, end in edges if start == box]
        if needed and box not in {end for _, end in edges}:
            rank[box] = min(needed) - 1
    return rank


def _with_bends(rank: dict[str, int], edges: list[_Edge]) -> tuple[list[list[str]], list[_Edge]]:
    """Rows of boxes, and in every row that a line crosses a bend of its own, so that it goes around the boxes."""
    rows: list[list[str]] = [[] for _ in range(max(rank.values(), default=0) + 1)]
    for key, row in rank.items():
        rows[row].append(key)
    links = []
    for start, end in edges:
        before = start
        for row in range(rank[start] + 1, rank[end]):
            bend = f"bend {start} {end} {row}"
            rows[row].append(bend)
            links.append((before, bend))
            before = bend
        links.append((before, end))
    return rows, links


def _ordered(rows: list[list[str]], edges: list[_Edge]) -> list[list[str]]:
    """Each row by the mean place of its neighbours (barycentre heuristic, Sugiyama et al., 1981): fewer crossings."""
    for sweep in range(_SWEEPS):
        place = {key: column - len(row) / 2 for row in rows for column, key in enumerate(row)}
        near: dict[str, list[float]] = {}
        for start, end in edges:
            low, high = (end, start) if sweep % 2 == 0 else (start, end)
            near.setdefault(low, []).append(place[high])
        rows = [
            sorted(row, key=lambda key: sum(near[key]) / len(near[key]) if key in near else place[key]) for row in rows
        ]
    return rows


def _placed(rows: list[list[str]], boxes: dict[str, _Box]) -> tuple[dict[str, tuple[float, float]], float]:
    """Middle of the upper side of each box and bend, and the width of the picture; every row is centred."""
    sizes = [[_WIDTH if key in boxes else _BEND for key in row] for row in rows]
    widths = [sum(row) + _GAP_X * (len(row) - 1) for row in sizes]
    width = max(widths) + 2 * _MARGIN
    places = {}
    for line, row in enumerate(rows):
        left = (width - widths[line]) / 2
        for key, size in zip(row, sizes[line], strict=True):
            places[key] = (left + size / 2, float(_MARGIN + line * (_HEIGHT + _GAP_Y)))
            left += size + _GAP_X
    return places, width


def _edge(start: tuple[float, float], end: tuple[float, float], from_box: bool) -> str:
    """A curve between two rows; a bend is passed straight down, along the height of the boxes beside it."""
    (x1, y1), (x2, y2) = start, end
    straight = "" if from_box else f"M{x1:.0f} {y1:.0f}V{y1 + _HEIGHT:.0f}"
    y1 += _HEIGHT
    middle = (y1 + y2) / 2
    return f'<path d="{straight}M{x1:.0f} {y1:.0f}C{x1:.0f} {middle:.0f} {x2:.0f} {middle:.0f} {x2:.0f} {y2:.0f}"/>'


def _box(box: _Box, x: float, y: float) -> str:
    middle, x = x, x - _WIDTH / 2
    kind = ' class="end"' if box.end else ""
    return (
        f'<g{kind}><rect x="{x:.0f}" y="{y:.0f}" width="{_WIDTH}" height="{_HEIGHT}" rx="6"/>'
        f'<text x="{middle:.0f}" y="{y + 22:.0f}" text-anchor="middle" font-weight="600">{escape(box.title)}</text>'
        f'<text class="small" x="{middle:.0f}" y="{y + 40:.0f}" text-anchor="middle">{escape(box.note)}</text></g>'
    )
