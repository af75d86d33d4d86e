"""First of all: pushed or refused and why, how good against what, and in which slices."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from components.shown import formatted, number, real, scale_of, shown
from components.task.metric import Metric
from components.task.words import baselines_of, boosted_in_words
from pipeline.report.blocks import Block, Facts, Figure, Points, Section, Table, Text
from pipeline.report.charts import bars, legend
from pipeline.report.material import Material

WORDS = {
    "pushed": "Pushed: this model is published.",
    "unchanged": "Unchanged: the live model has the same bytes, so nothing was published.",
    "refused": "Refused: nothing was published.",
    "stopped": "Stopped by the data gate: nothing was trained.",
    "failed": "Failed: a step broke off with an error.",
    "interrupted": "Interrupted: somebody ended the run.",
    "crashed": "Crashed: the run never told its end.",
    "running": "Under way: this page shows what is there so far.",
}
GOOD = ("pushed", "unchanged", "running")
_NAMES = {
    "file": "model.tflite",
    "float": "float model",
    "candidate": "candidate (SavedModel)",
    "champion": "live model then",
}


def verdict(material: Material) -> Section:
    """Verdict, reasons, and the figures of the file."""
    record = material.record
    blocks: list[Block] = []
    if record.reasons:
        blocks.append(Points(record.reasons, "bad"))
    if warnings := material.figures.get("warnings"):
        blocks.append(Points(warnings))
    if gate := material.figures.get("gate"):
        blocks.append(Text(f"The file was held against: {gate['rule']}."))
    if record.verdict in ("crashed", "failed", "interrupted", "stopped"):
        where = f"It was in the step {record.last_step}." if record.last_step else "It had not begun a step."
        blocks.append(Text(f"{where} What came before is shown below; what would have followed is not there."))
    blocks.append(Facts([*_run_facts(material), *_file_facts(material.figures)]))
    return Section("verdict", "Verdict", blocks)


def _run_facts(material: Material) -> list[tuple[str, str]]:
    record, answer = material.record, material.answer
    took = "not known" if record.seconds is None else f"{record.seconds:.0f} s"
    facts = [
        ("version", record.version or "none"),
        ("live version now", material.live or "none"),
        ("run", record.id),
        ("began", record.started[:19].replace("T", " ") + " UTC"),
        ("took", took),
        ("code", record.code_revision),
        ("settings", record.config_hash),
        ("data", record.fingerprint),
    ]
    return facts + ([("sha256 of the file", answer.sha256)] if answer.sha256 else [])


def _file_facts(figures: Mapping[str, Any]) -> list[tuple[str, str]]:
    facts = []
    if "bytes" in figures:
        gzipped = f", {figures['gzip_bytes']:,} gzipped" if "gzip_bytes" in figures else ""
        facts.append(("size", f"{figures['bytes']:,} bytes{gzipped}"))
    if "sparsity" in figures:
        sparsity = figures["sparsity"]
        facts.append(
            ("zeros", f"{formatted(sparsity['dense_kernels'], '.1%')} of {sparsity['weights']:,} dense weights")
        )
    if "latency_us" in figures:
        latency = figures["latency_us"]
        facts.append(("one call", f"{number(latency['p50'])} us (95th percentile {number(latency['p95'])} us)"))
    if "difference_to_saved_model" in figures:
        difference = figures["difference_to_saved_model"]
        facts.append(("largest difference to the SavedModel", number(difference["max"])))
    return facts


def errors(material: Material) -> Section:
    """The file beside the float model, the baselines and the live model, on the same rows."""
    measured = _measured(material)
    if not measured:
        return Section("errors", "Errors", [], "no model was measured")
    rows = (material.figures.get("metrics") or material.evaluation.get("candidate") or {}).get("rows")
    task = material.task
    figures = material.figures
    names = {**_NAMES, **(baselines_of(task, figures) if figures.get("metrics") else {})}
    primary, metrics = task.primary, {name: task.metrics[name] for name in task.shown}
    scale = scale_of(real(one.get(primary.name)) for one in measured.values())
    table = Table(
        f"Errors on {formatted(rows, ',') or 'the'} test rows{material.in_unit}",
        ("model", *(one.title for one in metrics.values())),
        [(names[name], *(shown(one.get(key), scale) for key in metrics)) for name, one in measured.items()],
    )
    titles = [metrics[name].title for name in task.brief]
    told = (f"{names[name]} {primary.title} {shown(one.get(primary.name), scale)}" for name, one in measured.items())
    picture = bars(
        [(names[name], tuple(real(one.get(key)) for key in task.brief), "") for name, one in measured.items()],
        f"Errors of {len(measured)} models: {'; '.join(told)}",
        material.unit,
        titles,
    )
    caption = f"{_wished([metrics[name] for name in task.brief])} No training step has seen these rows. {task.caution}"
    caption = f"{caption} {boosted_in_words(figures)}".strip()
    figure = Figure(picture, caption, table, beside=True, legend=legend(titles))
    return Section("errors", "Errors", [figure])


def _wished(metrics: Sequence[Metric]) -> str:
    """One sentence for each direction."""
    told = []
    for better, word in (("lower", "shorter"), ("higher", "longer")):
        titles = [one.title for one in metrics if one.better == better]
        told += [f"{' and '.join(titles)}: {word} is better."] if titles else []
    return " ".join(told)


def _measured(material: Material) -> dict[str, dict[str, float]]:
    metrics = material.figures.get("metrics")
    if metrics:
        found = {"file": metrics["file"], "float": metrics["float"], **metrics["baselines"]}
    else:
        candidate = material.evaluation.get("candidate")
        found = {"candidate": material.task.completed(candidate)} if candidate else {}
    # On the same rows as the file, where the file was judged beside it.
    champion = (material.figures.get("gate") or material.evaluation).get("champion")
    return found | ({"champion": material.task.completed(champion)} if champion else {})


def slices(material: Material) -> Section:
    """Every slice that was judged; small ones were not, and fold out."""
    told = material.slices
    if not told or not told.get("slices"):
        return Section("slices", "Slices", [], "no slices were judged")
    small = [one for one in told["slices"] if one["small"]]
    judged = [one for one in told["slices"] if not one["small"]]
    note = (
        f"Held against {told.get('rule', 'the limits')}. Slices with fewer than {told['min_slice_rows']:,} rows are "
        "small and never judged."
    )
    blocks: list[Block] = [Text(note)]
    if judged:
        blocks.append(_sliced(material, judged, f"Errors by slice{material.in_unit}"))
    if small:
        caption = f"Errors of {len(small)} slices with too few rows to judge{material.in_unit}"
        blocks.append(replace(_sliced(material, small, caption), folded=True))
    return Section("slices", "Slices", blocks)


def _sliced(material: Material, slices: Sequence[Mapping[str, Any]], caption: str) -> Table:
    task, primary = material.task, material.task.primary
    scale = scale_of(one["candidate"][primary.name] or 0.0 for one in slices)
    live = any(one["champion"] for one in slices)
    rows = [
        (
            one["name"],
            f"{one['rows']:,}",
            *(shown(one["candidate"].get(key), scale) for key in task.shown),
            *([shown((one["champion"] or {}).get(primary.name), scale)] if live else []),
            "too few rows" if one["small"] else one["verdict"],
        )
        for one in slices
    ]
    header = ("slice", "rows", *(task.metrics[name].title for name in task.shown))
    header += (f"{primary.title} of the live model",) if live else ()
    marks = {index: "bad" for index, one in enumerate(slices) if not one["small"] and one["verdict"] == "refused"}
    return Table(caption, (*header, "verdict"), rows, marks)
