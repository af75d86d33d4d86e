"""The record: timings, lineage, history, and the model card."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from components.plot import Axis, ends
from components.shown import clock, number, real, shown
from pipeline.lineage.differences import flat
from pipeline.lineage.figure import lineage_svg
from pipeline.report.blocks import Block, Facts, Figure, Points, Section, Table, Text
from pipeline.report.charts import bars, legend, lines
from pipeline.report.material import Material
from pipeline.report.rows import time_of

_STATES = {"ran": "", "cached": " (from the cache)"}


def timings(material: Material) -> Section:
    """How long each step took."""
    nodes = sorted(material.nodes.values(), key=lambda one: one.started)
    if not nodes:
        return Section("timings", "Timings", [], "no step was begun")
    rows = [(one.name, one.state, one.started[11:19], f"{one.seconds:.1f}") for one in nodes]
    marks = {index: "bad" for index, one in enumerate(nodes) if one.state in ("failed", "running", "canceled")}
    table = Table("Steps", ("step", "state", "began (UTC)", "seconds"), rows, marks)
    picture = bars(
        [
            (one.name, (one.seconds,), f"{one.seconds:.1f} s{_STATES.get(one.state, f' ({one.state})')}")
            for one in nodes
        ],
        f"Seconds by step, {sum(one.seconds for one in nodes):.0f} in all",
        "seconds",
    )
    figure = Figure(picture, "Seconds of each step, in the order in which they began.", table, beside=True)
    return Section("timings", "Timings", [figure])


def lineage(material: Material) -> Section:
    """From the source files to the file."""
    answer = material.answer
    if not answer.chain.steps:
        return Section("lineage", "Lineage", [], "no step was begun")
    files = [(one["path"], f"{one['bytes']:,}", one["sha256"]) for one in answer.files[:12]]
    blocks: list[Block] = [
        Figure(
            Markup(lineage_svg(answer, alone=False)),
            "What was made from what. A line is left out where a longer way says the same.",
            Table(
                "Artifacts",
                ("artifact", "type", "made (UTC)", "files", "where"),
                [
                    (f"#{one.id}", one.type, one.created[:19].replace("T", " "), one.state(), one.uri)
                    for one in answer.chain.artifacts.values()
                ],
            ),
            wide=True,
        )
    ]
    if files:
        blocks.append(Table(f"Source files ({len(answer.files):,})", ("file", "bytes", "sha256"), files))
    blocks.append(Text("`farelite lineage` answers the same, for this and every other version, on the command line."))
    return Section("lineage", "Lineage", blocks)


def history(material: Material) -> Section:
    """Errors and size over the versions that are there, and the newest runs."""
    blocks: list[Block] = []
    titles = _titles(material)
    if material.manifests:
        blocks.append(_trend(material, titles))
    rows = [
        (
            one.id,
            one.verdict,
            one.version,
            *(_error(one.metrics, key) for key in titles),
            "" if one.seconds is None else f"{one.seconds:.0f} s",
        )
        for one in material.runs
    ]
    bad = ("refused", "stopped", "failed", "crashed")
    marks = {index: "bad" for index, one in enumerate(material.runs) if one.verdict in bad}
    table = Table("The newest runs", ("run", "verdict", "version", *titles.values(), "took"), rows, marks)
    return Section("history", "History", [*blocks, table])


def _titles(material: Material) -> dict[str, str]:
    return {name: material.task.metrics[name].title for name in material.task.brief}


def _error(metrics: Mapping[str, Any], key: str) -> str:
    measured = metrics.get("file") or metrics.get("candidate") or {}
    return shown(measured.get(key))


def _trend(material: Material, titles: Mapping[str, str]) -> Figure:
    """Each version on the rows of its own run, so a change of the data moves the line too."""
    told = [one for one in material.manifests if "file" in (one.get("metrics") or {})][-30:]
    points = {
        title: [(float(place), real(one["metrics"]["file"].get(key))) for place, one in enumerate(told)]
        for key, title in titles.items()
    }
    high = ends(y for line in points.values() for _, y in line)[1] * 1.1
    step = 1 + len(told) // 6
    ticks = tuple((float(place), one["version"].lstrip("0")) for place, one in enumerate(told) if place % step == 0)
    label = f"Errors of {len(told)} versions"
    picture = lines(points, Axis("version", -0.5, len(told) - 0.5, ticks), Axis(material.unit, 0, high), label)
    rows = [
        (
            one["version"] + _state(material, one),
            *(shown(one["metrics"]["file"].get(name)) for name in titles),
            f"{one.get('bytes', 0):,}",
            str((one.get("data") or {}).get("fingerprint", "")),
        )
        for one in told
    ]
    numbers = Table("Versions", ("version", *titles.values(), "bytes", "data"), rows)
    caption = "Errors of the published files, each on the test rows of its own run."
    return Figure(picture, caption, numbers, beside=True, legend=legend(points))


def _state(material: Material, manifest: Mapping[str, Any]) -> str:
    if manifest["version"] == material.live:
        return " (live)"
    return " (withdrawn)" if manifest.get("sha256") in material.withdrawn else ""


def card(material: Material) -> Section:
    """The model card (M. Mitchell et al., 2019): what the model is for, what it rests on, and where it ends."""
    config, answer = material.answer.config, material.answer
    if not config:
        return Section("card", "Model card", [], "the settings of this run are not known")
    data = config.get("data") or {}
    label = data.get("label") or {}
    inputs = [*_coordinates(data), *filter(None, [(data.get("time") or {}).get("column")])]
    inputs += [*(data.get("numeric") or []), *(data.get("categorical") or [])]
    span = label.get("range") or {}
    task = f"predict {label.get('column', 'the label')}{material.in_unit} from {len(inputs)} inputs"
    facts = [
        ("task", task),
        ("inputs", ", ".join(inputs) or "none"),
        ("label range", f"{span.get('low')} to {span.get('high')} {material.unit}" if span else "not limited"),
        ("model", _network(material)),
        ("data", f"{answer.fingerprint}, files: {len(answer.files):,}"),
        ("code", answer.code_revision),
    ]
    settings = [(key, "none" if value is None else str(value)) for key, value in flat(config).items()]
    return Section(
        "card",
        "Model card",
        [
            Facts(facts),
            Points([f"Intended use: {one}" for one in _USES] + [f"Limit: {one}" for one in _limits(material)]),
            Points([*(_PLACES if data.get("points") else ()), *_ETHICS]),
            Table("All settings", ("key", "value"), settings, folded=True),
        ],
    )


def _network(material: Material) -> str:
    """As it was trained, which is known once it was: the settings may say `auto`."""
    chosen = ((material.history or {}).get("choices") or {}).get("training")
    training = chosen or material.answer.config.get("training") or {}
    units, loss = training.get("units"), training.get("loss")
    hidden = f"hidden layers of {' and '.join(map(str, units))} units" if isinstance(units, list) else "hidden layers"
    if isinstance(members := training.get("members"), int) and members > 1:
        hidden = f"the mean of {members} with {hidden} each"
    kind = loss.get("kind") if isinstance(loss, dict) else loss
    if not material.task.residuals:
        kind = "cross-entropy"  # whatever stands there for numbers
    return f"dense network, {hidden}" + (f"; loss: {kind}" if kind else "")


def _coordinates(data: Mapping[str, Any]) -> list[str]:
    return [point[axis] for point in (data.get("points") or {}).values() for axis in ("latitude", "longitude")]


_USES = (
    "an estimate for rows like those in the data, on a device, without a network.",
    "not for decisions about people that no person looks at, nor for places, times and values that the data lack.",
)
_PLACES = (
    "Location data: places and times can tell who someone is, even without a name. Keep source files, artifacts and "
    "rejects where only those may read them who need to.",
    "Location data: predictions that differ by place differ by who lives there. Look at the map of errors and the "
    "slices before you rely on the model in a neighbourhood, above all where there are few rows.",
)
_ETHICS = (
    "Data: the file itself holds weights, boundaries and the texts of categories, no rows; this page repeats single "
    "rows.",
)


def _end(value: float | None, is_time: bool) -> str:
    """A time, which is kept as seconds of the wall clock, as its day."""
    return clock(value, "%Y-%m-%d") if is_time else number(value)


def _limits(material: Material) -> list[str]:
    found = [
        "it has learned what was recorded, not what is right.",
        "it does not check ranges: a row far from the training data gets a prediction like any other.",
    ]
    if material.summary and material.summary.get("ranges"):
        time = time_of(material.answer.config)
        # Of classes the summary has the numbers of the first and the last.
        unsaid = set() if material.task.residuals else {material.answer.config["data"]["label"]["column"]}
        ranges = [pair for pair in material.summary["ranges"].items() if pair[0] not in unsaid][:8]
        shown = [f"{name} {_end(low, name == time)} to {_end(high, name == time)}" for name, (low, high) in ranges]
        found.append(f"trained on {', '.join(shown)}.")
    return found
