"""Draws the page: sections in order, one template, one file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import jinja2
from markupsafe import Markup

from data.writing import write_text
from pipeline.lineage.figure import STYLE
from pipeline.paths import RunPaths
from pipeline.report.blocks import Section
from pipeline.report.material import Material, gather
from pipeline.report.sections import (
    compression,
    decisions,
    dimensions,
    influence,
    inputs,
    learning,
    record,
    residuals,
    tuning,
    verdict,
)

_TEMPLATE = Path(__file__).parent / "template"
FINISHED = ("pushed", "unchanged", "refused", "stopped")
_SECTIONS: tuple[Callable[[Material], Section], ...] = (
    verdict.verdict,
    verdict.errors,
    residuals.predictions,
    residuals.residuals,
    decisions.decisions,
    verdict.slices,
    influence.influence,
    inputs.profile,
    inputs.anomalies,
    inputs.rejects,
    dimensions.dimensions,
    tuning.tuning,
    learning.training,
    compression.compression,
    record.timings,
    record.lineage,
    record.history,
    record.card,
)


def sections(material: Material) -> list[Section]:
    """All but those of another kind of label, in order."""
    number = (residuals.predictions, residuals.residuals)
    without = (decisions.decisions,) if material.task.residuals else number
    return [section(material) for section in _SECTIONS if section not in without]


def render(material: Material) -> str:
    """The whole page; every name from outside is escaped by the template."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATE), autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined
    )
    # A file of ours, so it is markup and not text.
    style = Markup((_TEMPLATE / "style.css").read_text() + STYLE)
    return environment.get_template("page.html.j2").render(
        pipeline=material.pipeline,
        run=material.record.id,
        version=material.record.version,
        word=verdict.WORDS.get(material.record.verdict, material.record.verdict),
        good=material.record.verdict in verdict.GOOD,
        sections=sections(material),
        style=style,
        made=material.made.replace("T", " ").replace("+00:00", " UTC"),
    )


def write_report(paths: RunPaths, run_id: str | None = None, output: Path | None = None) -> Path:
    """Makes the page of a run, the newest for None, and puts it in its place in one step.

    Returns:
        Where it lies: `output`, or `report.html` in the pipeline's folder, or `report-unfinished.html` there for a run
        that was interrupted or failed.

    Raises:
        LineageError: there is no such run.
        DataError: the place cannot be written.
        MetadataError: the metadata store cannot be opened.
    """
    material = gather(paths, run_id)
    page = render(material)
    target = output or (paths.report if material.record.verdict in FINISHED else paths.unfinished_report)
    write_text(target, page)
    return target
