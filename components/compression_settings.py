"""The choices of compression: what happens while the network trains, and what the converter does afterwards."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from data.settings import Settings

TWO_OF_FOUR = "2:4"
SINGLE = "1x1"
OUTPUT_LAYER = "core_output"


def hidden_layers(units: tuple[int, ...]) -> list[str]:
    """Names of the hidden dense layers of the core, in order."""
    return [f"core_hidden_{number}" for number in range(1, len(units) + 1)]


class Pruning(Settings):
    """Magnitude pruning of dense kernels (M. Zhu, S. Gupta, 2017).

    Attributes:
        schedule: `polynomial` ramps from `initial_sparsity` to `final_sparsity`; `constant` prunes to the final one at
            `begin` and again every `frequency` steps.
        final_sparsity: share of zeros to end with; 0.5 where `pattern` is `2:4`.
        initial_sparsity: share of zeros to begin with.
        epochs: how long this phase trains.
        begin, end: where in the phase masks are first and last updated, as shares of it; the rest recovers.
        frequency: steps between two updates of the masks.
        power: exponent of the polynomial ramp.
        pattern: `1x1` zeroes single weights; `RxC`, such as `1x4`, blocks of R inputs by C outputs; `2:4` two of
            every four weights that meet one output, chosen once at the start.
        layers: final sparsity by layer name, such as `{core_hidden_1: 0.9}`, in place of `final_sparsity`; null prunes
            all hidden layers alike.
    """

    schedule: Literal["polynomial", "constant"] = "polynomial"
    final_sparsity: float = Field(default=0.8, ge=0, lt=1)
    initial_sparsity: float = Field(default=0.0, ge=0, lt=1)
    epochs: int = Field(default=20, ge=1)
    begin: float = Field(default=0.0, ge=0)
    end: float = Field(default=0.6, ge=0)
    frequency: int = Field(default=20, ge=1)
    power: float = Field(default=3.0, gt=0)
    pattern: str = SINGLE
    layers: dict[str, float] | None = None

    @model_validator(mode="before")
    @classmethod
    def _two_of_four_is_half(cls, given: Any) -> Any:
        # YAML reads an unquoted 2:4 as a number to base 60.
        if isinstance(given, Mapping) and given.get("pattern") in (TWO_OF_FOUR, 124):
            return {"final_sparsity": 0.5, **given, "pattern": TWO_OF_FOUR}
        return given

    @model_validator(mode="after")
    def _consistent(self) -> Pruning:
        if self.schedule == "polynomial" and self.initial_sparsity > self.final_sparsity:
            raise ValueError(f"initial_sparsity {self.initial_sparsity} is above final_sparsity {self.final_sparsity}")
        if self.end <= self.begin:
            raise ValueError(
                f"the schedule ends at {self.end:g} of the phase, before or where it begins ({self.begin:g}); "
                "give an end above begin"
            )
        if self.end > 1:
            raise ValueError(
                f"the schedule ends at {self.end:g} of the phase, after training stops (1); give an end of at most 1, "
                "or train more epochs"
            )
        wrong = {name: share for name, share in (self.layers or {}).items() if not 0 <= share < 1}
        if wrong:
            raise ValueError(f"layers: sparsity must lie in [0, 1), got {_pairs(wrong)}")
        self._pattern_fits()
        return self

    def _pattern_fits(self) -> None:
        if self.pattern == TWO_OF_FOUR:
            if self.final_sparsity != 0.5 or (self.layers and set(self.layers.values()) != {0.5}):
                raise ValueError(
                    f"pattern 2:4 makes half of the weights zero; a sparsity of {self.final_sparsity:g} cannot be had"
                )
        elif not re.fullmatch(r"[1-9]\d?x[1-9]\d?", self.pattern):
            raise ValueError(f"pattern {self.pattern!r} is none: write 1x1, RxC such as 1x4, or 2:4")

    @property
    def block(self) -> tuple[int, int]:
        """Inputs and outputs of a block; 1, 1 for single weights and for 2:4."""
        if self.pattern == TWO_OF_FOUR:
            return 1, 1
        rows, columns = self.pattern.split("x")
        return int(rows), int(columns)

    def shares(self, hidden: Iterable[str]) -> dict[str, float]:
        """Final sparsity by layer."""
        return dict(self.layers) if self.layers is not None else dict.fromkeys(hidden, self.final_sparsity)


class Clustering(Settings):
    """Weight clustering: every kernel takes a few values only, which the gzipped file is smaller for.

    Attributes:
        clusters: values of a kernel; zero is one of them where the kernel was pruned.
        epochs: how long this phase trains.
        layers: names; null clusters all hidden layers.
    """

    clusters: int = Field(default=16, ge=3, le=256)
    epochs: int = Field(default=10, ge=1)
    layers: tuple[str, ...] | None = None


class Quantization(Settings):
    """Quantization-aware training: 8-bit weights and activations of dense layers.

    Attributes:
        epochs: how long this phase trains.
        layers: names; null takes all hidden layers. `core_output` may be named, at the price of 256 output values.
        embeddings: 8-bit tables of embeddings, of ids and of numbers, too.
        preserve: keep the zeros of pruning and the values of clustering.
    """

    epochs: int = Field(default=4, ge=1)
    layers: tuple[str, ...] | None = None
    embeddings: bool = True
    preserve: bool = True


Target = Literal["litert", "micro"]
"""Runtimes that a file can be held to."""

MICRO_LACKS = {"dynamic": "FULLY_CONNECTED of float32 by int8 weights", "float16": "DEQUANTIZE of float16"}
"""Kinds of quantization that microcontrollers have no kernels for, and which; see `components.device.kernels`."""


class Conversion(Settings):
    """What the converter does with the dense core; whatever stands in front of it stays as it is.

    Attributes:
        quantization: `none` keeps the dtypes of training (int8 where quantization-aware). `dynamic`: int8 weights,
            activations quantized as they come. `float16`: weights of half the size. `int8`: integer weights and
            activations of the hidden layers, output layer float. `int8_strict`: of the output layer too, so that no
            float tensor is left inside the core. `int16x8`: 16-bit activations, int8 weights.
        representative_rows: training rows that the ranges of integer activations are taken from.
    """

    quantization: Literal["none", "dynamic", "float16", "int8", "int8_strict", "int16x8"] = "none"
    representative_rows: int = 1000

    @model_validator(mode="after")
    def _some_rows(self) -> Conversion:
        if self.representative_rows < 1:
            raise ValueError(
                f"representative_rows is {self.representative_rows}: an empty representative set gives no ranges; "
                "give at least 1, such as 1000"
            )
        return self

    @property
    def after_training(self) -> bool:
        """Whether the converter itself quantizes."""
        return self.quantization != "none"

    @property
    def in_integers(self) -> bool:
        """Whether weights become integers: the tables in front of the core then do too."""
        return self.quantization not in ("none", "float16")


def check_combination(
    units: tuple[int, ...],
    pruning: Pruning | None,
    clustering: Clustering | None,
    quantization: Quantization | None,
    conversion: Conversion | None = None,
) -> None:
    """What the phases ask of the network and of each other.

    Raises:
        ValueError: a layer that is not there, blocks on a kernel with one column, phases that undo each other.
    """
    hidden = hidden_layers(units)
    for key, named in (
        ("pruning", pruning and pruning.layers),
        ("clustering", clustering and clustering.layers),
        ("quantization", quantization and quantization.layers),
    ):
        _check_names(key, named or (), [*hidden, OUTPUT_LAYER])
    if pruning and pruning.pattern != SINGLE and OUTPUT_LAYER in pruning.shares(hidden):
        raise ValueError(
            f"pruning.pattern {pruning.pattern} on {OUTPUT_LAYER}, whose kernel has one dimension: "
            f"name hidden layers only ({', '.join(hidden)}), or prune single weights (1x1)"
        )
    if pruning and pruning.pattern != SINGLE:
        narrow = {name: n for name, n in zip(hidden, units, strict=True) if n < pruning.block[1]}
        if set(narrow) & set(pruning.shares(hidden)):
            raise ValueError(f"pruning.pattern {pruning.pattern} is wider than the kernel of {_pairs(narrow)}")
    if quantization and not quantization.preserve:
        if pruning and pruning.pattern == TWO_OF_FOUR:
            raise ValueError(
                "quantization comes after pruning, and with preserve: false it moves weights off zero, which undoes "
                "pattern 2:4; set quantization.preserve: true"
            )
        if clustering:
            raise ValueError(
                "quantization comes after clustering, and with preserve: false it pulls the clusters apart; "
                "set quantization.preserve: true"
            )
    if quantization and conversion and conversion.after_training:
        raise ValueError(
            f"training.quantization has made the core int8, and conversion.quantization: {conversion.quantization} "
            "would quantize it again; set one of them to null or none"
        )


def _check_names(key: str, named: Iterable[str], known: list[str]) -> None:
    for name in named:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise ValueError(f"{key}.layers names {name!r}, which is no layer; {hint}layers are {', '.join(known)}")


def _pairs(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in values.items())
