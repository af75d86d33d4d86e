"""The gate beside plain models: beat the mean, keep up with a linear model, on rows enough to tell."""

from __future__ import annotations

from components.evaluation.gate import Metrics
from components.settings import Gate
from components.shown import number
from components.task.task import Task

LINEAR_SLACK = 0.05
"""Share of the mean's primary metric by which a file may lie behind the linear model whatever the ratio."""


def judge_baselines(task: Task, gate: Gate, file: Metrics, mean: Metrics, linear: Metrics) -> list[str]:
    """Reasons to refuse a file that plain models of the training rows equal, or that too few rows can judge.

    Args:
        task: of the label.
        gate: `min_skill`, `max_linear_ratio`, `min_rows`.
        file: the primary metric and `rows`, of the file's own predictions.
        mean, linear: the primary metric of the two baselines on the same rows.
    """
    metric, reasons = task.primary, []
    of_labels, of_features = task.baselines.values()
    of_file, of_mean, of_linear = (one[metric.name] for one in (file, mean, linear))
    if file["rows"] < gate.min_rows:
        reasons.append(
            f"{file['rows']:,.0f} test rows are too few to judge a model, gate.min_rows asks for "
            f"{gate.min_rows:,}: bring more rows, or give evaluation a larger share of them in data.split"
        )
    skill = task.skill(of_file, of_mean)
    # Written so that a NaN fails, here and below: it compares false with everything.
    if gate.min_skill is not None and not skill > gate.min_skill:
        reasons.append(
            f"{metric.title} {number(of_file)} against {number(of_mean)} of the {of_labels}, on the same "
            f"rows, is a skill of {skill:.3g}; gate.min_skill asks for more than {gate.min_skill:g}"
            f"{_advice(task, of_file, of_linear, of_mean)}"
        )
    excused = metric.keeps_up(of_file, of_linear + LINEAR_SLACK * of_mean, 1.0)
    ratio = gate.max_linear_ratio
    if ratio is not None and not (excused or metric.keeps_up(of_file, of_linear, ratio)):
        what = of_features.partition(",")[0]
        reasons.append(
            f"{metric.title} {number(of_file)} is more than gate.max_linear_ratio {ratio:.4g} times that of the {what} "
            f"on the same features, {number(of_linear)}, on the same rows"
        )
    return reasons


def _advice(task: Task, of_file: float, of_linear: float, of_mean: float) -> str:
    """What to try where the linear model learns something and the network does not."""
    if not task.behind_linear or not of_linear < min(of_file, of_mean):
        return ""
    return f"; the linear model reaches {number(of_linear)} {task.behind_linear}"


def few_rows(task: Task, gate: Gate, rows: int) -> list[str]:
    """Warns of figures that rest on few test rows."""
    if rows >= gate.warn_below_rows:
        return []
    return [
        f"all errors are of {rows:,} test row{'s' * (rows != 1)} only, so {task.primary.title} is known to "
        f"{task.spread(rows):.0%} or so at best (gate.warn_below_rows is {gate.warn_below_rows:,})"
    ]
