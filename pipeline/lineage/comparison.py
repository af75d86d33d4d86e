"""Two runs or versions side by side: what differs, what was measured of their files, and slice by slice."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from components.shown import scale_of, shown
from components.task import metric_of, title_of
from components.task.metric import Metric
from pipeline.lineage.differences import Difference, flat
from pipeline.lineage.records import task_in
from pipeline.lineage.sides import Side

Pair = tuple[float | None, float | None]
_MODELS = {"file": "file", "float": "float model"}
_SIZES = {"bytes": "size of the file", "gzip_bytes": "the file gzipped", "arena_bytes": "memory on a microcontroller"}
_TIMES = {"p50": "median", "p95": "95th percentile"}
_SHARE = "share"


@dataclass(frozen=True)
class Figure:
    """One measurement on both sides; None where one has none.

    Attributes:
        title, unit: for people; a pure number has no unit.
        better: `lower`, `higher`, `ideal` (the nearer the better), or empty where none is.
        ideal: where that is.
        rows: of each side, for a figure of a part of them.
        small: whether a side has too few of them to judge by.
    """

    name: str
    before: float | None
    after: float | None
    title: str = ""
    unit: str = ""
    better: str = ""
    ideal: float = 0.0
    rows: tuple[int | None, int | None] = (None, None)
    small: bool = False

    @property
    def change(self) -> float | None:
        """As a share of the first."""
        return None if self.before in (None, 0) or self.after is None else self.after / float(self.before or 1) - 1

    @property
    def verdict(self) -> str:
        """Of the second beside the first, as far as their texts tell them apart: `better`, `worse`, `same` or empty."""
        if not self.better or not _known(self.before, self.after):
            return ""
        if len(set(self.texts)) == 1:
            return "same"
        first, second = (
            {"lower": one, "higher": -one, "ideal": abs(one - self.ideal)}[self.better]
            for one in (float(self.before or 0), float(self.after or 0))
        )
        return "same" if first == second else "better" if second < first else "worse"

    @property
    def texts(self) -> tuple[str, str]:
        """Both values; empty for None."""
        scale = scale_of(float(one) for one in (self.before, self.after) if one is not None)
        return self._text(self.before, scale), self._text(self.after, scale)

    @property
    def change_text(self) -> str:
        """The change as a share, or where an ideal or a share is aimed at, as a difference."""
        if not _known(self.before, self.after) or len(set(self.texts)) == 1:
            return ""
        if self.better == "ideal" or self.unit == _SHARE:
            difference = float(self.after or 0) - float(self.before or 0)
            return ("+" if difference >= 0 else "-") + self._text(abs(difference), None)
        return "" if self.change is None else f"{self.change:+.1%}"

    def _text(self, value: float | None, scale: float | None) -> str:
        if value is None:
            return ""
        if self.unit == _SHARE:
            return f"{value:.1%}"
        return f"{value:,}" if isinstance(value, int) else shown(value, scale)

    @property
    def heading(self) -> str:
        """Title with its unit."""
        return f"{self.title or self.name} ({self.unit})" if self.unit not in ("", _SHARE) else self.title or self.name


@dataclass(frozen=True)
class Comparison:
    """What is not the same, and all that was measured.

    Attributes:
        before, after: the two, in a few words.
        same_rows: whether the errors are of the same test rows.
        slices: the primary metric of each slice: those that moved most first, small ones last.
        counts: rows read, accepted, rejected, and in each part of the data.
        features: of `before` alone, of `after` alone, of `both`; empty where a side's are not known.
        losses: by side (`before`, `after`), phase and epoch, on validation rows where there were some.
    """

    before: dict[str, str]
    after: dict[str, str]
    same_rows: bool
    settings: list[Difference] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    slices: list[Figure] = field(default_factory=list)
    slice_metric: str = ""
    counts: list[Figure] = field(default_factory=list)
    features: dict[str, list[str]] = field(default_factory=dict)
    losses: dict[str, dict[str, list[float | None]]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, str]:
        """What the two are called."""
        return self.before["name"], self.after["name"]


def compare(before: Side, after: Side) -> Comparison:
    """Puts them side by side."""
    # An empty group says the same as none.
    mine, theirs = (
        {key: None if value == {} else value for key, value in flat(one.config).items()} for one in (before, after)
    )
    settings = [
        Difference("settings", key, mine.get(key), theirs.get(key))
        for key in dict.fromkeys([*mine, *theirs])
        if mine.get(key) != theirs.get(key)
    ]
    config = after.config or before.config
    unit = str(((config.get("data") or {}).get("label") or {}).get("unit") or "")
    metric = task_in(config).primary
    parted = [(one.config.get("data") or {}).get("split") for one in (before, after)]
    return Comparison(
        _brief(before),
        _brief(after),
        before.fingerprint == after.fingerprint and parted[0] == parted[1],
        settings,
        list(_figures(before.figures, after.figures, unit)),
        sorted(_slices(before, after, metric, unit), key=lambda one: (one.small, -abs(one.change or 0))),
        metric.name,
        [Figure(name, *pair) for name, pair in _paired(_counts(before.counts), _counts(after.counts))],
        _features(before.features, after.features),
        {name: losses for name, one in (("before", before), ("after", after)) if (losses := _losses(one.history))},
    )


def _paired(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[tuple[str, Pair]]:
    return ((name, (_number(before.get(name)), _number(after.get(name)))) for name in dict.fromkeys([*before, *after]))


def _figures(before: Mapping[str, Any], after: Mapping[str, Any], unit: str) -> Iterable[Figure]:
    """What there is of metrics of the file and of the float model, sizes, zeros and latency, as on the card."""

    def both(group: str) -> Iterable[tuple[str, Pair]]:
        return _paired(before.get(group) or {}, after.get(group) or {})

    errors = [one.get("metrics") or {} for one in (before, after)]
    for model, title in _MODELS.items():
        for name, pair in _paired(*(one.get(model) or {} for one in errors)):
            told = {"name": f"{model} {name}", "title": f"{title_of(name)} of the {title}"}
            yield _of(metric_of(name), unit, pair, **told)
    for name, title in _SIZES.items():
        if name in before or name in after:
            yield Figure(name, _number(before.get(name)), _number(after.get(name)), title, "bytes", "lower")
    for name, pair in both("latency_us"):
        yield Figure(f"latency {name} (us)", *pair, f"time of a call, {_TIMES.get(name, name)}", "us", "lower")
    for _, pair in (one for one in both("sparsity") if one[0] == "dense_kernels"):
        yield Figure("zeros in dense kernels", *pair, unit=_SHARE)


def _of(metric: Metric | None, unit: str, pair: Pair, **more: Any) -> Figure:
    """With the direction and the unit of a metric, where it is known."""
    if metric is None:
        return Figure(before=pair[0], after=pair[1], **more)
    shown_in = unit if metric.in_label_units else ""
    return Figure(before=pair[0], after=pair[1], unit=shown_in, better=metric.better, ideal=metric.ideal, **more)


def _slices(before: Side, after: Side, metric: Metric, unit: str) -> Iterable[Figure]:
    for name in dict.fromkeys([*before.slices, *after.slices]):
        one, other = (each.slices.get(name) or {} for each in (before, after))
        errors = [_number((each.get("candidate") or {}).get(metric.name)) for each in (one, other)]
        small = any(each.get("small") for each in (one, other))
        if errors != [None, None]:
            rows = (one.get("rows"), other.get("rows"))
            yield _of(metric, unit, (errors[0], errors[1]), name=name, title=name, rows=rows, small=small)


def _counts(told: Mapping[str, Any]) -> dict[str, Any]:
    splits = {f"rows in {name}": count for name, count in (told.get("splits") or {}).items()}
    return {f"rows {name}": told[name] for name in ("read", "accepted", "rejected") if name in told} | splits


def _features(before: list[str], after: list[str]) -> dict[str, list[str]]:
    if not before or not after:
        return {}
    return {
        "before": [one for one in before if one not in after],
        "after": [one for one in after if one not in before],
        "both": [one for one in after if one in before],
    }


def _losses(history: Mapping[str, Any]) -> dict[str, list[float | None]]:
    phases = {name: one for name, one in history.items() if isinstance(one, dict) and one.get("loss")}
    return {name: list(one.get("val_loss") or one["loss"]) for name, one in phases.items()}


def _known(*values: float | None) -> bool:
    return all(one is not None and math.isfinite(one) for one in values)


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _brief(one: Side) -> dict[str, str]:
    words = {"run": one.run, "version": one.version, "verdict": one.verdict, "reasons": "; ".join(one.reasons)}
    rule = str((one.figures.get("gate") or {}).get("rule") or "")
    return {"name": one.name, **words, "gate": rule, "code": one.code_revision, "data": one.fingerprint}
