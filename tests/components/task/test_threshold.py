"""The threshold of a yes: what each choice makes best, by trying every one."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from components.task.settings import Decision
from components.task.threshold import choose


@pytest.fixture(scope="module")
def rows():
    random = np.random.default_rng(2)
    label = (random.random(400) < 0.25).astype(np.float32)
    return np.round(np.clip(0.25 + 0.3 * label + random.normal(0, 0.2, 400), 0, 1), 2).astype(np.float32), label


def test_the_highest_f1_is_found(rows):
    score, label = rows
    found = choose(score, label, Decision())
    every = [f1_score(label, score >= one) for one in np.unique(score)]
    assert f1_score(label, score >= np.float32(found["threshold"])) == pytest.approx(max(every))
    assert found["chosen_by"] == "max F1 on 400 validation rows"


def test_the_lowest_cost_is_found(rows):
    score, label = rows

    def cost(threshold):
        said = score >= threshold
        return 3 * (said & (label == 0)).sum() + 1 * (~said & (label == 1)).sum()

    found = choose(score, label, Decision(by="cost", false_yes=3))
    assert cost(np.float32(found["threshold"])) == min(cost(one) for one in np.unique(score))


def test_a_given_precision_or_recall_is_kept_with_the_most_of_the_other(rows):
    score, label = rows
    for by, kept, other in (("precision", precision_score, recall_score), ("recall", recall_score, precision_score)):
        at = np.float32(choose(score, label, Decision(by=by, at_least=0.6))["threshold"])
        assert kept(label, score >= at) >= 0.6
        rivals = [other(label, score >= one) for one in np.unique(score) if kept(label, score >= one) >= 0.6]
        assert other(label, score >= at) == pytest.approx(max(rivals))


def test_what_cannot_be_chosen_is_said():
    score = np.array([0.2, 0.9], np.float32)
    assert "since all labels" in choose(score, np.ones(2), Decision())["chosen_by"]
    assert "since 0.9 is not reached" in choose(score, np.array([1.0, 0.0]), Decision(by="precision"))["chosen_by"]
    assert choose(score, np.ones(2), Decision(by="fixed", threshold=0.3)) == {"threshold": 0.3, "chosen_by": "fixed"}
