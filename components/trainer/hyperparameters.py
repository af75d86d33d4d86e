"""What a Tuner has found, on its way into training: values by key of the configuration, as JSON texts.

KerasTuner's `HyperParameters` hold numbers and texts; units and whole blocks go as the text that `--set` takes too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from components.settings import Training

PREFIX = "training."
SIZE = ("training.units", "training.members", "training.piecewise.width", "training.piecewise.bins")
"""Where one of these is given and another `auto`, the rules would choose that anew; so they go together."""


def changes(found: Mapping[str, Any]) -> dict[str, Any]:
    """The values that differ from the configuration's own, by key.

    Args:
        found: as `keras_tuner.HyperParameters.get_config()` gives it; each default is what the configuration comes to.
    """
    usual = {one["config"]["name"]: one["config"]["default"] for one in found["space"]}
    values = {name: value for name, value in found["values"].items() if name in usual}
    names = {name for name, value in values.items() if value != usual[name]}
    if names & set(SIZE):
        names |= set(SIZE) & set(values)
    return {name: json.loads(values[name]) for name in usual if name in names}


def tuned(training: Training, changed: Mapping[str, Any]) -> Training:
    """The choices with the changes in place."""
    tree = training.model_dump(mode="json")
    for key, value in changed.items():
        *parents, leaf = key.removeprefix(PREFIX).split(".")
        block = tree
        for parent in parents:
            block = block[parent]
        block[leaf] = value
    return Training.model_validate(tree)
