"""The features alone as a file, without a network: what it takes of the budget, and which operators it is made of."""

from __future__ import annotations

from collections.abc import Sequence

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import tensorflow as tf

from components.conversion.convert import of_function
from components.trainer import export
from data.spec import Dataset
from transforms.features import BLOCK


def convert(model: export.RawModel, dataset: Dataset, absent: Sequence[str]) -> bytes:
    """The file.

    Args:
        model: with any networks, which are left out.
        dataset: roles of the raw columns.
        absent: see `export.RawModel`.
    """

    def features(**raw: tf.Tensor) -> export.Tensors:
        found = model.device_features(raw)
        # Something reads the block, as a network does: of a product that is an output itself no column is cut off.
        return {**found, BLOCK: model.or_unknown(raw, tf.abs(found[BLOCK]))}

    spec = export.device_signature(dataset, 1, absent)
    return of_function(tf.function(features).get_concrete_function(**spec), model)
