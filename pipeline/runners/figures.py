"""The one figure that matters of each component, for the progress lines."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tensorflow_metadata.proto.v0 import anomalies_pb2

from components.files import HISTORY_FILE
from components.shown import shown
from components.task import task_of
from components.task.words import in_brief
from pipeline.lineage.records import NodeRun, read_json
from transforms.features import LEARNED_FILE

_TOP_REASONS = 2
_TOP_COLUMNS = 5


def figure_of(name: str, ran: Mapping[str, NodeRun]) -> str:
    """A few words on what a node has brought; empty where there is nothing to say."""
    describe = _FIGURES.get(name)
    return describe(ran[name]) if describe else ""


def _rows(run: NodeRun) -> str:
    properties = run.outputs["report"][0].properties
    read, rejected = properties["read"], properties["rejected"]
    share = rejected / read if read else 0.0
    reasons = list((read_json(run.outputs["report"][0], "reasons") or {}).items())
    top = ", ".join(f"{reason} {count:,}" for reason, count in reasons[:_TOP_REASONS])
    more = f", {len(reasons) - _TOP_REASONS} more reasons" if len(reasons) > _TOP_REASONS else ""
    counted = f"{read:,} rows read = {read - rejected:,} accepted + {rejected:,} rejected ({share:.1%})"
    return counted + (f": {top}{more}" if top else "")


def _anomalies(run: NodeRun) -> str:
    found = 0
    for path in Path(run.outputs["anomalies"][0].uri).glob("Split-*/SchemaDiff.pb"):
        found += len(anomalies_pb2.Anomalies.FromString(path.read_bytes()).anomaly_info)
    return f"{found or 'no'} anomal{'y' if found == 1 else 'ies'}"


def _gate(run: NodeRun) -> str:
    found = len(read_json(run.outputs["record"][0], "warnings") or [])
    return f"{found} warning{'s' if found > 1 else ''}" if found else ""


def _learned(run: NodeRun) -> str:
    path = Path(run.outputs["transform_graph"][0].uri) / "transform_fn" / "assets" / LEARNED_FILE
    learned = json.loads(path.read_text())
    if learned["kind"] == "none":
        return f"{len(learned['features'])} features, no reduction"
    merit = f"{learned['merit']['name']} {learned['merit']['value']:.4g}"
    if learned["merit"]["name"] == "share of variance":
        merit = f"{learned['merit']['value']:.2%} of variance"
    return f"{len(learned['features'])} features to {learned['kept']} components ({merit})"


def _history(run: NodeRun) -> str:
    path = Path(run.outputs["model_run"][0].uri) / HISTORY_FILE
    history = json.loads(path.read_text())
    limit = f", learned from {history['sample_rows']:,} rows (training.max_rows)" if "sample_rows" in history else ""
    left_out = "".join(f"; {told}, left out" for told in _left_out(history["choices"]["left_out"]))
    chosen = history["choices"]["training"]
    units, members = " and ".join(map(str, chosen["units"])), chosen["members"]
    network = f"{units} units" if members == 1 else f"{members} networks of {units} units"
    return f"{network}, {', '.join(_losses(history))} on validation{limit}{left_out}"


def _left_out(reasons: Mapping[str, str]) -> Iterator[str]:
    """By reason the columns, the first few of many by name."""
    by_reason: dict[str, list[str]] = {}
    for name, why in reasons.items():
        by_reason.setdefault(why, []).append(name)
    for why, names in by_reason.items():
        more = f" and {len(names) - _TOP_COLUMNS:,} more" if len(names) > _TOP_COLUMNS else ""
        yield f"{', '.join(names[:_TOP_COLUMNS])}{more}: {why}" if len(names) > 1 else f"{names[0]} {why}"


def _losses(history: Mapping[str, Any]) -> Iterator[str]:
    for name, phase in history.items():
        if not isinstance(phase, dict) or "val_loss" not in phase:
            continue
        count = len(phase["val_loss"])
        kept = int(phase.get("kept", [count])[0])
        behind = f" after {kept} of {count} epochs" if "kept" in phase else ""
        yield f"{name} loss {shown(phase['val_loss'][kept - 1])}{behind}"


def _study(run: NodeRun) -> str:
    properties = run.outputs["study"][0].properties
    failed = f", {properties['failed']} failed" if properties["failed"] else ""
    return f"{properties['variants']} variants{failed}: {properties['selected'] or 'none'} chosen"


def _tuner(run: NodeRun) -> str:
    properties = run.outputs["tuner_results"][0].properties
    changed = ", ".join(key.removeprefix("training.") for key in json.loads(properties["patch"]))
    return f"{properties['trials']} trials: {changed or 'nothing'} changed"


def _champion(run: NodeRun) -> str:
    properties = run.outputs["model"][0].properties
    return f"version {properties['version']}" if properties.get("exists") else "none yet"


def _blessing(run: NodeRun) -> str:
    artifact = run.outputs["blessing"][0]
    metrics = read_json(artifact, "metrics")
    candidate = metrics["candidate"]
    # Of what is not converted yet: the file may break a limit that this model keeps.
    verdict = "keeps the limits" if artifact.properties.get("blessed") else "breaks a limit"
    told = in_brief(task_of(metrics.get("output") or {}), candidate)
    return f"{told} on {candidate['rows']:,.0f} rows; the SavedModel {verdict}"


def _push(run: NodeRun) -> str:
    artifact = run.outputs["pushed_model"][0]
    figures = read_json(artifact, "figures")
    size = f"{figures['bytes'] / 1000:.1f} kB, " if "bytes" in figures else ""
    version, verdict = artifact.properties.get("version"), artifact.properties["verdict"]
    return f"{size}{'the file is refused' if verdict == 'refused' else verdict}" + (f" as {version}" if version else "")


_FIGURES: dict[str, Callable[[NodeRun], str]] = {
    "TripExampleGen": _rows,
    "RowsGate": _gate,
    "ExampleValidator": _anomalies,
    "DataGate": _gate,
    "Transform": _learned,
    "Tuner": _tuner,
    "Trainer": _history,
    "Study": _study,
    "Champion": _champion,
    "Evaluator": _blessing,
    "TFLitePusher": _push,
}
