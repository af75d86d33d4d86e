"""Names of the slices that rows belong to, by the very functions that make the model's features."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from components.evaluation.slices import MISSING, Slicing
from data.tensor_names import tensor_name
from transforms import clock
from transforms.distance import DISTANCES

Columns = Mapping[str, Sequence[Any] | npt.NDArray[Any]]


def names(slicing: Slicing, columns: Columns) -> list[bytes]:
    """The slice of each row, UTF-8.

    Args:
        slicing: what to cut by.
        columns: raw ones by tensor name, one value a row; None, NaN and the empty text are missing.

    Raises:
        KeyError: it lacks a column.
    """
    found = [columns[tensor_name(name)] for name in slicing.columns]
    if slicing.kind == "category":
        return [value or MISSING.encode() for value in found[0]]
    numbers = [np.array([np.nan if value is None else value for value in column]) for column in found]
    if slicing.kind == "cell":
        return [slicing.cell(*place).encode() for place in zip(*numbers, strict=True)]
    return [slicing.interval(value).encode() for value in _measured(slicing, numbers)]


def _measured(slicing: Slicing, numbers: list[npt.NDArray[np.float64]]) -> Iterable[float]:
    """What intervals are made of, by the very functions that make the model's features."""
    if slicing.kind == "distance":
        places = [tf.constant(one, tf.float32) for one in numbers]
        return [float(one) for one in DISTANCES[slicing.part](*places).numpy()]
    if slicing.kind == "number":
        return [float(one) for one in numbers[0]]
    (seconds,) = numbers
    known = ~np.isnan(seconds)
    shown = tf.constant(np.where(known, seconds, 0).astype(np.int32))
    parts: Mapping[str, Any] = {"hour": clock.hour, "weekday": clock.weekday, "month": clock.month}
    return [
        float(one) if there else np.nan
        for one, there in zip(parts[slicing.part](shown).numpy() + 0.0, known, strict=True)  # -0.0 is shown as 0
    ]
