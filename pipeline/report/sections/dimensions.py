"""What the dimensions do: as the Transform step learned it, and as `farelite dimensions` measured it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from components.plot import Axis
from components.shown import number, real
from pipeline.report.blocks import Block, Figure, Points, Section, Table, Text
from pipeline.report.charts import lines, ramp, shades
from pipeline.report.material import Material
from pipeline.report.sections import dimension_curves

Matrix = npt.NDArray[np.float64]
_PAIRS = 12


def dimensions(material: Material) -> Section:
    """Scree, cumulative curve and loadings of the reducer, correlations; curves by number of dimensions, and costs."""
    learned = material.learned
    if not learned:
        return Section("dimensions", "Dimensions", [], "no features were learned")
    names = list(learned["features"])
    blocks: list[Block] = [Text(f"{len(names)} dense features, no reducer.")]
    if learned["kind"] != "none":
        blocks = _components(learned, names)
    if learned.get("columns"):
        blocks.append(_features(learned["columns"]))
    if learned.get("correlation"):
        blocks.append(_correlations(np.asarray(learned["correlation"], np.float64), names))
    notes = [str(one) for one in learned.get("notes", [])]
    blocks += [Points(notes)] if notes else []
    if material.dimensions:
        blocks += dimension_curves.blocks(material.dimensions)
    else:
        blocks.append(
            Text("`farelite dimensions` adds correlations, error and distances by number of dimensions, and costs.")
        )
    return Section("dimensions", "Dimensions", blocks)


def _features(columns: Mapping[str, Mapping[str, Any]]) -> Table:
    """What the network takes in, as the training rows have shown it."""
    rows = [
        (
            name,
            *(number(one.get(key)) for key in ("minimum", "mean", "maximum", "std")),
            f"{one.get('known', 0):,}",
            str(one.get("scaling", "")).replace("_", " "),
        )
        for name, one in columns.items()
    ]
    header = ("feature", "lowest", "mean", "highest", "standard deviation", "known rows", "scaling")
    return Table(f"Features before scaling, on train ({len(rows)})", header, rows, folded=True)


def _components(learned: Mapping[str, Any], names: list[str]) -> list[Block]:
    shares, kept = [real(one) for one in learned["explained_variance_ratio"]], int(learned["kept"])
    kept = min(kept, len(shares))
    if not kept:
        return [Text(f"{len(names)} dense features, no component kept.")]
    text = (
        f"{len(names)} dense features became {kept} components ({learned['kind']}), which hold "
        f"{sum(shares[:kept]):.2%} of the variance."
    )
    return [Text(text), _scree(shares, kept), _loadings(learned, kept, names)]


def _correlations(values: Matrix, names: Sequence[str]) -> Figure:
    off = [(abs(values[a, b]), a, b) for a in range(len(names)) for b in range(a)]
    picture = shades(
        values,
        names,
        [str(one + 1) for one in range(len(names))],
        f"Correlations of {len(names)} features with each other, on train",
        ("feature, by its row", ""),
        1.0,
    )
    rows = [(names[b], names[a], f"{values[a, b]:+.3f}") for _, a, b in sorted(off, reverse=True)[:_PAIRS]]
    caption = "Correlations of the scaled features on train; orange rise together, blue against each other."
    table = Table("The most correlated pairs", ("feature", "and", "correlation"), rows)
    return Figure(picture, caption, table, beside=True, ramp=ramp("-1", "+1", both_ways=True))


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
        float(np.abs(values[np.isfinite(values)]).max(initial=0)) or 1.0,
    )
    table = Table(
        "Loadings",
        ("feature", *columns),
        [(name, *(f"{one:.2f}" for one in row)) for name, row in zip(names, values, strict=True)],
    )
    return Figure(
        picture, "Loadings: how each feature enters each component; orange adds, blue subtracts.", table, True
    )
