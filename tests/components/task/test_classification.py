"""Metrics of probabilities: NumPy's, scikit-learn's and TFMA's agree."""

from __future__ import annotations

import json
import math

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import pandas as pd
import pytest
import tensorflow_model_analysis as tfma
from sklearn import metrics as theirs
from tensorflow_model_analysis.proto import config_pb2

from components.evaluator.tfma_metrics import measured, named
from components.task import all_tasks, task_of
from components.task.binary import Binary
from components.task.classes import Classes
from components.task.classification import LEAST, roc_auc
from components.task.settings import check_metrics

CLASSES = ("a", "b", "c", "d")


def yes_or_no(seed=0, rows=500):
    random = np.random.default_rng(seed)
    label = (random.random(rows) < 0.3).astype(np.float32)
    # In steps, as 8-bit outputs are, so that many rows tie.
    score = np.round(np.clip(0.3 + 0.25 * (label - 0.3) + random.normal(0, 0.2, rows), 0.02, 0.98) * 64) / 64
    return score.astype(np.float32), label


def one_of_four(seed=0, rows=400):
    random = np.random.default_rng(seed)
    label = random.integers(0, 4, rows)
    logits = random.normal(0, 1, (rows, 4)) + 1.5 * np.eye(4)[label]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return shares.astype(np.float32), label.astype(np.float32)


def test_metrics_of_yes_or_no_are_scikit_learns() -> None:
    score, label = yes_or_no()
    task = Binary(("no", "yes"), {"threshold": 0.4})
    decided = score >= 0.4
    clipped = np.clip(score.astype(np.float64), LEAST, 1 - LEAST)
    found = task.judged(score, label)
    assert found == pytest.approx(
        {
            "log_loss": theirs.log_loss(label, clipped),
            "accuracy": theirs.accuracy_score(label, decided),
            "balanced_accuracy": theirs.balanced_accuracy_score(label, decided),
            "roc_auc": theirs.roc_auc_score(label, score),
            "pr_auc": theirs.average_precision_score(label, score),
            "brier": theirs.brier_score_loss(label, score),
            "f1": theirs.f1_score(label, decided),
            "precision": theirs.precision_score(label, decided),
            "recall": theirs.recall_score(label, decided),
            "calibration_error": by_bins(score.astype(np.float64), label),
        }
    )


def by_bins(confidence, correct):
    """Row by row, in fifteen bins of equal width."""
    total = 0.0
    for one in range(15):
        inside = [index for index, value in enumerate(confidence) if min(int(value * 15), 14) == one]
        if inside:
            total += len(inside) * abs(np.mean(confidence[inside]) - np.mean(correct[inside]))
    return total / len(confidence)


def test_metrics_of_several_classes_are_scikit_learns() -> None:
    shares, label = one_of_four()
    decided = shares.argmax(axis=1)
    found = Classes(CLASSES).judged(shares, label)
    one_hot = np.eye(4)[label.astype(int)]
    expected = {
        "log_loss": theirs.log_loss(label, (wide := shares.astype(np.float64)) / wide.sum(axis=1, keepdims=True)),
        "accuracy": theirs.accuracy_score(label, decided),
        "balanced_accuracy": theirs.balanced_accuracy_score(label, decided),
        "roc_auc": theirs.roc_auc_score(one_hot, shares, average="macro"),
        "pr_auc": theirs.average_precision_score(one_hot, shares, average="macro"),
        "brier": np.mean(np.sum((shares - one_hot) ** 2, axis=1)),
        "f1": theirs.f1_score(label, decided, average="macro"),
        "precision": theirs.precision_score(label, decided, average="macro"),
        "recall": theirs.recall_score(label, decided, average="macro"),
        "calibration_error": by_bins(shares.max(axis=1).astype(np.float64), decided == label),
    }
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("task", "rows"), [(Binary(), yes_or_no()), (Classes(CLASSES), one_of_four())])
def test_a_brief_metric_is_a_function_of_the_mean_over_rows(task, rows) -> None:
    for name in task.brief:
        metric = task.metrics[name]
        assert metric.mean_of is not None
        assert metric.from_mean(metric.mean_of(*rows).mean()) == pytest.approx(metric.of(*rows))


