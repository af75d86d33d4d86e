"""What was learned: dimensions, training, and what compression costs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.report.blocks import Block, Figure, Points, Section, Table, Text
from pipeline.report.charts import lines, shades
from pipeline.report.material import Material
from pipeline.report.svg import Axis, number

_PHASES = ("float", "pruning", "clustering", "quantization")


def dimensions(material: Material) -> Section:
    """Scree, cumulative curve and loadings of the reducer."""
    learned = material.learned
    if not learned or not learned.get("explained_variance_ratio"):
        return Section("dimensions", "Dimensions", [], "the dense features were not reduced")
    shares = [float(one) for one in learned["explained_variance_ratio"]]
    kept, names = int(learned["kept"]), list(learned["features"])
    text = (
        f"{len(names)} dense features became {kept} components ({learned['kind']}), which hold "
        f"{sum(shares[:kept]):.2%} of the variance."
    )
    blocks: list[Block] = [Text(text), _scree(shares, kept)]
    if learned.get("loadings"):
        blocks.append(_loadings(learned, kept, names))
    notes = [str(one) for one in learned.get("notes", [])]
    return Section("dimensions", "Dimensions", [*blocks, *([Points(notes)] if notes else [])])


def _scree(shares: Sequence[float], kept: int) -> Figure:
    places = list(range(1, len(shares) + 1))
    total = np.cumsum(shares)
    picture = lines(
        {
            "of this component": list(zip(places, shares, strict=True)),
            "up to this component": list(zip(places, map(float, total), strict=True)),
        },
        Axis(
            "component",
            0.5,
            len(shares) + 0.5,
            tuple((float(one), str(one)) for one in places[:: 1 + len(places) // 12]),
        ),
        Axis("share of the variance", 0, 1.02),
        f"Scree: the first component holds {shares[0]:.1%} of the variance, the {kept} kept {total[kept - 1]:.2%}",
        uprights=[kept + 0.5],
    )
    table = Table(
        "Share of the variance",
        ("component", "of this one", "up to this one"),
        [(str(place), f"{one:.3%}", f"{whole:.3%}") for place, one, whole in zip(places, shares, total, strict=True)],
    )
    caption = f"Scree (blue) and cumulative curve (orange); left of the dashed line are the {kept} components kept."
    return Figure(picture, caption, table, beside=True)


def _loadings(learned: Mapping[str, Any], kept: int, names: list[str]) -> Figure:
    values = np.asarray(learned["loadings"], dtype=np.float64)[:kept].T
    columns = [str(one + 1) for one in range(values.shape[1])]
    picture = shades(
        values,
        names,
        columns,
        f"Loadings of {len(names)} features on {len(columns)} components",
        ("component", ""),
        float(np.abs(values).max()),
    )
    table = Table(
        "Loadings",
        ("feature", *columns),
        [(name, *(f"{one:.2f}" for one in row)) for name, row in zip(names, values, strict=True)],
    )
    return Figure(
        picture, "Loadings: how each feature enters each component; orange adds, blue subtracts.", table, True
    )


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
    series: dict[str, list[tuple[float, float]]] = {"loss on train": [], "loss on tune": []}
    for name in ordered:
        for key, title in (("loss", "loss on train"), ("val_loss", "loss on tune")):
            series[title] += [(starts[name] + 1 + index, one) for index, one in enumerate(phases[name].get(key, []))]
            series[title].append((math.nan, math.nan))
    finite = [y for points in series.values() for _, y in points if math.isfinite(y)]
    low, high = min(finite), float(np.quantile(finite, 0.97)) * 1.1
    told = "; ".join(f"{name} ends at {phases[name].get('val_loss', phases[name]['loss'])[-1]:.4g}" for name in ordered)
    picture = lines(
        series,
        Axis("epoch, all phases in a row", 0, at + 1),
        Axis("loss", low - (high - low) * 0.05, high),
        f"Losses by epoch: {told}",
        uprights=[starts[name] + 0.5 for name in ordered[1:]],
    )
    table = Table(
        "Loss by phase",
        ("phase", "epochs", "first on train", "last on train", "last on tune", "best on tune"),
        [(name, *_phase(phases[name])) for name in ordered],
    )
    caption = f"Loss on train (blue) and on tune (orange); dashed lines part the phases {', '.join(ordered)}."
    ramp = list(_ramp(material, phases, starts))
    return Section("training", "Training", [Figure(picture, caption, table, beside=True), *ramp])


def _phase(history: Mapping[str, Sequence[float]]) -> tuple[str, ...]:
    tune = history.get("val_loss") or [math.nan]
    return (
        str(len(history["loss"])),
        *(number(one) for one in (history["loss"][0], history["loss"][-1], tune[-1], min(tune))),
    )


def _ramp(material: Material, phases: Mapping[str, Any], starts: Mapping[str, int]) -> Iterator[Figure]:
    """Zeros counted at the end of each epoch, where the Trainer has written them."""
    points = [
        (float(starts[name] + 1 + index), float(share))
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
