"""The accuracy gate: from measured metrics to a verdict on all rows and on each slice, with reasons."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from components.evaluation.slices import order
from components.settings import Gate, Slices
from components.shown import number
from components.task import amounts
from components.task.metric import Metric
from components.task.settings import Limits
from components.task.task import Task

Metrics = Mapping[str, float]
SliceKey = tuple[str, str]
"""Name of the cut and of the slice."""
Verdict = Literal["passed", "refused", "small", "no limit"]


@dataclass(frozen=True)
class Slice:
    """What was measured and judged of one slice.

    Attributes:
        name: `distance 2 to 5`: the cut's name, then the slice's.
        slicing, value: the two apart.
        rows: in it.
        small: fewer rows than `gate.min_slice_rows`; such a slice is never judged.
        candidate, champion: metrics by name, and what else the task tells; None where there is no champion.
        verdict: `passed`; `refused`; `small`; `no limit` where the configuration sets none for this cut.
        reasons: one sentence for each limit that does not hold.
    """

    name: str
    slicing: str
    value: str
    rows: int
    small: bool
    candidate: Metrics
    champion: Metrics | None
    verdict: Verdict
    reasons: tuple[str, ...]


def judge(task: Task, gate: Gate, candidate: Metrics, champion: Metrics | None) -> list[str]:
    """Reasons to refuse the candidate for its errors on all rows; an empty list blesses it.

    Args:
        task: of the label.
        gate: limits, as numbers.
        candidate: metrics by name, on the test rows.
        champion: the same of the live model on the same rows; None when there is none, and then only absolute
            limits hold.
    """
    reasons = list(_beyond(task, gate.limits, candidate, "gate.limits"))
    primary = task.primary
    if not math.isfinite(candidate[primary.name]):
        reasons.append(f"{primary.title} is {candidate[primary.name]}: the model does not give finite numbers")
    return [*reasons, *_behind(task.primary, gate.max_ratio, candidate, champion, "gate.max_ratio")]


def in_label_units(gate: Gate, spread: float) -> Gate:
    """The gate with every limit that is a share of the label's standard deviation `spread` as a number."""

    def plain(limits: Limits) -> Limits:
        return {name: amounts.in_label_units(limit, spread) for name, limit in limits.items()}

    slices = {name: one.model_copy(update={"limits": plain(one.limits)}) for name, one in gate.slices.items()}
    return gate.model_copy(update={"limits": plain(gate.limits), "slices": slices})


def _beyond(task: Task, limits: Limits, metrics: Metrics, key: str) -> Iterator[str]:
    """What TFMA does not measure is judged of the file alone."""
    for name, metric in task.metrics.items():
        if name in limits and name in metrics and not metric.keeps(metrics[name], float(limits[name])):
            yield metric.beyond(metrics[name], float(limits[name]), f"{key}.{name}")


def _behind(
    metric: Metric, ratio: float | None, candidate: Metrics, champion: Metrics | None, key: str
) -> Iterator[str]:
    if champion is None or ratio is None or metric.keeps_up(candidate[metric.name], champion[metric.name], ratio):
        return
    yield (
        f"{metric.title} {number(candidate[metric.name])} is more than {key} {ratio:.4g} times the champion's "
        f"{number(champion[metric.name])} on the same rows"
    )


def judge_slices(
    task: Task, gate: Gate, candidate: Mapping[SliceKey, Metrics], champion: Mapping[SliceKey, Metrics] | None
) -> list[Slice]:
    """Every slice, in the order of the configuration and then of its numbers.

    Args:
        task: of the label.
        gate: limits of each cut, and how many rows make a slice worth judging.
        candidate: `rows` and the metrics that `judge` takes, by slice.
        champion: the same of the live model on the same rows; None when there is none.
    """
    slicings = list(gate.slices)
    keys = sorted(candidate, key=lambda key: (slicings.index(key[0]), order(key[1]), key[1]))
    return [_judged(task, gate, key, candidate[key], champion[key] if champion is not None else None) for key in keys]


