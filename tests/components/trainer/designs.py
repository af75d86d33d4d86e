"""Small networks before training, for the tests of what trains them."""

from __future__ import annotations

from typing import Any

import numpy as np

from components.settings import SettledTraining
from components.tables import Table
from components.task.regression_learning import RegressionLearning
from components.trainer import network
from components.trainer.design import Design
from transforms import piecewise
from transforms.features import BLOCK


def settled(**changes: Any) -> SettledTraining:
    """Choices without `auto`, of a float network that trains for one epoch."""
    small = {"units": (16, 8), "epochs": 1, "batch_size": 64, "learning_rate": 0.008, "weight_decay": 0.01}
    return SettledTraining.model_validate({**small, "quantization": None, **changes})


def bent(numbers: Any, columns: list[int], bins: int, width: int) -> network.Bent:
    """Bends at the quantiles of those columns of `[rows, n]`."""
    steps = np.arange(piecewise.PARTS + 1) / piecewise.PARTS
    quantiles = [np.quantile(numbers[:, column], steps, method="higher").astype(np.float32) for column in columns]
    return network.Bent(columns, piecewise.table([piecewise.boundaries(one, bins) for one in quantiles]), width)


def design(train: Table, widths: network.Widths, training: SettledTraining) -> Design:
    """Scales as those rows have them."""
    learning = RegressionLearning()
    encoding = learning.encoding(train.label, training.label_scale)
    return Design(training, widths, network.span_scale(train.inputs[BLOCK]), encoding, learning)
