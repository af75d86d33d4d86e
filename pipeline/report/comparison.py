"""The page on two runs or versions side by side, of the same tables as `farelite compare` prints."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
from markupsafe import Markup

from components.plot import Axis, ends
from components.shown import number, real
from components.task import title_of
from data.writing import write_text
from pipeline.lineage.comparison import Comparison
from pipeline.lineage.comparison_tables import OTHER_ROWS, Compared, tables
from pipeline.report import blocks
from pipeline.report.blocks import Block, Cell, Page, Section, Text, draw
from pipeline.report.charts import bars, changes, legend, lines
from pipeline.report.sections.verdict import GOOD, WORDS

_MOST_MOVED = 14


def write_comparison(found: Comparison, pipeline: str, path: Path) -> Path:
    """Makes the page and puts it in its place in one step."""
    write_text(path, render(found, pipeline), "--html")
    return path


def render(found: Comparison, pipeline: str) -> str:
    """The whole page."""
    names = " and ".join(found.names)
    made = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
    words = [
        (f"{one['name']}: {WORDS.get(one['verdict'], one['verdict'])}", one["verdict"] in GOOD)
        for one in (found.before, found.after)
    ]
    title = f"{pipeline}: {names}"
    return draw(Page(title, pipeline, names, words, list(sections(found)), f"Made {made} by farelite.", "comparison"))


def sections(found: Comparison) -> Iterator[Section]:
    """In order; one without rows says why."""
    made = tables(found)
    told: list[Block] = [] if found.same_rows else [Text(OTHER_ROWS)]
    yield Section("two", "The two", [*told, _table(made["two"])])
    yield Section("measured", "Measured", list(_measured(found, made)), "no file was measured on either side")
    same = Text("All settings are the same.")
    yield Section("settings", "Settings", [_table(made["settings"])] if "settings" in made else [same])
    yield Section("features", "Features", _features(found, made), "the features of a side are not known")
    rows = [_table(made["data"])] if "data" in made else []
    yield Section("data", "Data", rows, "no counts of rows are known")
    yield Section("training", "Training", list(_training(found)), "the losses of a side are not known")
    yield Section("slices", "Slices", list(_slices(found, made)), "no slices were judged on either side")


def _table(one: Compared, folded: bool = False) -> blocks.Table:
    """The verdict in words, and in the colour of good and bad."""

    def cell(row: int, column: int, text: str) -> Cell:
        if column != one.verdict or row not in one.verdicts:
            return text
        return Markup('<span class="{}">{}</span>').format("good" if text == "better" else "bad", text)

    rows = [[cell(row, *place) for place in enumerate(cells)] for row, cells in enumerate(one.rows)]
    return blocks.Table(one.caption, one.header, rows, folded=folded)


def _measured(found: Comparison, made: Mapping[str, Compared]) -> Iterator[Block]:
    if "figures" not in made:
        return
    errors = [one for one in found.figures if one.name.startswith(("file ", "float ")) and one.better != "ideal"]
    caption = (
        "Errors side by side. A difference in time of a few percent, of one run each, may be chance: "
        "`make bench-compare` measures in pairs."
    )
    shown = [one for one in errors if one.unit] or errors
    if not shown:
        yield _table(made["figures"])
        return
    told = "; ".join(f"{one.title}: {' and '.join(one.texts)}" for one in shown)
    values = [(one.title, (real(one.before), real(one.after)), "") for one in shown]
    picture = bars(values, f"Errors of both: {told}", shown[0].unit, found.names)
    yield blocks.Figure(picture, caption, _table(made["figures"]), beside=True, legend=legend(found.names))


def _features(found: Comparison, made: Mapping[str, Compared]) -> list[Block]:
    if not found.features:
        return []
    both = found.features["both"]
    shared = Text(f"{len(both)} features are in both: {', '.join(both)}." if both else "They share no feature.")
    return [_table(made["features"]), shared] if "features" in made else [shared]


def _training(found: Comparison) -> Iterator[Block]:
    """One picture for each phase, both in it: phases of unequal length would drift apart in a row."""
    if len(found.losses) < 2:
        return
    if any(one.what.startswith(("training.loss", "data.label", "training.label")) for one in found.settings):
        yield Text("Their losses are computed in different ways, so the heights of the curves say nothing.")
    for phase in dict.fromkeys([*found.losses["before"], *found.losses["after"]]):
        curves = [found.losses[side].get(phase, []) for side in ("before", "after")]
        yield _curves(found, phase, [[real(one) for one in curve] for curve in curves])


def _curves(found: Comparison, phase: str, curves: Sequence[Sequence[float]]) -> blocks.Figure:
    finite = [one for curve in curves for one in curve if math.isfinite(one)]
    low, high = ends(finite)
    # The first epochs of a steep curve would flatten the rest.
    high = float(np.quantile(finite, 0.97)) + (high - low) * 0.05 if finite else high
    # Two sides of one name, or a hostile one, are two lines all the same.
    series = {f"{place}{name}": curve for place, name, curve in zip("12", found.names, curves, strict=True)}
    told = "; ".join(
        f"{name} ends at {number(curve[-1])} after {len(curve)} epochs" if curve else f"{name} has none"
        for name, curve in zip(found.names, curves, strict=True)
    )
    picture = lines(
        {name: list(enumerate(curve, start=1)) for name, curve in series.items()},
        Axis("epoch", 0, max(map(len, curves)) + 1),
        Axis("loss", low - (high - low) * 0.05, high),
        f"Losses of the phase {phase}: {told}",
    )
    header = ("epoch", *found.names)
    rows = [
        (str(epoch + 1), *(number(curve[epoch]) if epoch < len(curve) else "" for curve in curves))
        for epoch in range(max(map(len, curves)))
    ]
    table = blocks.Table(f"Losses of the phase {phase}", header, rows)
    return blocks.Figure(picture, f"Loss on validation rows, phase {phase}: {told}.", table, legend=legend(found.names))


def _slices(found: Comparison, made: Mapping[str, Compared]) -> Iterator[Block]:
    if "slices" in made:
        yield _moved(found, _table(made["slices"]))
    if "small" in made:
        yield _table(made["small"], folded=True)


def _moved(found: Comparison, table: blocks.Table) -> Block:
    """The table, beside a picture of those that moved most where some are on both sides."""
    shown = [one for one in found.slices if not one.small and one.change is not None][:_MOST_MOVED]
    if not shown:
        return table
    values = [
        (one.name, 100 * (one.change or 0.0), f"{one.texts[0]} to {one.texts[1]}, {one.verdict}", one.verdict)
        for one in shown
    ]
    title = title_of(found.slice_metric)
    told = "; ".join(f"{name}: {what}" for name, _, what, _ in values[:5])
    picture = changes(values, f"The slices that moved most: {told}", f"change of {title} (%)")
    caption = (
        f"Change of {title} from {found.names[0]} to {found.names[1]} in the {len(shown)} slices that moved most, of "
        "those that are large enough to judge: green got better, orange worse."
    )
    return blocks.Figure(picture, caption, table, beside=True)