def _judged(task: Task, gate: Gate, key: SliceKey, candidate: Metrics, champion: Metrics | None) -> Slice:
    (slicing, value), limits = key, gate.slices[key[0]]
    rows = int(candidate["rows"])
    small = rows < gate.min_slice_rows
    reasons: list[str] = []
    if not small:
        place = f"gate.slices.{slicing}"
        found = [
            *_beyond(task, limits.limits, candidate, f"{place}.limits"),
            *_behind(task.primary, limits.max_ratio, candidate, champion, f"{place}.max_ratio"),
        ]
        reasons = [f"slice {slicing} {value} ({rows:,} rows): {one}" for one in found]
    verdict: Verdict = (
        "small" if small else "refused" if reasons else "passed" if _limited(limits, champion) else "no limit"
    )
    return Slice(
        name=f"{slicing} {value}",
        slicing=slicing,
        value=value,
        rows=rows,
        small=small,
        candidate=_told(candidate),
        champion=None if champion is None else _told(champion),
        verdict=verdict,
        reasons=tuple(reasons),
    )


def _limited(limits: Slices, champion: Metrics | None) -> bool:
    return bool(limits.limits) or (champion is not None and limits.max_ratio is not None)


def _told(metrics: Metrics) -> Metrics:
    return {name: value for name, value in metrics.items() if name != "rows"}


def counted(slices: Sequence[Slice]) -> dict[str, int]:
    """How many were `judged`, how many are `small`."""
    return {"judged": sum(not one.small for one in slices), "small": sum(one.small for one in slices)}


def rule(gate: Gate, version: str, baselines: Iterable[str] = (), compared: bool = True) -> str:
    """What a model was held against, such as `absolute limits and the mean of the training rows; no version is live`.

    Args:
        gate: only what it sets is named.
        version: live; empty where none is.
        baselines: titles of the two plain models, where they count too.
        compared: whether the live version could be measured on these rows.
    """
    every = [gate.limits, *(one.limits for one in gate.slices.values())]
    held = ["absolute limits"] if any(every) else []
    asked = (gate.min_skill, gate.max_linear_ratio)
    held += [
        f"the {title.partition(',')[0]}" for title, limit in zip(baselines, asked, strict=False) if limit is not None
    ]
    held += [f"the live version {version}"] if version and compared else []
    told = ", ".join(held[:-1]) + (" and " if held[1:] else "") + held[-1] if held else "no limit is set"
    if version:
        return told if compared else f"{told}; the live version {version} could not be compared"
    return f"{told}; no version is live"


def incomparable(version: str, columns: Sequence[str]) -> str:
    """Why a live model of other inputs refuses the candidate, whatever its errors."""
    return (
        f"the live version {version} takes {', '.join(columns)}, which these data do not have, so the two cannot be "
        "compared on the same rows. A model of other inputs breaks those who use this one: give it a pipeline of its "
        "own, by another `name` in the configuration"
    )


def of_another_kind(version: str, mine: Task, theirs: Task) -> list[str]:
    """Reasons to refuse a candidate whose label is another than the live model's, whatever its errors."""
    if (mine.kind, mine.classes) == (theirs.kind, theirs.classes):
        return []
    told = [one.kind + (f" ({', '.join(one.classes)})" if one.classes else "") for one in (theirs, mine)]
    return [
        f"the live version {version} predicts a label of kind {told[0]}, this model one of kind {told[1]}, so the two "
        "cannot be compared. Another output breaks those who use this one: give it a pipeline of its own, by another "
        "`name` in the configuration"
    ]


def as_json(
    gate: Gate,
    version: str,
    candidate: Metrics,
    champion: Metrics | None,
    reasons: Sequence[str],
    slices: Sequence[Slice],
    held_against: str,
) -> dict[str, Any]:
    """What `slices.json` holds.

    Args:
        gate: limits.
        version: live when the candidate was judged; empty when there was none.
        candidate, champion: metrics of all rows.
        reasons: of `judge`.
        slices: of `judge_slices`.
        held_against: of `rule`.

    Returns:
        `rule`, `champion` (the version or null), `min_slice_rows`, `overall` (`rows`, `candidate`, `champion`,
        `verdict`, `reasons`) and `slices`, each with the fields of `Slice`. A NaN is null, since JSON has none.
    """
    overall = {
        "rows": int(candidate["rows"]),
        "candidate": _told(candidate),
        "champion": None if champion is None else _told(champion),
        "verdict": "refused" if reasons else "passed",
        "reasons": reasons,
    }
    told = {
        "rule": held_against,
        "champion": version or None,
        "min_slice_rows": gate.min_slice_rows,
        "overall": overall,
        "slices": [asdict(one) for one in slices],
    }
    plain: dict[str, Any] = without_nan(told)
    return plain


def without_nan(value: Any) -> Any:
    """Null for what JSON cannot say."""
    if isinstance(value, Mapping):
        return {key: without_nan(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
