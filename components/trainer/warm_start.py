"""Warm start: the float weights of the live model as the first weights of the next one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import tf_keras

from components import recipe
from components.trainer.export import FLOAT_WEIGHTS_FILE, REFERENCE_DIR


def weights_beside(serving_model: str | None) -> Path | None:
    """The float weights that belong to a served SavedModel; None where there is no model or it kept none."""
    if not serving_model:
        return None
    path = Path(serving_model).parent / REFERENCE_DIR / recipe.EXTRA / FLOAT_WEIGHTS_FILE
    return path if path.exists() else None


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