def test_rows_of_one_class_have_no_area_and_every_other_figure() -> None:
    found = Binary().judged(np.array([0.2, 0.7], np.float32), np.zeros(2))
    assert {name for name, value in found.items() if math.isnan(value)} == {"roc_auc", "pr_auc"}
    assert math.isnan(roc_auc(np.array([0.5]), np.array([True])))


def test_a_class_that_test_rows_lack_counts_in_no_mean() -> None:
    shares, label = one_of_four()
    there = label != 3
    found = Classes(CLASSES).judged(shares[there], label[there])
    assert all(math.isfinite(value) for value in found.values())
    recalls = [np.mean(shares[label == one].argmax(axis=1) == one) for one in range(3)]
    assert found["balanced_accuracy"] == pytest.approx(np.mean(recalls))


def test_certain_and_wrong_costs_much_but_not_without_end() -> None:
    assert Binary().measure(np.array([1.0]), np.array([0.0]), ["log_loss"])["log_loss"] == pytest.approx(
        16.118, abs=0.01
    )


@pytest.mark.parametrize("task", all_tasks())
def test_names_that_a_task_gives_are_of_its_metrics(task) -> None:
    given = {*task.shown, *task.brief, *task.of_part, task.selects, task.primary.name, *task.increases}
    assert given <= set(task.metrics)
    assert set(task.brief) <= set(task.shown), "history is read from manifests"
    assert len(task.baselines) == 2


@pytest.mark.parametrize("task", [Binary(("no", "yes"), {"threshold": 0.4}), Classes(CLASSES)])
def test_what_a_task_says_of_its_output_gives_the_task_again(task) -> None:
    again = task_of(json.loads(json.dumps(task.output("tip", None))))
    assert (again.kind, again.classes) == (task.kind, task.classes)
    row = np.array([0.1, 0.2, 0.6, 0.1]) if len(task.classes) == 4 else np.float32(0.45)
    assert again.decided(row) == task.decided(row) in (("c", 0.6), ("yes", pytest.approx(0.45)))


def test_manifests_of_before_are_of_numbers() -> None:
    assert task_of({"name": "prediction", "dtype": "float32"}).kind == "number"


def test_the_skill_of_the_shares_is_nothing_and_of_a_perfect_model_one() -> None:
    assert (Binary().skill(0.5, 0.5), Binary().skill(0.0, 0.5), Binary().skill(1.0, 0.5)) == (0.0, 1.0, -1.0)


def test_a_metric_of_another_kind_of_label_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(
        ValueError, match=r"gate\.limits names rmse, but the label is of kind binary, which has log_loss"
    ):
        check_metrics(Binary(), {"gate.limits": ["rmse", "accuracy"]})


@pytest.mark.filterwarnings("ignore:Conversion of an array with ndim > 0:DeprecationWarning")
@pytest.mark.parametrize(
    ("task", "rows"), [(Binary(("n", "y"), {"threshold": 26 / 64}), yes_or_no()), (Classes(CLASSES), one_of_four())]
)
def test_what_tfma_measures_is_what_we_do(task, rows) -> None:
    predicted, label = rows
    config = config_pb2.EvalConfig(
        model_specs=[config_pb2.ModelSpec(label_key="label", prediction_key="prediction")],
        slicing_specs=[config_pb2.SlicingSpec()],
        metrics_specs=[measured(task, "")],
    )
    table = pd.DataFrame({"label": label, "prediction": list(predicted)})
    ((_, found),) = tfma.analyze_raw_data(table, config).slicing_metrics
    told = named(task, found[""][""])
    ours = task.judged(predicted, label)
    areas = {"roc_auc": 1e-3}  # TFMA's has ten thousand thresholds
    assert set(told) - {"rows"} == {name for name, _ in ((how["name"], 0) for _, how in task.tfma_metrics())}
    for name in set(told) - {"rows"}:
        assert told[name] == pytest.approx(ours[name], rel=areas.get(name, 1e-5)), name


def test_one_number_a_row_is_the_probability_of_the_class_asked_for() -> None:
    binary, classes = Binary(("no", "yes")), Classes(("a", "b", "c"))
    assert binary.number_of(np.array([0.25, 0.5]), "yes").tolist() == [0.25, 0.5]
    assert binary.number_of(np.array([0.25, 0.5]), "no").tolist() == [0.75, 0.5]
    assert classes.number_of(np.array([[0.5, 0.25, 0.25], [0, 0.75, 0.25]]), "b").tolist() == [0.25, 0.75]
