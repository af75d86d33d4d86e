"""Warm start: the float weights of the live model as the first weights of the next one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import tf_keras

from components.conversion import recipe
from components.files import FLOAT_WEIGHTS_FILE, REFERENCE_DIR
from transforms.features import LEARNED_FILE

SAME_AXIS = 0.9
"""Cosine between an axis of then and now; below, a weight would stand for something else."""


def weights_beside(serving_model: str | None) -> Path | None:
    """The float weights that belong to a served SavedModel; None where there is no model or it kept none."""
    if not serving_model:
        return None
    path = Path(serving_model).parent / REFERENCE_DIR / recipe.EXTRA / FLOAT_WEIGHTS_FILE
    return path if path.exists() else None


def turned(path: Path, now: Mapping[str, Any]) -> str:
    """Why weights cannot be taken since the axes of the network's inputs are others; empty where they are the same.

    An axis of PCA and its kin is found anew in each data set: its sign may flip, and axes of like variance turn into
    each other. Old weights on turned axes are a worse start than none.

    Args:
        path: an archive of weights of a version, see `weights_beside`.
        now: what the Transform step has learned, see `transforms.learned`.
    """
    file = path.parents[1] / "assets" / LEARNED_FILE
    if not file.exists():
        return f"{file.name} is not beside the live model's weights"
    then = json.loads(file.read_text())
    if (then["kind"], then["features"], then["kept"]) != (now["kind"], now["features"], now["kept"]):
        return "the live model has other features or another reducer"
    if now["kind"] == "none":
        return ""
    old, new = (np.asarray(one["loadings"], np.float64)[: now["kept"]] for one in (then, now))
    cosines = np.sum(old * new, axis=1) / np.maximum(np.linalg.norm(old, axis=1) * np.linalg.norm(new, axis=1), 1e-30)
    worst = int(np.argmin(cosines))
    if cosines[worst] >= SAME_AXIS:
        return ""
    return (
        f"axis {worst + 1} of {now['kind']} has turned since: the cosine is {cosines[worst]:.2f}, below {SAME_AXIS:g}; "
        "with features.reducer.kind none there are no axes to turn"
    )


def take(models: Sequence[tuple[str, tf_keras.Model]], path: Path) -> tuple[int, int]:
    """Sets the weights that fit, in place.

    Buckets, vocabularies and the reducer's basis were learned from other rows, so a weight may stand for something
    slightly different now; it is a place to start from, and the gate judges where training ends.

    Args:
        models: with the names that their weights were saved under.
        path: an archive of arrays named `<name>_<place in Keras's order>`.

    Returns:
        How many weights were taken, and how many there are. A model with another number of weights takes none.
    """
    taken = total = 0
    with np.load(path) as arrays:
        for name, model in models:
            old = [arrays[key] for key in sorted(arrays) if key.startswith(f"{name}_")]
            new = model.get_weights()
            total += len(new)
            if len(old) != len(new):
                continue
            fitting = [one.shape == other.shape for one, other in zip(old, new, strict=True)]
            chosen = [one if fits else other for one, other, fits in zip(old, new, fitting, strict=True)]
            model.set_weights(chosen)
            taken += sum(fitting)
    return taken, total
