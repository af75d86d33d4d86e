"""One training of an ablation: features, network, file, and what was measured of them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt

from components.conversion.convert import convert
from components.conversion.recipe import Recipe
from components.device import runtime
from components.scoring.device_rows import on_device
from components.tables import Table
from components.task import task_of
from components.trainer import export, fitting
from components.trainer.context import TrainingContext
from components.trainer.training import train
from pipeline.config import Config
from transforms import in_memory, learned
from transforms.features import Plan

Columns = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Measured:
    """Figures of one training, on the test rows.

    Attributes:
        linear: brief metrics of the linear model on the same features.
        network: of the float network; None where only the linear model was asked for, as in all below.
        file: of the file.
        parameters: of the float network.
        bytes: of the file.
        inputs: numbers that the network takes; an id counts as many as its embedding is wide.
    """

    linear: dict[str, float]
    network: dict[str, float] | None = None
    file: dict[str, float] | None = None
    parameters: int | None = None
    bytes: int | None = None
    inputs: int | None = None

    def plain(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class StageData:
    """What trainings on the same rows and features share.

    Attributes:
        context: rows and shapes under the learned features.
        rows: transformed rows of `test`.
        raw: the same rows before the graph.
    """

    context: TrainingContext
    rows: Table
    raw: Columns


def prepare(plan: Plan, splits: Mapping[str, Columns], folder: Path, budget: int) -> StageData:
    """Learns the features from `train`; the graph lies in `folder`, which must stay as long as the ground is used.

    The budget is in bytes of a file.
    """
    output = in_memory.learn(plan, splits["train"], folder)
    known = learned.read(output.transform_savedmodel_dir)
    context = TrainingContext(plan, output, known, splits["train"], splits["validation"], budget).narrowed()
    return StageData(context, context.table(splits["test"]), splits["test"])


def measure(config: Config, stage_data: StageData, folder: Path, linear_only: bool) -> Measured:
    """Trains with `config.training`, its seed included, converts in `folder`, and measures on `test`."""
    context, rows = stage_data.context, stage_data.rows
    label = rows.label
    task = task_of(context.plan.dataset.label.model_dump())
    design, _ = context.design(config.training, config.conversion)
    *_, linear = design.learning.baselines(context.train, design.widths.sizes).values()
    of_linear = task.measure(np.asarray(linear(rows.inputs)), label, task.brief)
    if linear_only:
        return Measured(of_linear)
    trained = train(context, design)
    reference = trained.reference.joined
    saved = str(folder / "model")
    context.export(design, trained.shipped, saved, Recipe(conversion=config.conversion))
    model = convert(saved, config.conversion)
    described = export.interface(context.plan, export.vocabularies(context.output, context.plan.dataset))
    device = on_device(described.inputs, stage_data.raw)
    return Measured(
        of_linear,
        task.measure(fitting.predict(reference, rows, design), label, task.brief),
        task.measure(runtime.predict(model, device), label, task.brief),
        int(reference.count_params()),
        len(model),
        design.widths.total,
    )
