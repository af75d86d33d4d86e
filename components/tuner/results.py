"""What a search came to: the document `tuning.json`, and the choices as a patch of the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from components.shown import number
from components.study.statistics import pareto
from components.task import title_of
from components.tuner.search import FileTuner
from components.tuner.trials import Trial

TUNING_VERSION = 1


def results(tuner: FileTuner) -> dict[str, Any]:
    """Every trial with its figures on rows that it has not learned from, and the chosen one."""
    chosen, why = tuner.chosen()
    ok = {key: one for key, one in tuner.trials.items() if one.status == "ok"}
    front = pareto({key: (one.figures["bytes"], one.loss) for key, one in ok.items()})
    trials = [_told(int(key), one, key in front, one is chosen) for key, one in tuner.trials.items()]
    return {
        "tuning_version": TUNING_VERSION,
        "metric": tuner.judge.task.primary.name,
        "rows": len(tuner.judge.label),
        "folds": len(tuner.judge.parts),
        "seconds": round(tuner.watch.spent_s, 1),
        "why": why,
        "patch": dict(chosen.changed),
        "trials": trials,
    }


def _told(number: int, trial: Trial, on_front: bool, chosen: bool) -> dict[str, Any]:
    told = {"trial": number, "changed": dict(trial.changed), "seconds": round(trial.seconds, 1)}
    if trial.status != "ok":
        return {**told, "status": trial.status, "reason": trial.reason}
    return {**told, "status": "ok", **trial.figures, "pareto": on_front, "chosen": chosen}


def patch(found: Mapping[str, Any]) -> str:
    """The chosen values as YAML, to be put over a configuration."""
    tree: dict[str, Any] = {}
    for key, value in found["patch"].items():
        *parents, leaf = key.split(".")
        block = tree
        for parent in parents:
            block = block.setdefault(parent, {})
        block[leaf] = value
    usual, best = (_error(found, one) for one in (_first(found), _chosen(found)))
    title = title_of(found["metric"])
    head = f"# found by farelite tune: {title} {best} on rows held out of train and validation, as configured {usual}\n"
    return head + (
        yaml.safe_dump(tree, sort_keys=False, default_flow_style=None)
        if tree
        else "# nothing: the configuration stands\n"
    )


def _first(found: Mapping[str, Any]) -> Mapping[str, Any]:
    return found["trials"][0]


def _chosen(found: Mapping[str, Any]) -> Mapping[str, Any]:
    return next(one for one in found["trials"] if one.get("chosen"))


def _error(found: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    return number(one["metrics"][found["metric"]])
