"""What is searched: around each choice of a configuration a few others, in order, so that a step has neighbours."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import keras_tuner
import numpy as np

from components.settings import SettledTraining, Training
from components.trainer.choices import LADDER

MEMBERS = (1, 2, 3, 4)
WIDTHS, BINS = (2, 3, 4, 6, 8), (8, 12, 16, 24, 32, 48, 64)
RATES, DECAYS = (0.35, 0.5, 0.7, 1.4, 2.0), (0.1, 0.3, 3.0, 10.0)
DROPOUTS, FINETUNE_RATES, QUANTIZATION_EPOCHS = (0.0, 0.05, 0.1, 0.2), (0.1, 0.2, 0.4), (2, 4, 8, 16)
DELTAS = ("0.05 sd", "0.1 sd", "0.2 sd", "0.5 sd", "1 sd")
UNITS = ((128, 32), (96, 48), *(rung.units for rung in LADDER))
TEACHERS = (None, {"rows": 1.0}, {"rows": 4.0})
SPARSITIES = (None, {"final_sparsity": 0.5}, {"final_sparsity": 0.75})
"""Null is without; the rest of either block is by default."""

Moves = Sequence[tuple[str, int]]
FIRST_MOVES: Moves = (
    ("training.units", 1),
    ("training.members", 1),
    ("training.loss.delta", -1),
    ("training.label_scale", 1),
    ("training.weight_decay", 1),
    ("training.epochs", 1),
    ("training.distillation", 1),
    ("training.dropout", 1),
    ("training.learning_rate", -1),
    ("training.loss.delta", 1),
    ("training.weight_decay", -1),
    ("training.piecewise.bins", 1),
    ("training.units", -1),
    ("training.quantization.epochs", 1),
    ("training.learning_rate", 1),
    ("training.piecewise.width", 1),
)
"""Steps that are tried one by one from the best so far, before chance decides: key, and places along its values."""


def space(training: Training, settled: SettledTraining, scales: Sequence[str]) -> keras_tuner.HyperParameters:
    """The values of each choice as JSON texts; the default of each is what the configuration comes to.

    Args:
        training: of the configuration.
        settled: the same without `auto`.
        scales: values of `training.label_scale` that the label can be learned on; none where it is no number.
    """
    found = keras_tuner.HyperParameters()
    for key, values, now in _choices(training, settled, scales):
        texts = list(dict.fromkeys(json.dumps(one) for one in values))
        if len(texts) > 1:
            found.Choice(f"training.{key}", texts, default=json.dumps(now), ordered=False)
    return found


def _choices(
    training: Training, settled: SettledTraining, scales: Sequence[str]
) -> Iterator[tuple[str, Sequence[Any], Any]]:
    units = sorted({*UNITS, settled.units}, key=lambda one: (np.prod(one), one))
    yield "units", [list(one) for one in units], list(settled.units)
    yield "members", _around(MEMBERS, settled.members), settled.members
    if settled.piecewise is not None:
        yield "piecewise.width", _around(WIDTHS, settled.piecewise.width), settled.piecewise.width
        yield "piecewise.bins", _around(BINS, settled.piecewise.bins), settled.piecewise.bins
    yield (
        "batch_size",
        [max(1, settled.batch_size // 2), settled.batch_size, settled.batch_size * 2],
        settled.batch_size,
    )
    yield "learning_rate", _times(RATES, settled.learning_rate), settled.learning_rate
    yield "weight_decay", _decays(settled.weight_decay), settled.weight_decay
    yield "epochs", _cycles(settled.epochs), list(settled.epochs)
    if scales and settled.loss.has_delta:
        yield "loss.delta", _deltas(settled.loss.delta), settled.loss.delta
    if scales:
        yield "label_scale", [settled.label_scale, *scales[1:]], settled.label_scale
    yield "dropout", _around(DROPOUTS, settled.dropout), settled.dropout
    yield "finetune_rate", _around(FINETUNE_RATES, settled.finetune_rate), settled.finetune_rate
    if settled.quantization is not None:
        epochs = settled.quantization.epochs
        yield "quantization.epochs", _around(QUANTIZATION_EPOCHS, epochs), epochs
    for key, usual in (("distillation", TEACHERS), ("pruning", SPARSITIES)):
        block = getattr(training, key)
        now = None if block is None else block.model_dump(mode="json")
        yield key, [*usual, *([] if now is None else [now])], now


def _around(usual: Iterable[Any], now: Any) -> list[Any]:
    return sorted({*usual, now})


def _times(factors: Iterable[float], now: float) -> list[float]:
    return _around((float(f"{factor * now:.2g}") for factor in factors), now)


def _decays(now: float) -> list[float]:
    return _around((0.0, *(_times(DECAYS, now) if now else (0.001, 0.01, 0.1))), now)


def _cycles(now: Sequence[int]) -> list[list[int]]:
    return [[max(1, one // 2) for one in now], list(now), [2 * one for one in now]]


def _deltas(now: float | str) -> list[float | str]:
    if isinstance(now, str):
        return sorted({*DELTAS, now}, key=lambda one: float(str(one).removesuffix("sd")))
    return list(_times((0.25, 0.5, 2.0, 4.0), now))
