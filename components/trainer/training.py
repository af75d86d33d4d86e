"""One whole training: the float phase, its copy for reference, and compression; wherever it is asked for, the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import tf_keras

from components.task.boosted import Boosted
from components.trainer import cycles
from components.trainer.context import TrainingContext
from components.trainer.cycles import AfterEpoch
from components.trainer.design import Design
from components.trainer.phases import Net, Phases
from components.trainer.watch import Watch, unwatched


@dataclass(frozen=True)
class Trained:
    """What came of it.

    Attributes:
        reference: the float network.
        shipped: the compressed one.
        history: losses by epoch, by phase.
        teacher: whom it has learned from, where it had one.
    """

    reference: Net
    shipped: Net
    history: Mapping[str, Any]
    teacher: Boosted | None


def train(
    context: TrainingContext,
    design: Design,
    start: Path | None = None,
    after_epoch: AfterEpoch = cycles.unwatched,
    watch: Watch = unwatched,
) -> Trained:
    """Trains from the beginning, or from the float weights in an archive.

    The same design gives the same bytes in any process: what Keras has made before is forgotten, and every random draw
    comes in one order.

    Args:
        context: rows to learn from, and to watch.
        design: of the network.
        start: float weights of an earlier model.
        after_epoch: is told of the float phase's epochs, and may end it.
        watch: is told of all epochs.
    """
    tf_keras.backend.clear_session()
    tf_keras.utils.set_random_seed(design.training.seed)
    teacher = context.teacher(design.training)
    phases = Phases(design, context.training_set(design.training, teacher), context.validation, watch=watch)
    net = phases.fit_float(start, after_epoch)
    reference = phases.copy(net)  # compression goes on with the weights of `net`
    return Trained(reference, phases.compress(net), phases.history, teacher)
