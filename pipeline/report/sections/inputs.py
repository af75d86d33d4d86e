"""What went in: profile of the data, anomalies, and the rows that were rejected."""

from components.shown import clock, formatted
from pipeline.report.blocks import Block, Cell, Figure, Points, Section, Table, Text
from pipeline.report.charts import bars, cut, sketch
from pipeline.report.material import Material
from pipeline.report.profile import SplitColumn
from pipeline.report.rows import time_of


def profile(material: Material) -> Section:
    """Rows by split, and each column of the training rows."""
    if not material.profile:
        return Section("data", "Data", [], "no statistics were made")
    split = "train" if "train" in material.profile else next(iter(material.profile))
    blocks: list[Block] = []
    if material.summary:
        shares = ", ".join(f"{name} {count:,}" for name, count in material.summary["splits"].items())
        blocks.append(Text(f"{material.summary['accepted']:,} rows accepted: {shares}."))
    header = ("column", "shape", "rows", "missing", "lowest", "median", "highest", "mean", "standard deviation")
    time = time_of(material.answer.config)
    label = ((material.answer.config.get("data") or {}).get("label") or {}).get("column")
    classes = len(material.task.classes)
    rows = [_column(one, one.name == time, classes if one.name == label else 0) for one in material.profile[split]]
    return Section("data", "Data", [*blocks, Table(f"Columns of the rows in {split}", header, rows)])


def _column(one: SplitColumn, is_time: bool, classes: int) -> tuple[Cell, ...]:
    """A time, which is kept as seconds of the wall clock, shows its days; the numbers of classes have no mean."""
    share = one.missing / (one.rows + one.missing) if one.rows + one.missing else 0.0
    missing = f"{share:.1%}" if one.missing else "none"
    if one.distinct is not None:
        told = ", ".join(f"{text} ({formatted(count, ',.0f')})" for text, count in one.top[:3])
        shape = sketch([count for _, count in one.top[:20]], f"counts of the most frequent values of {one.name}")
        return (one.name, shape, f"{one.rows:,}", missing, f"{one.distinct:,} distinct", told, "", "", "")
    values = [_number(v) for v in (one.low, one.median, one.high, one.mean, one.deviation)]
    if is_time:
        values = [clock(v, "%Y-%m-%d %H:%M") for v in (one.low, one.median, one.high, one.mean)]
        values.append(f"{formatted((one.deviation or 0.0) / 86_400, ',.1f')} days")
    if classes > 2:
        values = [f"{classes:,} classes", "", "", "", ""]
    shape = sketch(one.histogram, f"histogram of {one.name}")
    return (one.name, shape, f"{one.rows:,}", missing, *values)


def _number(value: float | None) -> str:
    return formatted(value, ",.0f" if 1e5 <= abs(value or 0) < 1e15 else ".6g")


def anomalies(material: Material) -> Section:
    """What does not fit the schema, first what stopped the run; skew and drift are named as such."""
    found = material.anomalies
    if found is None and not material.warnings:
        return Section("anomalies", "Anomalies", [], "the data were not validated")
    odd: list[Block] = (
        [Points([f"Let pass with a warning: {one}" for one in material.warnings])] if material.warnings else []
    )
    if not found:
        fits: list[Block] = [Points(["Every split fits the schema."], "good")] if found is not None else []
        return Section("anomalies", "Anomalies", [*fits, *odd])
    # Only the gate knows which of TFDV's errors it let pass; its reasons begin so.
    stops = [any(f"{one.split}: {one.column}: {one.short}" in why for why in material.record.reasons) for one in found]
    ordered = sorted(zip(stops, found, strict=True), key=lambda pair: not pair[0])
    rows = [
        (one.column, one.split, one.kind, "stopped the run" if stop else "let pass", one.short, one.long)
        for stop, one in ordered
    ]
    marks = dict.fromkeys(range(sum(stops)), "bad")
    header = ("column", "split", "kind", "the gate", "what", "expected and seen")
    return Section("anomalies", "Anomalies", [Table("What does not fit the schema", header, rows, marks), *odd])


def rejects(material: Material) -> Section:
    """How many rows were rejected, why, and the first of them."""
    summary = material.summary
    if not summary:
        return Section("rejects", "Rejects", [], "no rows were read")
    read, rejected = summary["read"], summary["rejected"]
    share = rejected / read if read else 0.0
    text = f"{read:,} rows read = {summary['accepted']:,} accepted + {rejected:,} rejected ({share:.1%})."
    if not rejected:
        return Section("rejects", "Rejects", [Text(text)])
    reasons = list(summary["reasons"].items())[:12]
    table = Table("Rejected rows by reason", ("reason", "rows"), [(name, f"{count:,}") for name, count in reasons])
    picture = bars(
        [(name, (count,), f"{count:,}") for name, count in reasons],
        f"Rejected rows by reason: {'; '.join(f'{name} {count:,}' for name, count in reasons)}",
        "rows",
    )
    first = Table(
        "The first rejected row of each reason",
        ("file", "line", "reason", "values"),
        [_short(one) for one in material.rejects],
    )
    return Section(
        "rejects",
        "Rejects",
        [Text(text), Figure(picture, "Rejected rows by reason.", table, beside=True), *([first] if first.rows else [])],
    )


def _short(row: list[str]) -> tuple[str, ...]:
    file, *rest = row
    return (file.rsplit("/", 1)[-1], *(cut(one, 160) for one in rest))
