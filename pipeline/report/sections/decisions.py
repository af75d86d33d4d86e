"""Where a model decides wrongly, and how sure it is: the counterpart of residuals for labels that are no numbers."""

import numpy as np
import numpy.typing as npt

from components.plot import Axis
from components.shown import number, shown
from components.task.classification import BINS, counted, precision_recall
from pipeline.report.blocks import Block, Figure, Section, Table, Text
from pipeline.report.charts import cut, legend, lines, ramp, shades
from pipeline.report.material import Material

Array = npt.NDArray[np.float64]
_MOST_CLASSES, _POINTS = 20, 200
_SHARE = (0.0, 1.0)


def decisions(material: Material) -> Section:
    """Confusion matrix, reliability, and for yes or no the curves over the threshold."""
    rows, task = material.rows, material.task
    decided = None if rows is None else task.decisions(rows.predicted["file"])
    if rows is None or decided is None:
        return Section("decisions", "Decisions", [], "no file was measured row by row")
    label, predicted = rows.label.astype(int), rows.predicted["file"]
    confidence, correct = task.confidence(predicted, label)
    blocks: list[Block] = [_confusion(counted(decided, label, len(task.classes)), task.classes)]
    blocks.append(_reliability(confidence, correct))
    if predicted.ndim == 1:
        blocks += [_curves(predicted, label == 1), _thresholds(predicted, label == 1), _scores(predicted, label)]
    return Section("decisions", "Decisions", blocks)


def _confusion(counts: Array, classes: tuple[str, ...]) -> Block:
    errors = [
        (classes[label], classes[other], f"{counts[label, other]:,}")
        for label, other in sorted(zip(*np.nonzero(counts), strict=True), key=lambda pair: -counts[pair])
        if label != other
    ][:12]
    table = Table("The commonest mistakes", ("label", "decided", "rows"), errors)
    right = f"{np.trace(counts):,} of {counts.sum():,} test rows are decided rightly"
    if len(classes) > _MOST_CLASSES:
        return table if errors else Text(right)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    names = [cut(one, 12) for one in classes]
    picture = shades(shares, names, names, f"Confusion matrix; {right}", ("decided", "label"), 1.0)
    told = f"Share of each label's rows by what was decided. {right}."
    return Figure(picture, told, table if errors else None, beside=bool(errors), ramp=ramp("0 %", "100 %", hue="s2"))


def _reliability(confidence: Array, correct: Array) -> Figure:
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    there = np.unique(place)
    told = [(float(confidence[place == one].mean()), float(correct[place == one].mean())) for one in there]
    series = {"file": told, "perfect": [(0.0, 0.0), (1.0, 1.0)]}
    picture = lines(series, Axis("probability", *_SHARE), Axis("share", *_SHARE), "Reliability diagram", ["perfect"])
    cells = [
        (number(mean), number(share), f"{int((place == one).sum()):,}")
        for one, (mean, share) in zip(there, told, strict=True)
    ]
    caption = (
        "How often it came so, by the probability that was told, in fifteen bins; on the dashed line the two agree."
    )
    return Figure(
        picture, caption, Table("By bin of probability", ("probability", "share", "rows"), cells), legend=legend(series)
    )


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return [points[one] for one in np.unique(np.linspace(0, len(points) - 1, min(_POINTS, len(points))).astype(int))]


def _curves(score: Array, positive: npt.NDArray[np.bool_]) -> Figure:
    falling = np.argsort(-score, kind="stable")
    hits, false = np.cumsum(positive[falling]), np.cumsum(~positive[falling])
    last = np.flatnonzero(np.diff(score[falling], append=-np.inf))
    found, alarmed = hits[last] / max(int(hits[-1]), 1), false[last] / max(int(false[-1]), 1)
    precision, recall, _ = precision_recall(score, positive)
    series = {
        "ROC": [(0.0, 0.0), *_thinned(list(zip(alarmed.tolist(), found.tolist(), strict=True)))],
        "precision": _thinned(list(zip(recall.tolist(), precision.tolist(), strict=True))),
    }
    axes = Axis("false positive rate, or recall", *_SHARE), Axis("recall, or precision", *_SHARE)
    picture = lines(series, *axes, "ROC curve, and precision over recall")
    told = "Recall over the false positive rate (ROC), and precision over recall."
    return Figure(picture, told, legend=legend(series))


def _thresholds(score: Array, positive: npt.NDArray[np.bool_]) -> Figure:
    precision, recall, at = precision_recall(score, positive)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    series = {
        name: _thinned(list(zip(at.tolist(), values.tolist(), strict=True)))
        for name, values in (("precision", precision), ("recall", recall), ("F1", f1))
    }
    axes = Axis("threshold", *_SHARE), Axis("share", *_SHARE)
    picture = lines(series, *axes, "Precision, recall and F1 by threshold")
    best = int(np.argmax(f1))
    caption = (
        "Precision, recall and F1 by threshold; on these rows F1 is highest, "
        f"{shown(float(f1[best]))}, at {number(float(at[best]))}."
    )
    return Figure(picture, caption, legend=legend(series))


def _scores(score: Array, label: npt.NDArray[np.int_]) -> Figure:
    edges = np.linspace(0, 1, 26)
    middles = (edges[:-1] + edges[1:]) / 2
    shares = [np.histogram(score[label == one], edges)[0] / max(int((label == one).sum()), 1) for one in (0, 1)]
    series = {
        name: list(zip(middles.tolist(), values.tolist(), strict=True))
        for name, values in zip(("no", "yes"), shares, strict=True)
    }
    most = max(float(np.max(shares)), 1e-9)
    picture = lines(series, Axis("probability", *_SHARE), Axis("share of rows", 0.0, 1.1 * most), "Scores by class")
    told = "Histogram of the probability of yes, of rows that are no and of those that are yes."
    return Figure(picture, told, legend=legend(series))
