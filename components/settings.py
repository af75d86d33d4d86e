"""The choices of the components that judge data, train, judge models and push; the configuration composes them."""

from __future__ import annotations

import itertools
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from components.compression_settings import Clustering, Pruning, Quantization, Target, check_combination
from components.task.amounts import Amount
from components.task.settings import Decision, Increases, Limits, Loss
from data.settings import Settings

Auto = Literal["auto"]


def _several(given: Any) -> Any:
    """One number stands for a list of one."""
    return (given,) if isinstance(given, int) and not isinstance(given, bool) else given


class Distillation(Settings):
    """Learning from a gradient-boosted teacher (LightGBM) too, on new trips put together from parts of real ones.

    Attributes:
        rows: new trips for each training row.
        remix: chance that a part of a new trip comes from another real one; the time always does.
        median_share: weight of trees that learn the median of the label; the rest is the mean's.
        trees: of the median; the mean has half as many.
        learning_rate, leaves: of the trees.
    """

    rows: float = Field(default=4.0, gt=0)
    remix: float = Field(default=0.2, ge=0, le=1)
    median_share: float = Field(default=0.75, ge=0, le=1)
    trees: int = Field(default=400, ge=1)
    learning_rate: float = Field(default=0.03, gt=0)
    leaves: int = Field(default=31, ge=2)


Epochs = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1), BeforeValidator(_several)]
Units = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)]


class Piecewise(Settings):
    """Piecewise-linear encoding: each number through a few learned functions with a bend at each of its quantiles.

    Below 2,000 training rows numbers stay as they are unless bins or width are given.

    Attributes:
        bins: stretches between two bends; a number of few values has a bend at each. `auto` goes by rows and
            `push.max_bytes`.
        width: functions of each number; `auto` likewise.
        fine: numbers whose short stretches matter.
        fine_bins: bins of those; `auto` takes one for 200 training rows, at most 256, from 20,000 rows on.
    """

    bins: Annotated[int, Field(ge=2, le=256)] | Auto = "auto"
    width: Annotated[int, Field(ge=1, le=64)] | Auto = "auto"
    fine: tuple[str, ...] = ("years",)
    fine_bins: Annotated[int, Field(ge=2, le=256)] | Auto = "auto"


class Training(Settings):
    """The network and how its weights are found. What `auto` stands for is told in docs/reference/defaults.md.

    Attributes:
        units: width of each hidden layer; `auto` takes two, by rows and `push.max_bytes`.
        members: networks of these units that learn each for itself over one front, and whose mean the file gives; they
            are one network in it, with layers so many times as wide. `auto` takes as many as `push.max_bytes` has room
            for, at most 3, or one where `units` are given. A warm start goes on with them as one.
        piecewise: encoding of the numbers; null leaves them as they are.
        label_scale: `linear` learns the standardized label, `log` its standardized logarithm, and corrects the bias
            that this brings; `auto` takes the logarithm of positive, heavily skewed labels.
        loss: what they minimise.
        decision: how the threshold of a binary label is chosen.
        epochs: of the float phase that everything else starts from: of its only cycle, or of each in turn. The learning
            rate rises and falls once a cycle, the first one worse on the validation rows than the best so far is the
            last, and the best counts. `auto` doubles: 8, 16, 32, 64, 128, or from 20,000 training rows on 4, 8, 16, 32.
        batch_size: rows a step; `auto` takes 256, or 512 from 20,000 training rows on.
        learning_rate: highest of the float phase; `auto` takes 0.008, or 0.016 likewise. Later phases take
            `finetune_rate` times it, and fall along a cosine.
        finetune_rate: see above.
        dropout: share of hidden activations dropped in training.
        weight_decay: share of a weight that one step takes off at a rate of 1 (decoupled); `auto` falls with the square
            of the rows, from 0.3 at 10,000, and is 1 below 1,000.
        warm_start: the float phase starts from the live model's float weights, where their shapes fit, at the rate of
            the later phases; from the beginning without a live model, and where the reducer's axes have turned since.
        max_rows: of `train` and of `validation`, held in memory; where there are more, a uniform sample of so many is
            drawn, the same one each time. Null takes all.
        seed: of weights, order, dropout and teacher.
        distillation: what else to learn from; null leaves it at the labels.
        pruning, clustering, quantization: phases after the float one, in this order; null leaves one out.
    """

    units: Units | Auto = "auto"
    members: Annotated[int, Field(ge=1)] | Auto = "auto"
    piecewise: Piecewise | None = Piecewise()
    label_scale: Literal["auto", "linear", "log"] = "auto"
    loss: Loss = Loss()
    decision: Decision = Decision()
    epochs: Epochs | Auto = "auto"
    batch_size: Annotated[int, Field(ge=1)] | Auto = "auto"
    learning_rate: Annotated[float, Field(gt=0)] | Auto = "auto"
    finetune_rate: float = Field(default=0.2, gt=0)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    weight_decay: Annotated[float, Field(ge=0)] | Auto = "auto"
    warm_start: bool = False
    max_rows: int | None = Field(default=1_000_000, ge=1)
    seed: int = 0
    distillation: Distillation | None = None
    pruning: Pruning | None = None
    clustering: Clustering | None = None
    quantization: Quantization | None = Quantization()

    @model_validator(mode="after")
    def _phases_fit(self) -> Training:
        check_combination(self.known_units, self.pruning, self.clustering, self.quantization)
        return self

    @property
    def known_units(self) -> tuple[int, ...]:
        """Widths of the hidden layers, or for `auto` the least there will be."""
        members = 1 if self.members == "auto" else self.members
        return tuple(members * one for one in ((24, 8) if self.units == "auto" else self.units))


