"""What compression costs: every variant that the study has made, and which of them are worth their bytes."""

from collections.abc import Mapping, Sequence
from typing import Any

from components.shown import formatted, shown
from pipeline.report.blocks import Block, Figure, Section, Table, Text
from pipeline.report.charts import tradeoff
from pipeline.report.material import Material


def compression(material: Material) -> Section:
    """Table of the variants and the front of size and error."""
    study = material.study
    if not study:
        return Section("compression", "Compression", [], "no variants were compared")
    made = [one for one in study["variants"] if one["status"] == "ok"]
    chosen = study.get("selected") or "none"
    blocks: list[Block] = [
        Text(f"{len(made)} of {len(study['variants'])} variants were made. Chosen: {chosen}, {study['why']}.")
    ]
    if made:
        blocks.append(_front(material, study, made))
    failed = [(one["name"], one["reason"]) for one in study["variants"] if one["status"] != "ok"]
    if failed:
        blocks.append(
            Table("Variants that failed", ("variant", "reason"), failed, dict.fromkeys(range(len(failed)), "bad"))
        )
    return Section("compression", "Compression", blocks)


def _front(material: Material, study: Mapping[str, Any], made: Sequence[Mapping[str, Any]]) -> Figure:
    """The choice was made on `validation`; what is shown here was measured on `test`."""
    task = material.task
    metric = task.metrics[(study.get("select") or {}).get("metric", task.primary.name)]
    marks = [
        (one["gzip_bytes"], one["test"].get(metric.name), one["name"], one["selected"], one["pareto"]) for one in made
    ]
    picture = tradeoff(
        marks,
        "gzipped size (kB)",
        f"{metric.title} on test ({material.unit})",
        f"{len(made)} variants by size and {metric.title}; chosen: {study.get('selected') or 'none'}",
    )
    rows = [
        (
            one["name"],
            *(shown(one["test"].get(name)) for name in task.brief),
            *(formatted(one[name], ",") for name in ("bytes", "gzip_bytes")),
            formatted(one["sparsity"], ".1%"),
            formatted(one["latency_us"]["p50"], "g"),
            ", ".join(word for word, held in (("chosen", one["selected"]), ("on the front", one["pareto"])) if held),
        )
        for one in made
    ]
    titles = (task.metrics[name].title for name in task.brief)
    header = ("variant", *titles, "bytes", "gzipped", "zeros", "us a call", "mark")
    caption = (
        "Each variant by size and error. Filled ones are on the front: no other is better in size, time and error "
        "alike. Orange is the one that was chosen, on the rows of validation."
    )
    return Figure(picture, caption, Table("Variants, measured on test", header, rows), beside=True)
