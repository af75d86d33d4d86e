"""What a search for better choices has tried, and which trials are worth their bytes."""

from collections.abc import Mapping, Sequence
from typing import Any

from components.shown import formatted, real, shown
from components.tuner.words import judged_by
from pipeline.report.blocks import Figure, Section, Table, Text
from pipeline.report.charts import tradeoff
from pipeline.report.material import Material


def tuning(material: Material) -> Section:
    """Table of the trials and the front of size and error."""
    found = material.tuning
    if not found:
        return Section("tuning", "Tuning", [], "no search was made: `farelite tune`, or `tuner` in the configuration")
    trials = found["trials"]
    made = [one for one in trials if one["status"] == "ok"]
    told = (
        f"{len(trials)} trials in {real(found['seconds']) / 60:.1f} minutes, measured on {judged_by(found)}. Chosen: "
    )
    blocks = [Text(told + f"{_told(found['patch'])}; {found['why']}.")]
    left = [
        (str(one["trial"]), _told(one["changed"]), one["status"], one["reason"]) for one in trials if one not in made
    ]
    front = [_front(material, found, made)] if made else []
    header = ("trial", "changed", "what", "why")
    rest = [Table("Trials without a file", header, left, folded=True)] if left else []
    return Section("tuning", "Tuning", [*blocks, *front, *rest])


def _marks(one: Mapping[str, Any]) -> str:
    said = (("chosen", one["chosen"]), ("on the front", one["pareto"]))
    return ", ".join([*(word for word, held in said if held), *one["obstacles"]])


def _front(material: Material, found: Mapping[str, Any], made: Sequence[Mapping[str, Any]]) -> Figure:
    task = material.task
    metric = task.metrics[found["metric"]]
    marks = [
        (one["bytes"], one["metrics"].get(metric.name), f"trial {one['trial']}", one["chosen"], one["pareto"])
        for one in made
    ]
    picture = tradeoff(
        marks,
        "size (kB)",
        f"{metric.title} on rows held out ({material.unit})",
        f"{len(made)} trials by size and {metric.title}",
    )
    rows = [
        (
            str(one["trial"]),
            *(shown(one["metrics"].get(name)) for name in task.brief),
            formatted(one["bytes"], ","),
            formatted(one["latency_us"]["p95"], "g"),
            _told(one["changed"]),
            _marks(one),
        )
        for one in made
    ]
    header = ("trial", *(task.metrics[name].title for name in task.brief), "bytes", "us (p95)", "changed", "mark")
    caption = (
        "Each trial's file by size and error. Filled ones are on the front: no other is better in both. Orange is the "
        "one that was chosen. No test row was looked at."
    )
    return Figure(picture, caption, Table("Trials, by errors on held-out rows", header, rows), beside=True)


def _told(changed: Mapping[str, Any]) -> str:
    return ", ".join(f"{key.removeprefix('training.')}: {one}" for key, one in changed.items()) or "as configured"
