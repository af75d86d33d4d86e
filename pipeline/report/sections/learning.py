"""What was learned in training."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from components.plot import Axis, ends
from components.shown import number, real
from pipeline.report.blocks import Figure, Section, Table, Text
from pipeline.report.charts import legend, lines
from pipeline.report.material import Material

_PHASES = ("float", "pruning", "clustering", "quantization")
_PHASE_MEANINGS = {
    "pruning": "Pruning sets weights to zero step by step: each step may lift the loss, and the others make up for it.",
    "clustering": "Clustering makes weights share a few values.",
    "quantization": "Quantization trains on with weights rounded as in the file.",
}


def training(material: Material) -> Section:
    """Losses of all phases one after another, and the sparsity as pruning went on."""
    phases: dict[str, dict[str, list[float]]] = {
        name: one for name, one in (material.history or {}).items() if isinstance(one, dict) and one.get("loss")
    }
    if not phases:
        return Section("training", "Training", [], "nothing was trained")
    ordered = sorted(phases, key=lambda name: _PHASES.index(name) if name in _PHASES else len(_PHASES))
    starts, at = {}, 0
    for name in ordered:
        starts[name] = at
        at += len(phases[name]["loss"])
    series = _series(phases, starts)
    finite = [y for points in series.values() for _, y in points if math.isfinite(y)]
    low, high = ends(finite)
    if finite:
        high = float(np.quantile(finite, 0.97)) * 1.1
    last = {name: number((phases[name].get("val_loss") or phases[name]["loss"])[-1]) for name in ordered}
    told = "; ".join(f"{name} ends at {one or 'no known loss'}" for name, one in last.items())
    picture = lines(
        series,
        Axis("epoch, all phases in a row", 0, at + 1),
        Axis("loss", low - (high - low) * 0.05, high),
        f"Losses by epoch: {told}",
        uprights=[starts[name] + 0.5 for name in ordered[1:]],
    )
    table = Table(
        "Loss by phase",
        ("phase", "epochs", "first on train", "last on train", "last on validation", "best on validation"),
        [(name, *_phase(phases[name])) for name in ordered],
    )
    caption = f"Loss by epoch; dashed lines part the phases {', '.join(ordered)}."
    figure = Figure(picture, caption, table, beside=True, legend=legend(series))
    explained = Text(_explained(material, ordered))
    return Section("training", "Training", [explained, figure, *_ramp(material, phases, starts)])


def _series(phases: Mapping[str, Any], starts: Mapping[str, int]) -> dict[str, list[tuple[float, float]]]:
    """Losses by epoch, with a gap after each phase."""
    series: dict[str, list[tuple[float, float]]] = {"loss on train": [], "loss on validation": []}
    for name, start in starts.items():
        for key, title in (("loss", "loss on train"), ("val_loss", "loss on validation")):
            losses = enumerate(phases[name].get(key) or [], start=start + 1)
            series[title] += [*((epoch, real(one)) for epoch, one in losses), (math.nan, math.nan)]
    return series


def _explained(material: Material, ordered: Sequence[str]) -> str:
    """How to read the curves of this run."""
    told = [
        "The curve on validation counts, for training has not seen those rows: while it falls, the network learns what "
        "holds elsewhere; where it rises and the curve on train goes on falling, it learns rows by heart."
    ]
    chosen = ((material.history or {}).get("choices") or {}).get("training") or {}
    if (chosen.get("distillation") or {}).get("rows"):
        told.append(
            "That on train lies lower, because part of its rows are made up and labelled by boosted trees, which "
            "scatter less than real labels."
        )
    told += [_PHASE_MEANINGS[name] for name in ordered if name in _PHASE_MEANINGS]
    return " ".join(told)


def _phase(history: Mapping[str, Sequence[float]]) -> tuple[str, ...]:
    validation = [real(one) for one in history.get("val_loss") or [math.nan]]
    sound = [one for one in validation if not math.isnan(one)]
    return (
        str(len(history["loss"])),
        *(
            number(one)
            for one in (history["loss"][0], history["loss"][-1], validation[-1], min(sound, default=math.nan))
        ),
    )


def _ramp(material: Material, phases: Mapping[str, Any], starts: Mapping[str, int]) -> Iterator[Figure]:
    """Zeros counted at the end of each epoch, where the Trainer has written them."""
    points = [
        (float(starts[name] + 1 + index), real(share))
        for name, one in phases.items()
        for index, share in enumerate(one.get("sparsity", []))
    ]
    if not points:
        return
    wanted = ((material.answer.config.get("training") or {}).get("pruning") or {}).get("final_sparsity")
    picture = lines(
        {"zeros": points},
        Axis("epoch, all phases in a row", 0, max(x for x, _ in points) + 1),
        Axis("share of zeros", 0, 1),
        f"Sparsity by epoch, ending at {points[-1][1]:.1%}",
    )
    aim = f" The aim is {wanted:.1%}." if isinstance(wanted, float) else ""
    rows = [(f"{x:.0f}", f"{y:.2%}") for x, y in points]
    numbers = Table("Zeros in the dense kernels", ("epoch", "share"), rows)
    yield Figure(picture, f"Share of zeros in the dense kernels, counted at the end of each epoch.{aim}", numbers)