class SettledTraining(Training):
    """The same after the rules have spoken: nothing is `auto`."""

    units: Units
    members: int = 1
    epochs: Epochs
    batch_size: int
    learning_rate: float
    weight_decay: float


class Slices(Settings):
    """One cut of the test rows into slices, each of which is judged for itself.

    Attributes:
        of: what the rows are cut by: `hour`, `weekday` or `month`; a distance such as `haversine_km`; a point, and
            then by cells of `cell_deg`; or a numeric or categorical column.
        boundaries: strictly increasing; slices lie between them. A distance or numeric column needs them; without
            them each hour, weekday or month is a slice.
        cell_deg: height and width of a point's cells, in degrees.
        limits: as `gate.limits`, of each slice.
        max_ratio: the primary metric of each slice may be at most so many times the champion's on the same rows; null
            compares no slice.
    """

    of: str
    boundaries: tuple[float, ...] | None = Field(default=None, min_length=1)
    cell_deg: float | None = Field(default=None, gt=0, le=90)
    limits: Limits = Field(default_factory=dict)
    max_ratio: float | None = Field(default=1.1, gt=0)

    @model_validator(mode="after")
    def _ordered(self) -> Slices:
        if self.boundaries is not None and any(a >= b for a, b in itertools.pairwise(self.boundaries)):
            raise ValueError(f"boundaries must be strictly increasing, got {list(self.boundaries)}")
        return self


class Gate(Settings):
    """The judgement of a model: by the Evaluator on the SavedModel, then by the pusher on the file itself.

    Attributes:
        limits: on all test rows, by name of metric: the most that an error may be, and how far a figure that may be too
            high as well as too low may lie from its ideal; a number, or a share of the label's standard deviation over
            the training rows such as `0.5 sd`. Null takes a limit away.
        max_ratio: the primary metric may be at most so many times the champion's on the same rows.
        min_skill: the file's skill must be above this: 1 minus its squared error over that of the mean of the training
            rows (A. H. Murphy, 1988), so that 0 asks to beat the mean; null asks for nothing.
        max_linear_ratio: the file's primary metric may be at most so many times that of the linear model on the same
            features; more is excused up to a twentieth of the mean's, since beside an all but exact linear model a
            ratio says little. Null compares nothing.
        min_rows: a file measured on fewer test rows is refused.
        warn_below_rows: fewer test rows are said, and pass.
        slices: cuts of the test rows, by name.
        min_slice_rows: a slice of fewer rows is measured and marked as small, never judged.
    """

    limits: Limits = Field(default_factory=dict)
    max_ratio: float = Field(default=1.02, gt=0)
    min_skill: float | None = Field(default=0.0, lt=1)
    max_linear_ratio: float | None = Field(default=1.25, gt=0)
    min_rows: int = Field(default=30, ge=1)
    warn_below_rows: int = Field(default=200, ge=1)
    slices: dict[str, Slices] = Field(default_factory=dict)
    min_slice_rows: int = Field(default=200, ge=1)


class Push(Settings):
    """What the file itself must keep to be published.

    Attributes:
        targets: what the file must run on, measured before it is published: `litert` (phones, browsers, Linux) and
            `micro` (TensorFlow Lite for Microcontrollers; wants the package `tflite-micro`). An operator that one lacks
            is refused by name before training. The manifest tells of the others all the same.
        max_increase: share by which the file's metrics may be worse than the float model's, by name of metric, 0.02 for
            two percent. A metric that is not named keeps its default, which stands with the metrics below; null takes
            the limit away.
        max_bytes: of the file.
        min_sparsity: share of zeros in the dense kernels, counted in the file; null sets no limit. That the file has
            the zeros which pruning made is always asked.
        max_latency_us: 95th percentile of one call from Python, in microseconds; null sets no limit, since the figure
            depends on the machine.
        max_difference: largest difference between the file and the SavedModel on one row, in label units, or as a share
            of the label's standard deviation over the training rows; of a probability, where the label is no number.
            With buckets it can be as high as a step: where a row lies on a boundary, the last bit decides.
        max_p99_difference, max_mean_difference: 99th percentile and mean of the same.
        max_flipped: share of test rows that the file may decide otherwise than the float model, where the label is no
            number; null takes 0.02.
        max_rows: test rows that the file is run on, and training rows whose places are kept beside it; where
            there are more, a uniform sample of so many is drawn. Null takes all; the Evaluator always does.
        test_vectors: rows kept beside the file with the outputs to expect.
        keep_versions: so many of the newest stay in the store; the live one and the one before it always do.
        store: folder of any filesystem that Beam knows (`gs://`, `s3://`, `hdfs://`, a mounted one) that holds the
            published versions and says which is live; null keeps them in the runs folder alone.
    """

    targets: tuple[Target, ...] = Field(default=("litert",), min_length=1)
    max_increase: Increases = Field(default_factory=dict)
    max_bytes: int = Field(default=32_000, ge=1)
    min_sparsity: float | None = Field(default=None, ge=0, lt=1)
    max_latency_us: float | None = Field(default=None, gt=0)
    max_difference: Amount = "0.5 sd"
    max_p99_difference: Amount = "0.05 sd"
    max_mean_difference: Amount = "0.02 sd"
    max_flipped: float | None = Field(default=None, ge=0, le=1)
    max_rows: int | None = Field(default=1_000_000, ge=1)
    test_vectors: int = Field(default=32, ge=1)
    keep_versions: int = Field(default=20, ge=2)
    store: str | None = None
