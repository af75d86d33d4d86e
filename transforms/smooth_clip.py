"""Smooth clipping: the middle of a column as it is, its tails drawn in, nothing cut off."""

import numpy as np
import numpy.typing as npt
import tensorflow as tf

LIMIT = 8.0
"""What a number infinitely far out becomes, in distances between the quartiles; by measurement, see decision 0081."""


def apply(z: tf.Tensor, tails: npt.NDArray[np.bool_]) -> tf.Tensor:
    """z / sqrt(1 + (z / LIMIT)^2) in the columns of float32 `[batch, n]` that `tails` `[n]` names; NaN stays NaN.

    RealMLP's (D. Holzmueller, L. Grinsztajn, I. Steinwart, "Better by Default", 2024), there with a limit of 3.
    """
    if not tails.any():
        return z
    return z / tf.sqrt(1.0 + tf.square(z * (tails / LIMIT).astype(np.float32)))
