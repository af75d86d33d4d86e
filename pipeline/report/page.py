"""Draws the page: sections in order, one template, one file."""

from collections.abc import Callable
from pathlib import Path

from data.writing import write_text
from pipeline.paths import RunPaths
from pipeline.report.blocks import Page, Section, draw
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
    """The whole page."""
    record, made = material.record, material.made.replace("T", " ").replace("+00:00", " UTC")
    word = verdict.WORDS.get(record.verdict, record.verdict)
    return draw(
        Page(
            title=f"{material.pipeline} {record.id}: {word}",
            heading=material.pipeline,
            version=record.version,
            verdicts=[(word, record.verdict in verdict.GOOD)],
            sections=sections(material),
            foot=f"Made {made} by farelite from run {record.id}.",
        )
    )


def write_report(paths: RunPaths, run_id: str | None = None, output: Path | None = None) -> Path:
    """Makes the page of a run, the newest for None, and puts it in its place in one step.

    Returns:
        Where it lies: `output`, or `report.html` in the pipeline's folder, or `report-unfinished.html` there for a run
        that was interrupted or failed.
    """
    material = gather(paths, run_id)
    page = render(material)
    target = output or (paths.report if material.record.verdict in FINISHED else paths.unfinished_report)
    write_text(target, page)
    return target
