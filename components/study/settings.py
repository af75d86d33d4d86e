"""The choices of a compression study: which variants, and which of them is taken."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from components.compression_settings import Clustering, Conversion, Pruning, Quantization, check_combination
from components.settings import Training
from components.task.settings import ComparedMetric
from components.task.task import Task
from data.settings import Settings

FLOAT = "float"
CONFIGURED = "configured"
"""The variant that the `training` and `conversion` blocks describe."""


class Variant(Settings):
    """One way to compress the float model; what is left out is not done.

    Attributes:
        pruning, clustering, quantization: phases of training, as below `training`.
        conversion: what the converter does.
    """

    pruning: Pruning | None = None
    clustering: Clustering | None = None
    quantization: Quantization | None = None
    conversion: Conversion = Conversion()

    @property
    def epochs(self) -> int:
        """Epochs of all its phases."""
        return sum(phase.epochs for phase in (self.pruning, self.clustering, self.quantization) if phase)

    def phases(self) -> dict[str, object]:
        """Its phases by the keys of `training`."""
        return {name: getattr(self, name) for name in ("pruning", "clustering", "quantization")}


def _after(kind: Literal["dynamic", "float16", "int8", "int8_strict", "int16x8"]) -> Variant:
    return Variant(conversion=Conversion(quantization=kind))


def default_grid() -> dict[str, Variant]:
    """Every technique once, and pruning at three sparsities with and without quantization."""
    shares = {"50": 0.5, "75": 0.75, "87": 0.875}
    pruned = {name: Pruning(final_sparsity=share) for name, share in shares.items()}
    return {
        FLOAT: Variant(),
        "dynamic": _after("dynamic"),
        "float16": _after("float16"),
        "int8": _after("int8"),
        "int8_strict": _after("int8_strict"),
        "int16x8": _after("int16x8"),
        "qat": Variant(quantization=Quantization()),
        **{f"pruned_{name}": Variant(pruning=pruning) for name, pruning in pruned.items()},
        "block_pruned": Variant(pruning=Pruning(final_sparsity=0.75, pattern="1x4")),
        **{f"pqat_{name}": Variant(pruning=one, quantization=Quantization()) for name, one in pruned.items()},
        "clustered": Variant(clustering=Clustering()),
    }


class Selection(Settings):
    """Which variant is taken, by what was measured on the validation rows.

    Attributes:
        policy: `smallest` and `fastest` among those within `within` of the float model; `most_accurate` among those of
            at most `max_bytes`.
        within: how much the error may exceed the float model's, 0.01 for one percent.
        max_bytes: of the file; null sets no limit beyond `push.max_bytes`.
        metric: name of the one that counts; null takes the usual one of the label's kind.
        size: what `smallest` compares: bytes of the file, or of the gzipped file.
    """

    policy: Literal["smallest", "most_accurate", "fastest"] = "smallest"
    within: float = Field(default=0.01, ge=0)
    max_bytes: int | None = Field(default=None, ge=1)
    metric: ComparedMetric | None = None
    size: Literal["bytes", "gzip_bytes"] = "gzip_bytes"

    def of(self, task: Task) -> Selection:
        """With the metric that counts."""
        return self.model_copy(update={"metric": self.metric or task.selects})

    @model_validator(mode="after")
    def _accuracy_needs_a_limit(self) -> Selection:
        if self.policy == "most_accurate" and self.max_bytes is None:
            raise ValueError(
                "policy most_accurate needs max_bytes, such as 16000; without one it takes the float model"
            )
        return self


class Study(Settings):
    """A compression study.

    Attributes:
        grid: variants by name. `float`, the reference, and `configured`, as the other blocks say, are always there.
        select: which of them goes on to the Evaluator and the pusher.
        resamples: of the paired bootstrap.
        latency_rounds: how often each file is timed in turn with the others; the median counts.
    """

    grid: dict[str, Variant] = Field(default_factory=default_grid, min_length=1)
    select: Selection = Selection()
    resamples: int = Field(default=1000, ge=100, le=100_000)
    latency_rounds: int = Field(default=5, ge=1)

    @model_validator(mode="after")
    def _float_is_the_reference(self) -> Study:
        if self.grid.get(FLOAT, Variant()) != Variant():
            raise ValueError("grid.float is the reference and takes no settings; give the variant another name")
        if CONFIGURED in self.grid:
            raise ValueError("grid.configured is what `training` and `conversion` say; give the variant another name")
        wrong = [name for name in self.grid if not name.replace("_", "").replace("-", "").isalnum()]
        if wrong:
            raise ValueError(f"grid: names are letters, digits, - and _; got {', '.join(map(repr, wrong))}")
        return self

    def variants(self, training: Training, conversion: Conversion) -> dict[str, Variant]:
        """All variants in order, the reference first."""
        configured = Variant(
            pruning=training.pruning,
            clustering=training.clustering,
            quantization=training.quantization,
            conversion=conversion,
        )
        found = {FLOAT: Variant(), **self.grid}
        return found if configured in found.values() else {**found, CONFIGURED: configured}

    def check(self, training: Training) -> None:
        """Whether every variant can be made of this network.

        Raises:
            ValueError: one cannot; names it.
        """
        for name, one in self.grid.items():
            try:
                check_combination(training.known_units, one.pruning, one.clustering, one.quantization, one.conversion)
            except ValueError as error:
                raise ValueError(f"study.grid.{name}: {error}") from error
